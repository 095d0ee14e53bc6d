//! Drawing over the stretches of a chart opens the window from the first of them to the last. A stretch is a link by
//! itself, and stays one: whoever only points at it goes there, with or without this.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::*;
use web_sys::{Element, Node, PointerEvent};

use super::on_document;
use crate::query::Query;

const MARK: &str = "data-drawn";

/// Of a drawing under way: the stretch it began on.
type Begun = Rc<RefCell<Option<Element>>>;

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
                mark(&first, &last);
            }
        }
    });
    on_document("pointerup", {
        let begun = Rc::clone(&begun);
        move |event: PointerEvent| {
            let drawn = drawn(&begun, &event);
            if let Some(first) = begun.take() {
                unmark(&first);
            }
            if let Some(url) = drawn.and_then(|(first, last)| joined(&first, &last)) {
                let _ = window().location().assign(&url);
            }
        }
    });
    on_document("pointercancel", move |_: PointerEvent| {
        if let Some(first) = begun.take() {
            unmark(&first);
        }
    });
}

/// The stretch under the pointer; a finger's events stay with the element it first touched.
fn under(event: &PointerEvent) -> Option<Element> {
    #[expect(clippy::cast_precision_loss, reason = "pixels of a screen")]
    let at = document().element_from_point(event.client_x() as f32, event.client_y() as f32)?;
    at.closest("[data-brush] > li").ok()?
}

/// From the earlier to the later stretch; `None` while it is but one.
fn drawn(begun: &Begun, event: &PointerEvent) -> Option<(Element, Element)> {
    let (first, last) = (begun.borrow().clone()?, under(event)?);
    let same_chart = first.parent_node()?.is_same_node(last.parent_node().as_ref());
    if !same_chart || first.is_same_node(Some(&last)) {
        return None;
    }
    let follows = first.compare_document_position(&last) & Node::DOCUMENT_POSITION_FOLLOWING != 0;
    Some(if follows { (first, last) } else { (last, first) })
}

fn siblings(of: &Element) -> impl Iterator<Item = Element> {
    let first = of.parent_element().and_then(|list| list.first_element_child());
    std::iter::successors(first, Element::next_element_sibling)
}

fn mark(first: &Element, last: &Element) {
    let mut within = false;
    for stretch in siblings(first) {
        within = within || stretch.is_same_node(Some(first));
        let _ = if within { stretch.set_attribute(MARK, "") } else { stretch.remove_attribute(MARK) };
        within = within && !stretch.is_same_node(Some(last));
    }
}

fn unmark(of: &Element) {
    siblings(of).for_each(|stretch| {
        let _ = stretch.remove_attribute(MARK);
    });
}

/// The first one's link, with the end of the last one's.
fn joined(first: &Element, last: &Element) -> Option<String> {
    let link = |stretch: &Element| stretch.query_selector("a").ok()??.get_attribute("href");
    let (first, last) = (link(first)?, link(last)?);
    let (path, query) = first.split_once('?')?;
    let end = Query::read(last.split_once('?')?.1);
    Some(Query::read(query).without("to").with("to", end.get("to")?).on(path))
}
