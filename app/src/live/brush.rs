//! Dragging over the intervals of a chart opens the window from the first to the last of them. Each interval is also a
//! plain link, which works without this module.

use std::{cell::RefCell, ops::RangeInclusive, rc::Rc};

use leptos::prelude::*;
use web_sys::{Element, PointerEvent};

use super::document::on_document;
use crate::query::Query;

const MARK: &str = "data-drawn";

/// An interval of a chart, by index and link. Not by element, because a live page may replace elements during a drag.
#[derive(Clone)]
struct Place {
    chart: Element,
    index: usize,
    link: String,
}

/// The interval where the current drag started.
type Start = Rc<RefCell<Option<Place>>>;

pub fn listen() {
    let start = Start::default();
    on_document("pointerdown", {
        let start = Rc::clone(&start);
        move |event: PointerEvent| {
            let left = event.button() == 0 && event.is_primary();
            *start.borrow_mut() = left.then(|| under(&event)).flatten();
        }
    });
    on_document("pointermove", {
        let start = Rc::clone(&start);
        move |event: PointerEvent| {
            if let Some((first, last)) = dragged(&start, &event) {
                mark(&first.chart, Some(&(first.index..=last.index)));
            }
        }
    });
    on_document("pointerup", {
        let start = Rc::clone(&start);
        move |event: PointerEvent| {
            let dragged = dragged(&start, &event);
            if let Some(place) = start.take() {
                mark(&place.chart, None);
            }
            if let Some(url) = dragged.and_then(|(first, last)| joined(&first.link, &last.link)) {
                let _ = window().location().assign(&url);
            }
        }
    });
    on_document("pointercancel", move |_: PointerEvent| {
        if let Some(place) = start.take() {
            mark(&place.chart, None);
        }
    });
}

/// The interval under the pointer. Touch events stay with the element first touched, so the event's target is not used.
fn under(event: &PointerEvent) -> Option<Place> {
    #[expect(clippy::cast_precision_loss, reason = "pixels of a screen")]
    let at = document().element_from_point(event.client_x() as f32, event.client_y() as f32)?;
    let interval = at.closest("[data-brush] > li").ok()??;
    let chart = interval.parent_element()?;
    let index = intervals(&chart).position(|sibling| sibling.is_same_node(Some(&interval)))?;
    let link = interval.query_selector("a").ok()??.get_attribute("href")?;
    Some(Place { chart, index, link })
}

/// The first and last interval of a drag; `None` while it covers only one.
fn dragged(start: &Start, event: &PointerEvent) -> Option<(Place, Place)> {
    let (first, last) = (start.borrow().clone()?, under(event)?);
    if !first.chart.is_same_node(Some(&last.chart)) || first.index == last.index {
        return None;
    }
    Some(if first.index < last.index { (first, last) } else { (last, first) })
}

fn intervals(chart: &Element) -> impl Iterator<Item = Element> + use<> {
    std::iter::successors(chart.first_element_child(), Element::next_element_sibling)
}

fn mark(chart: &Element, drawn: Option<&RangeInclusive<usize>>) {
    for (index, interval) in intervals(chart).enumerate() {
        let within = drawn.is_some_and(|drawn| drawn.contains(&index));
        let _ = if within { interval.set_attribute(MARK, "") } else { interval.remove_attribute(MARK) };
    }
}

/// The link of the first interval, with the end of the last one.
fn joined(first: &str, last: &str) -> Option<String> {
    let (path, query) = first.split_once('?')?;
    let end = Query::read(last.split_once('?')?.1);
    Some(Query::read(query).without("to").with("to", end.get("to")?).on(path))
}
