//! The filter as a form. What is rarely needed is folded away, unless it is in use.

use leptos::prelude::*;
use model::Outcome;

use crate::{format::Mark, query::Query};

const RARE: [&str; 4] = ["key", "from", "to", "request_id"];

#[component]
pub fn FilterForm(query: Query) -> impl IntoView {
    let rare_in_use = RARE.iter().any(|name| query.get(name).is_some());
    let in_use = !super::without_page(&query).pairs().is_empty();
    let field = |name: &'static str, label: &'static str, kind: &'static str| {
        let value = query.get(name).unwrap_or_default();
        // A date field cannot hold more than minutes.
        let value = if kind == "datetime-local" { value.get(..16).unwrap_or_default() } else { value }.to_owned();
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
        <form method="get" action="/runs" class="filter" role="search" aria-label="Filter the list">
            {job.map(|job| view! { <input type="hidden" name="job" value=job /> })}
            <div class="filter-row">
                {field("pipeline", "Pipeline", "search")}
                <fieldset class="states">
                    <legend>"Outcome"</legend>
                    {Outcome::ALL.into_iter().map(outcome_box).collect_view()}
                </fieldset>
            </div>
            <details open=rare_in_use>
                <summary>"Key, time, request"</summary>
                <div class="filter-row">
                    {field("key", "Whole key", "text")}
                    {field("from", "Started from (UTC)", "datetime-local")}
                    {field("to", "to (UTC)", "datetime-local")}
                    {field("request_id", "Request id", "text")}
                </div>
            </details>
            <p class="actions">
                <button>"Filter"</button>
                {in_use.then(|| view! { <a href="/runs">"Show all"</a> })}
            </p>
        </form>
    }
}
