//! A form that changes something. Without JavaScript the browser sends it and follows the redirect; with it the page
//! stays where it is until the answer is there, and shows a refusal beside the form.
//!
//! One piece of code for every such form, not one for each server function: what the browser downloads stays small.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::redirect::REDIRECT_HEADER, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use model::{Problem, ProblemCode};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FormData, HtmlButtonElement, HtmlFormElement, RequestInit, Response};

use crate::query::Query;

/// What became of a form.
#[derive(Clone, Copy, Default)]
pub struct Posted {
    /// Why it was refused, until it is sent again.
    pub refused: RwSignal<Option<Problem>>,
    /// How often it was accepted.
    pub accepted: RwSignal<u32>,
    busy: RwSignal<bool>,
}

#[component]
pub fn PostForm(
    /// The path of the server function that takes it.
    action: &'static str,
    class: &'static str,
    posted: Posted,
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let on_submit = move |event: SubmitEvent| {
        let Some(body) = values(&event) else { return };
        event.prevent_default();
        if posted.busy.get_untracked() {
            return; // a double click is one click
        }
        posted.busy.set(true);
        posted.refused.set(None);
        let navigate = navigate.clone();
        spawn_local(async move {
            let answer = send(action, &body).await;
            let _ = posted.busy.try_set(false);
            match answer {
                Ok(to) => {
                    let _ = posted.accepted.try_update(|times| *times += 1);
                    if let Some(to) = to {
                        navigate(&to, NavigateOptions::default());
                    }
                }
                Err(problem) => {
                    let _ = posted.refused.try_set(Some(problem));
                }
            }
        });
    };
    view! {
        <form method="post" action=action class=class novalidate=true on:submit=on_submit>
            {children()}
        </form>
    }
}

/// The fields, and the button that was pressed. A button that leads elsewhere is left to the browser.
fn values(event: &SubmitEvent) -> Option<String> {
    let form = event.target()?.dyn_into::<HtmlFormElement>().ok()?;
    let button = event.submitter().and_then(|button| button.dyn_into::<HtmlButtonElement>().ok());
    if button.as_ref().is_some_and(|button| button.has_attribute("formaction")) {
        return None;
    }
    let fields = FormData::new_with_form(&form).ok()?;
    let query = js_sys::Array::from(&fields).iter().fold(Query::default(), |query, pair| {
        let pair = js_sys::Array::from(&pair);
        let text = |index| pair.get(index).as_string().unwrap_or_default();
        query.with(&text(0), &text(1))
    });
    let query = button.map_or(query.clone(), |button| query.with(&button.name(), &button.value()));
    Some(query.on("").trim_start_matches('?').to_owned())
}

/// Where to go now, if anywhere; or why not.
async fn send(action: &str, body: &str) -> Result<Option<String>, Problem> {
    let lost = |_: JsValue| {
        Problem::new(ProblemCode::Unavailable, "The server did not answer. Check that Logyard runs and you are online.")
    };
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(body));
    let headers = js_sys::Array::of2(
        &js_sys::Array::of2(&"Content-Type".into(), &"application/x-www-form-urlencoded".into()),
        &js_sys::Array::of2(&"Accept".into(), &"application/json".into()),
    );
    init.set_headers(&headers);
    let response = JsFuture::from(window().fetch_with_str_and_init(action, &init)).await.map_err(lost)?;
    let response: Response = response.unchecked_into();
    if response.ok() {
        let redirected = response.headers().has(REDIRECT_HEADER).unwrap_or(false);
        return Ok(if redirected { response.headers().get("Location").ok().flatten() } else { None });
    }
    let text = JsFuture::from(response.text().map_err(lost)?).await.map_err(lost)?.as_string().unwrap_or_default();
    Err(serde_json::from_str(&text).unwrap_or_else(|_| {
        Problem::new(
            ProblemCode::Internal,
            "The answer cannot be read. If Logyard was just updated, load the page again.",
        )
    }))
}
