//! Drawing over the stretches of a chart opens the window from the first of them to the last. A stretch is a link by
//! itself, and stays one: whoever only points at it goes there, with or without this.

use std::{cell::RefCell, ops::RangeInclusive, rc::Rc};

use leptos::prelude::*;
use web_sys::{Element, PointerEvent};

use super::on_document;
use crate::query::Query;

const MARK: &str = "data-drawn";

/// A place in a chart, and the link that was there. Not the element itself: a live page replaces the stretches as time
/// goes on, also beneath a drawing.
#[derive(Clone)]
struct Place {
    chart: Element,
    index: usize,
    link: String,
}

/// Where the drawing under way began.
type Begun = Rc<RefCell<Option<Place>>>;

pub fn listen() {
    let begun = Begun::default();
    on_document("pointerdown", {
        let begun = Rc::clone(&begun);
        move |event: PointerEvent| {
            let left = event.button() == 0 && event.is_primary();
            *begun.borrow_mut() = left.then(|| under(&event)).flatten();
        }
    });
    on_document("pointermove", {
        let begun = Rc::clone(&begun);
        move |event: PointerEvent| {
            if let Some((first, last)) = drawn(&begun, &event) {
                mark(&first.chart, Some(&(first.index..=last.index)));
            }
        }
    });
    on_document("pointerup", {
        let begun = Rc::clone(&begun);
        move |event: PointerEvent| {
            let drawn = drawn(&begun, &event);
            if let Some(place) = begun.take() {
                mark(&place.chart, None);
            }
            if let Some(url) = drawn.and_then(|(first, last)| joined(&first.link, &last.link)) {
                let _ = window().location().assign(&url);
            }
        }
    });
    on_document("pointercancel", move |_: PointerEvent| {
        if let Some(place) = begun.take() {
            mark(&place.chart, None);
        }
    });
}

/// What is under the pointer; a finger's events stay with the element it first touched.
fn under(event: &PointerEvent) -> Option<Place> {
    #[expect(clippy::cast_precision_loss, reason = "pixels of a screen")]
    let at = document().element_from_point(event.client_x() as f32, event.client_y() as f32)?;
    let stretch = at.closest("[data-brush] > li").ok()??;
    let chart = stretch.parent_element()?;
    let index = stretches(&chart).position(|sibling| sibling.is_same_node(Some(&stretch)))?;
    let link = stretch.query_selector("a").ok()??.get_attribute("href")?;
    Some(Place { chart, index, link })
}

/// From the earlier to the later stretch; `None` while it is but one.
fn drawn(begun: &Begun, event: &PointerEvent) -> Option<(Place, Place)> {
    let (first, last) = (begun.borrow().clone()?, under(event)?);
    if !first.chart.is_same_node(Some(&last.chart)) || first.index == last.index {
        return None;
    }
    Some(if first.index < last.index { (first, last) } else { (last, first) })
}

fn stretches(chart: &Element) -> impl Iterator<Item = Element> + use<> {
    std::iter::successors(chart.first_element_child(), Element::next_element_sibling)
}

fn mark(chart: &Element, drawn: Option<&RangeInclusive<usize>>) {
    for (index, stretch) in stretches(chart).enumerate() {
        let within = drawn.is_some_and(|drawn| drawn.contains(&index));
        let _ = if within { stretch.set_attribute(MARK, "") } else { stretch.remove_attribute(MARK) };
    }
}

/// The first one's link, with the end of the last one's.
fn joined(first: &str, last: &str) -> Option<String> {
    let (path, query) = first.split_once('?')?;
    let end = Query::read(last.split_once('?')?.1);
    Some(Query::read(query).without("to").with("to", end.get("to")?).on(path))
}
