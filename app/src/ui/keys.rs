//! Keyboard shortcuts that work on every page, and the dialog that lists them.

use leptos::{ev, html::Dialog, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::jump;

/// Pages reached by `g` and a letter: letter, path, name.
const GO: [(&str, &str, &str); 9] = [
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

#[island]
pub fn Keys() -> impl IntoView {
    let help = NodeRef::<Dialog>::new();
    Effect::new(move || {
        let went = StoredValue::new(f64::NEG_INFINITY);
        let handle = window_event_listener(ev::keydown, move |event| {
            if typing(&event) || event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let key = event.key();
            let going = event.time_stamp() - went.get_value() < GO_WITHIN_MS;
            went.set_value(f64::NEG_INFINITY);
            match key.as_str() {
                key if going => {
                    if let Some((_, path, _)) = GO.iter().find(|(letter, ..)| *letter == key) {
                        go(path);
                    }
                }
                "g" => went.set_value(event.time_stamp()),
                "/" => focus(jump::INPUT_ID),
                "j" => step(1),
                "k" => step(-1),
                "?" => {
                    if let Some(dialog) = help.get_untracked().filter(|dialog| !dialog.open()) {
                        let _ = dialog.show_modal();
                    }
                }
                _ => return,
            }
            event.prevent_default();
        });
        on_cleanup(move || handle.remove());
    });
    let open = move |_| {
        if let Some(dialog) = help.get_untracked() {
            let _ = dialog.show_modal();
        }
    };
    view! {
        <button type="button" class="quiet only-with-js" on:click=open aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">"?"</button>
        <dialog class="keys" node_ref=help aria-labelledby="keys-title">
            <h2 id="keys-title">"Keyboard shortcuts"</h2>
            <dl>
                <dt><kbd>"/"</kbd></dt>
                <dd>"find a job"</dd>
                {GO
                    .into_iter()
                    .map(|(letter, _, name)| {
                        view! {
                            <dt><kbd>"g"</kbd> " " <kbd>{letter}</kbd></dt>
                            <dd>"go to " {name}</dd>
                        }
                    })
                    .collect_view()}
                <dt><kbd>"j"</kbd> " " <kbd>"k"</kbd></dt>
                <dd>"next or previous row"</dd>
                <dt><kbd>"Enter"</kbd></dt>
                <dd>"open the row"</dd>
                <dt><kbd>"?"</kbd></dt>
                <dd>"show shortcuts"</dd>
            </dl>
            <form method="dialog"><button>"Close"</button></form>
        </dialog>
    }
}
