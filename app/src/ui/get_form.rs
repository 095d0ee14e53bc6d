//! A form whose values go into the URL. With JavaScript the page changes in place, without it the browser loads it.

use leptos::{ev::SubmitEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement};

use crate::query::Query;

#[component]
pub fn GetForm(
    /// The page it leads to.
    action: &'static str,
    class: &'static str,
    /// For a landmark: `search`, or nothing.
    #[prop(optional)]
    role: Option<&'static str>,
    #[prop(optional)] label: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let on_submit = move |event: SubmitEvent| {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let Some(values) = form.and_then(|form| FormData::new_with_form(&form).ok()) else { return };
        event.prevent_default();
        let pairs = js_sys::Array::from(&values).iter().fold(Query::default(), |query, pair| {
            let pair = js_sys::Array::from(&pair);
            let text = |index| pair.get(index).as_string().unwrap_or_default();
            query.with(&text(0), &text(1))
        });
        navigate(&pairs.on(action), NavigateOptions::default());
    };
    view! {
        <form method="get" action=action class=class role=role aria-label=label on:submit=on_submit>
            {children()}
        </form>
    }
}
