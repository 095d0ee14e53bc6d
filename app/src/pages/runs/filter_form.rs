//! The form of the filter. Rare fields are folded away unless they are in use.

use leptos::prelude::*;
use model::Outcome;

use super::filter::without_page;
use crate::{context, format::Mark, query::Query, scope::without_scope, ui::ScopeFields};

const RARE: [&str; 2] = ["key", "request_id"];

#[component]
pub fn FilterForm(query: Query) -> impl IntoView {
    let rare_in_use = RARE.iter().any(|name| query.get(name).is_some());
    let in_use = !without_scope(&without_page(&query)).pairs().is_empty();
    let field = |name: &'static str, label: &'static str, kind: &'static str| {
        let value = query.get(name).unwrap_or_default().to_owned();
        view! {
            <label>
                <span>{label}</span>
                <input type=kind name=name value=value />
            </label>
        }
    };
    let outcome_box = |outcome: Outcome| {
        let checked = query.all("outcome").any(|name| name == outcome.as_str());
        let mark = Mark::of_outcome(outcome);
        view! {
            <label class="choice">
                <input type="checkbox" name="outcome" value=outcome.as_str() checked=checked />
                <span class=format!("mark {}", mark.tone)>
                    <span aria-hidden="true">{mark.shape}</span>
                    " "
                    {mark.word}
                </span>
            </label>
        }
    };
    let job = query.get("job").map(str::to_owned);
    view! {
        <form method="get" action="/runs" class="filter" role="search" aria-label="Filter runs">
            <ScopeFields />
            {job.map(|job| view! { <input type="hidden" name="job" value=job /> })}
            <div class="filter-row">
                {field("pipeline", "Pipeline", "search")}
                <fieldset class="states">
                    <legend>"Outcome"</legend>
                    {Outcome::ALL.into_iter().map(outcome_box).collect_view()}
                </fieldset>
            </div>
            <details open=rare_in_use>
                <summary>"Key, request id"</summary>
                <div class="filter-row">
                    {field("key", "Key (exact)", "text")}
                    {field("request_id", "Request id", "text")}
                </div>
            </details>
            <p class="actions">
                <button>"Filter"</button>
                {in_use.then(|| view! { <a href=context::scope().on("/runs")>"Show all"</a> })}
            </p>
        </form>
    }
}
