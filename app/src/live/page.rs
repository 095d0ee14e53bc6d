//! A page of ours, asked for and shown in place of the one on the screen.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, DomParser, RequestInit, Response, SupportedType};

use super::{clocks, patch::patch};

/// What the frame holds of the page's window: the links that carry it on, and the fields that choose another.
const AROUND: [&str; 2] = ["nav", "scope"];

/// The page could not be had; what is on the screen stays.
pub struct Missed;

impl From<JsValue> for Missed {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// Path and query of the page on the screen.
pub fn url() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Makes the screen show what the URL answers now. A reader who has gone on to another URL meanwhile is left alone; one
/// who is no longer signed in (and would be redirected), or whose page is of another version of Logyard, gets the page
/// anew.
pub async fn show(path: &str) -> Result<(), Missed> {
    let init = RequestInit::new();
    init.set_headers(&js_sys::Array::of1(&js_sys::Array::of2(&"Accept".into(), &"text/html".into())));
    let response = JsFuture::from(window().fetch_with_str_and_init(path, &init)).await?;
    let response: Response = response.dyn_into()?;
    if response.status() >= 500 {
        return Err(Missed);
    }
    if response.redirected() {
        return window().location().reload().map_err(Missed::from);
    }
    let html = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let new = DomParser::new()?.parse_from_string(&html, SupportedType::TextHtml)?;
    if url() != path {
        return Ok(());
    }
    let (Some(shown), Some(answered)) = (main(&document()), main(&new)) else {
        return window().location().reload().map_err(Missed::from);
    };
    if style_of(&new) != style_of(&document()) {
        return window().location().reload().map_err(Missed::from);
    }
    clocks::tell_times(&new);
    document().set_title(&new.title());
    patch(&shown, &answered)?;
    for id in AROUND {
        if let (Some(shown), Some(answered)) = (document().get_element_by_id(id), new.get_element_by_id(id)) {
            patch(&shown, &answered)?;
        }
    }
    Ok(())
}

fn main(document: &Document) -> Option<web_sys::Element> {
    document.get_element_by_id("main")
}

/// The style sheet is named after its content: another name is another version.
fn style_of(document: &Document) -> Option<String> {
    document.query_selector("link[rel=stylesheet]").ok()??.get_attribute("href")
}
