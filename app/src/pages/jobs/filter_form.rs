//! The form of the filter. Rare fields are folded away unless they are in use.

use leptos::prelude::*;
use model::State;

use crate::{
    context, format::Mark, forms::job_filter::without_page, query::Query, scope::without_scope, ui::ScopeFields,
};

const RARE: [&str; 4] = ["kind", "store", "bucket", "author"];

#[component]
pub fn FilterForm(query: Query) -> impl IntoView {
    let rare_in_use = RARE.iter().any(|name| query.get(name).is_some());
    let in_use = !without_scope(&without_page(&query)).pairs().is_empty();
    let clones = query.get("kind") == Some("clone");
    let reprocesses = query.get("kind") == Some("reprocess");
    let backfills = query.get("kind") == Some("backfill");
    let field = |name: &'static str, label: &'static str, kind: &'static str| {
        let value = query.get(name).unwrap_or_default().to_owned();
        view! {
            <label>
                <span>{label}</span>
                <input type=kind name=name value=value />
            </label>
        }
    };
    let state_box = |state: State| {
        let chosen = query.all("state").any(|name| name == state.as_str());
        view! { <StateBox state chosen /> }
    };
    view! {
        <form method="get" action="/jobs" class="filter" role="search" aria-label="Filter jobs">
            <ScopeFields />
            <div class="filter-row">
                {field("text", "Text", "search")}
                <fieldset class="states">
                    <legend>"State"</legend>
                    {State::ALL.into_iter().map(state_box).collect_view()}
                </fieldset>
            </div>
            <details open=rare_in_use>
                <summary>"Kind, store, bucket, author"</summary>
                <div class="filter-row">
                    <label>
                        <span>"Kind"</span>
                        <select name="kind">
                            <option value="">"any"</option>
                            <option value="clone" selected=clones>"clone"</option>
                            <option value="reprocess" selected=reprocesses>"reprocess"</option>
                            <option value="backfill" selected=backfills>"backfill"</option>
                        </select>
                    </label>
                    {field("store", "Store", "text")}
                    {field("bucket", "Bucket", "text")}
                    {field("author", "Author", "text")}
                </div>
            </details>
            <p class="actions">
                <button>"Filter"</button>
                {in_use.then(|| view! { <a href=context::scope().on("/jobs")>"Show all"</a> })}
            </p>
        </form>
    }
}

#[component]
fn StateBox(state: State, chosen: bool) -> impl IntoView {
    let mark = Mark::of_state(state);
    view! {
        <label class="choice">
            <input type="checkbox" name="state" value=state.as_str() checked=chosen />
            <span class=format!("mark {}", mark.tone)>
                <span aria-hidden="true">{mark.shape}</span>
                " "
                {state.as_str()}
            </span>
        </label>
    }
}
