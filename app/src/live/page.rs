//! Fetches a page and shows it in place of the current one.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, DomParser, RequestInit, Response, SupportedType};

use super::{clocks, patch::patch};

/// Ids of elements outside `main` that depend on the window: navigation and window picker.
const AROUND: [&str; 2] = ["nav", "scope"];

/// The page could not be fetched; the current one stays.
pub struct FetchFailed;

impl From<JsValue> for FetchFailed {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// Path and query of the current page.
pub fn url() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Fetches the URL and patches the current page with the answer. Does nothing if the reader has left the URL meanwhile.
/// Reloads the page if the answer is a redirect (the session has ended) or of another version of Logyard.
pub async fn show(path: &str) -> Result<(), FetchFailed> {
    let init = RequestInit::new();
    init.set_headers(&js_sys::Array::of1(&js_sys::Array::of2(&"Accept".into(), &"text/html".into())));
    let response = JsFuture::from(window().fetch_with_str_and_init(path, &init)).await?;
    let response: Response = response.dyn_into()?;
    if response.status() >= 500 {
        return Err(FetchFailed);
    }
    if response.redirected() {
        return window().location().reload().map_err(FetchFailed::from);
    }
    let html = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let new = DomParser::new()?.parse_from_string(&html, SupportedType::TextHtml)?;
    if url() != path {
        return Ok(());
    }
    let (Some(shown), Some(answered)) = (main(&document()), main(&new)) else {
        return window().location().reload().map_err(FetchFailed::from);
    };
    if style_of(&new) != style_of(&document()) {
        return window().location().reload().map_err(FetchFailed::from);
    }
    clocks::convert_times(&new);
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

/// The name of the style sheet, which contains a hash of its content: another name means another version.
fn style_of(document: &Document) -> Option<String> {
    document.query_selector("link[rel=stylesheet]").ok()??.get_attribute("href")
}
