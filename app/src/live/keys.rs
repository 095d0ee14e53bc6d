//! Keyboard shortcuts that work on every page, and the dialog that lists them.
//!
//! No island: the dialog is static, and hydrating it would cost more than everything here.

use std::cell::Cell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, KeyboardEvent};

use super::document::on_document;

pub const DIALOG_ID: &str = "keys-dialog";
/// The search box for jobs.
pub const JUMP_ID: &str = "jump";

/// Pages reached by `g` and a letter: letter, path, name.
pub const GO: [(&str, &str, &str); 9] = [
    ("o", "/", "Overview"),
    ("j", "/jobs", "Jobs"),
    ("p", "/pipelines", "Pipelines"),
    ("u", "/runs", "Runs"),
    ("y", "/syncs", "Syncs"),
    ("a", "/alerts", "Alerts"),
    ("n", "/clones/new", "New clone"),
    ("r", "/schedules", "Schedules"),
    ("s", "/settings", "Settings"),
];

/// How long `g` waits for its second key, in milliseconds.
const GO_WITHIN_MS: f64 = 1_500.0;

/// Whether a form field has the focus and takes the keys.
fn typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Opens a page by its navigation link, which keeps the current window.
fn go(page: &str) {
    let links = document().query_selector_all("#nav a").ok();
    let links = links.into_iter().flat_map(|links| (0..links.length()).filter_map(move |index| links.item(index)));
    let hrefs = links.filter_map(|link| link.dyn_into::<Element>().ok()?.get_attribute("href"));
    let to = hrefs.into_iter().find(|href| href.split('?').next() == Some(page));
    let _ = window().location().assign(to.as_deref().unwrap_or(page));
}

/// Moves the focus by that many rows in the page's lists.
fn step(by: i32) {
    let Ok(rows) = document().query_selector_all("main a[data-row]") else { return };
    let length = i32::try_from(rows.length()).unwrap_or(0);
    let row = |index: i32| u32::try_from(index).ok().and_then(|index| rows.item(index));
    let focused = document().active_element();
    let current = (0..length)
        .find(|index| row(*index).is_some_and(|row| focused.as_ref().is_some_and(|f| row.is_same_node(Some(f)))));
    let next = current.map_or(if by > 0 { 0 } else { length - 1 }, |current| current + by);
    if let Some(element) = row(next).and_then(|row| row.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

fn open_help() {
    let dialog = document().get_element_by_id(DIALOG_ID).and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok());
    if let Some(dialog) = dialog.filter(|dialog| !dialog.open()) {
        let _ = dialog.show_modal();
    }
}

/// Handles the shortcuts and the button that shows them.
pub fn listen() {
    let went = Cell::new(f64::NEG_INFINITY);
    on_document("keydown", move |event: KeyboardEvent| {
        if typing(&event) || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let key = event.key();
        let going = event.time_stamp() - went.replace(f64::NEG_INFINITY) < GO_WITHIN_MS;
        match key.as_str() {
            key if going => {
                if let Some((_, path, _)) = GO.iter().find(|(letter, ..)| *letter == key) {
                    go(path);
                }
            }
            "g" => went.set(event.time_stamp()),
            "/" => focus(JUMP_ID),
            "j" => step(1),
            "k" => step(-1),
            "?" => open_help(),
            _ => return,
        }
        event.prevent_default();
    });
    on_document("click", |event: Event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if clicked.is_some_and(|clicked| matches!(clicked.closest("[data-keys]"), Ok(Some(_)))) {
            open_help();
        }
    });
}
