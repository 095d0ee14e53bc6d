//! Makes one element equal to another with minimal changes, so that focus and selection stay, and screen readers announce
//! only real changes.
//!
//! Nodes are matched by `id` or `data-key`, else in order among nodes of the same name. State of the reader is kept: typed
//! text, open details and dialogs, and elements marked `data-keep`.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Node};

pub fn patch(old: &Element, new: &Element) -> Result<(), JsValue> {
    if old.has_attribute("data-keep") {
        return Ok(());
    }
    attributes(old, new)?;
    let mut next = old.first_child();
    for wanted in list(new.first_child()) {
        let Some(found) = find(next.as_ref(), &wanted) else {
            old.insert_before(&wanted, next.as_ref())?;
            continue;
        };
        if next.as_ref().is_some_and(|next| next.is_same_node(Some(&found))) {
            next = found.next_sibling();
        } else {
            old.insert_before(&found, next.as_ref())?;
        }
        match (found.dyn_ref::<Element>(), wanted.dyn_ref::<Element>()) {
            (Some(old), Some(new)) => patch(old, new)?,
            _ if found.node_value() != wanted.node_value() => found.set_node_value(wanted.node_value().as_deref()),
            _ => (),
        }
    }
    for leftover in list(next) {
        old.remove_child(&leftover)?;
    }
    Ok(())
}

/// The node and its following siblings.
fn list(first: Option<Node>) -> Vec<Node> {
    std::iter::successors(first, Node::next_sibling).collect()
}

/// The first unused node that matches the wanted one.
fn find(first: Option<&Node>, wanted: &Node) -> Option<Node> {
    let key = key(wanted);
    std::iter::successors(first.cloned(), Node::next_sibling)
        .find(|node| node.node_name() == wanted.node_name() && self::key(node) == key)
}

fn key(node: &Node) -> Option<String> {
    let element = node.dyn_ref::<Element>()?;
    element.get_attribute("data-key").or_else(|| element.get_attribute("id"))
}

fn attributes(old: &Element, new: &Element) -> Result<(), JsValue> {
    let readers_own = |name: &str| name == "open" && matches!(old.tag_name().as_str(), "DETAILS" | "DIALOG");
    for name in names(new) {
        let value = new.get_attribute(&name).unwrap_or_default();
        if !readers_own(&name) && old.get_attribute(&name).as_ref() != Some(&value) {
            old.set_attribute(&name, &value)?;
        }
    }
    for name in names(old) {
        if !readers_own(&name) && !new.has_attribute(&name) {
            old.remove_attribute(&name)?;
        }
    }
    Ok(())
}

fn names(element: &Element) -> Vec<String> {
    element.get_attribute_names().iter().filter_map(|name| name.as_string()).collect()
}
