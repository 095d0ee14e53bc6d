//! The picker for the time window of all pages: common windows as links, any other by a form.

use leptos::prelude::*;
use model::Time;

use crate::{
    context,
    query::Query,
    scope::{COMMON, Scope, without_scope},
};

/// Query fields dropped when the window changes: paging, and results of the last action.
const PASSING: [&str; 6] = ["after", "problem", "did", "changed", "tested", "confirm"];

/// Whether a page shows lists and charts of the common window.
pub fn has_scope(path: &str) -> bool {
    let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    path == "/" || (["/jobs", "/runs", "/pipelines", "/alerts"].into_iter().any(below) && path != "/jobs/bulk")
}

#[component]
pub fn ScopePicker(
    /// Path of the page.
    path: String,
    query: Query,
    scope: Scope,
    now: Time,
) -> impl IntoView {
    let kept = PASSING.iter().fold(without_scope(&query), |query, name| query.without(name));
    let given = scope.given_zone().map(|zone| zone.to_string()).unwrap_or_default();
    let written = given.clone();
    let label = scope.label();
    let link = |(name, from): (&'static str, &'static str)| {
        let href = kept.clone().with("from", from).with("zone", &given).on(&path);
        let current = (label == name).then_some("true");
        view! { <li><a href=href aria-current=current>{name}</a></li> }
    };
    let latest = kept.clone().with("zone", &given).on(&path);
    let no_window = (!scope.narrows()).then_some("true");
    let hidden = |(name, value): &(String, String)| {
        view! { <input type="hidden" name=name.clone() value=value.clone() /> }
    };
    let window = scope.window(now).ok();
    let field = |name: &'static str, text: &'static str, at: Option<Time>| {
        view! {
            <label>
                <span>{text} ", " <span data-zone-name="">{scope.zone().name()}</span></span>
                <input
                    type="datetime-local"
                    name=name
                    step="1"
                    value=at.map(|at| scope.zone().field(at))
                    data-at=at.map(|at| at.to_string())
                />
            </label>
        }
    };
    view! {
        <details id="scope" class="scope" data-zone=written>
            <summary>
                <span class="visually-hidden">"Window: "</span>
                {label.clone()}
            </summary>
            <div class="scope-choices">
                <ul aria-label="Common windows">
                    <li><a href=latest aria-current=no_window>"latest"</a></li>
                    {COMMON.map(link).into_iter().collect_view()}
                </ul>
                <form method="get" action=path.clone()>
                    {kept.pairs().iter().map(hidden).collect_view()}
                    {field("from", "From", window.map(|window| window.from()))}
                    {field("to", "to", scope.end())}
                    <input type="hidden" name="zone" value=given />
                    <input type="hidden" name="from_zone" value="" />
                    <input type="hidden" name="to_zone" value="" />
                    <button>"Show"</button>
                </form>
                <p class="note">"Without an end, the window ends now."</p>
            </div>
        </details>
    }
}

/// The page's window as hidden form fields, for a form that leads to another list of the same window.
#[component]
pub fn ScopeFields() -> impl IntoView {
    let query = context::scope().query();
    let field =
        |(name, value): &(String, String)| view! { <input type="hidden" name=name.clone() value=value.clone() /> };
    query.pairs().iter().map(field).collect_view()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn window_belongs_to_pages_with_lists() {
        for path in ["/", "/jobs", "/jobs/1", "/runs/1/log", "/pipelines/a", "/alerts"] {
            assert!(has_scope(path), "{path}");
        }
        for path in ["/jobs/bulk", "/jobsworth", "/clones/new", "/reprocesses/new", "/schedules", "/settings"] {
            assert!(!has_scope(path), "{path}");
        }
    }

    #[test]
    fn new_window_keeps_filter_and_drops_paging() {
        let query = Query::read("outcome=partial&pipeline=a%22b&from=-1h&after=x&zone=%2B13:00");
        let scope = Scope::read(&query).unwrap();
        let html = examples::html(move || {
            view! { <ScopePicker path="/runs".to_owned() query scope now=Time(1_770_000_000_000) /> }
        });
        let day = "/runs?outcome=partial&amp;pipeline=a%22b&amp;from=-24h&amp;zone=%2B13%3A00";
        assert!(html.contains(day), "{html}");
        assert!(html.contains("name=\"pipeline\" value=\"a&quot;b\"") && !html.contains("name=\"after\""), "{html}");
        assert!(html.contains("UTC+13:00") && html.contains("value=\"2026-02-02T14:40:00\""), "{html}");
        assert!(html.contains("aria-current=\"true\">last hour"), "{html}");
    }
}
