//! The filter as a form. What is rarely needed is folded away, unless it is in use.

use leptos::prelude::*;
use model::State;

use crate::{format::Mark, query::Query, ui::GetForm};

const RARE: [&str; 6] = ["kind", "store", "bucket", "author", "from", "to"];

#[component]
pub fn FilterForm(query: Memo<Query>) -> impl IntoView {
    let rare_in_use = Memo::new(move |_| query.with(|query| RARE.iter().any(|name| query.get(name).is_some())));
    let in_use = move || query.with(|query| !super::without_page(query).pairs().is_empty());
    view! {
        <GetForm action="/jobs" class="filter" role="search" label="Filter the list">
            <div class="filter-row">
                <Field query name="text" label="Text" kind="search" />
                <fieldset class="states">
                    <legend>"State"</legend>
                    {State::ALL.into_iter().map(|state| view! { <StateBox query state /> }).collect_view()}
                </fieldset>
            </div>
            <details open=move || rare_in_use.get()>
                <summary>"Kind, store, bucket, author, time"</summary>
                <div class="filter-row">
                    <label>
                        <span>"Kind"</span>
                        <select name="kind">
                            <option value="">"any"</option>
                            <option value="clone" selected=move || query.with(|query| query.get("kind") == Some("clone"))>
                                "clone"
                            </option>
                        </select>
                    </label>
                    <Field query name="store" label="Store" kind="text" />
                    <Field query name="bucket" label="Bucket" kind="text" />
                    <Field query name="author" label="Author" kind="text" />
                    <Field query name="from" label="Asked for from (UTC)" kind="datetime-local" />
                    <Field query name="to" label="to (UTC)" kind="datetime-local" />
                </div>
            </details>
            <p class="actions">
                <button>"Filter"</button>
                <Show when=in_use>
                    <a href="/jobs">"Show all"</a>
                </Show>
            </p>
        </GetForm>
    }
}

/// What a field shows: dates lose what a date field cannot hold.
fn shown(query: &Query, name: &str, kind: &str) -> String {
    let value = query.get(name).unwrap_or_default();
    if kind == "datetime-local" { value.get(..16).unwrap_or_default().to_owned() } else { value.to_owned() }
}

#[component]
fn Field(query: Memo<Query>, name: &'static str, label: &'static str, kind: &'static str) -> impl IntoView {
    let value = Memo::new(move |_| query.with(|query| shown(query, name, kind)));
    view! {
        <label>
            <span>{label}</span>
            <input type=kind name=name value=move || value.get() prop:value=move || value.get() />
        </label>
    }
}

#[component]
fn StateBox(query: Memo<Query>, state: State) -> impl IntoView {
    let chosen = Memo::new(move |_| query.with(|query| query.all("state").any(|name| name == state.as_str())));
    let mark = Mark::of_state(state);
    view! {
        <label class="choice">
            <input
                type="checkbox"
                name="state"
                value=state.as_str()
                checked=move || chosen.get()
                prop:checked=move || chosen.get()
            />
            <span class=format!("mark {}", mark.tone)>
                <span aria-hidden="true">{mark.shape}</span>
                " "
                {state.as_str()}
            </span>
        </label>
    }
}
