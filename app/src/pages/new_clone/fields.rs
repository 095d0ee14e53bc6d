//! The fields for a place and for the operation, each with its own fault.

use leptos::prelude::*;
use model::{Health, StoreStatus};

use super::checks::Checks;
use crate::{
    forms::{CloneForm, Side},
    ui::FieldFault,
};

#[component]
pub fn SideFields(
    side: Side,
    legend: &'static str,
    form: CloneForm,
    checks: Checks,
    stores: Vec<StoreStatus>,
) -> impl IntoView {
    let [store, bucket, prefix] = form.typed(side).map(str::to_owned);
    let names = stores.iter().map(|store| store.name.to_string()).collect();
    let buckets = buckets_of(&stores, &store);
    let found = checks.found(side);
    let side = side.name();
    let fault = |part: &str| {
        let text = checks.at(&format!("{side}.{part}")).map(|problem| problem.detail.clone());
        view! { <FieldFault id=format!("{side}-{part}-fault") text /> }
    };
    view! {
        <fieldset class="side">
            <legend>{legend}</legend>
            <StoreField side names chosen=store />
            {fault("store")}
            <BucketField side value=bucket known=buckets />
            {fault("bucket")}
            <PrefixField side value=prefix />
            {fault("prefix")}
            <p class="note found" aria-live="polite">{found}</p>
        </fieldset>
    }
}

#[component]
fn StoreField(side: &'static str, names: Vec<String>, chosen: String) -> impl IntoView {
    let option = |name: String| {
        let selected = name == chosen;
        view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
    };
    view! {
        <label for=format!("{side}-store")>"Store"</label>
        <select id=format!("{side}-store") name=format!("{side}_store")>
            {names.into_iter().map(option).collect_view()}
        </select>
    }
}

#[component]
fn BucketField(side: &'static str, value: String, known: Vec<String>) -> impl IntoView {
    let list = format!("{side}-buckets");
    view! {
        <label for=format!("{side}-bucket")>"Bucket"</label>
        <input
            id=format!("{side}-bucket")
            name=format!("{side}_bucket")
            list=list.clone()
            required
            autocomplete="off"
            spellcheck="false"
            aria-describedby=format!("{side}-bucket-fault")
            value=value
        />
        <datalist id=list>{known.into_iter().map(|name| view! { <option value=name></option> }).collect_view()}</datalist>
    }
}

/// The buckets of a store; of the first store if the name is unknown.
fn buckets_of(stores: &[StoreStatus], name: &str) -> Vec<String> {
    let store = stores.iter().find(|store| store.name.as_str() == name).or(stores.first());
    match store.map(|store| &store.health) {
        Some(Health::Reachable { buckets: Some(buckets), .. }) => buckets.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

#[component]
fn PrefixField(side: &'static str, value: String) -> impl IntoView {
    view! {
        <label for=format!("{side}-prefix")>"Prefix"</label>
        <input
            id=format!("{side}-prefix")
            name=format!("{side}_prefix")
            autocomplete="off"
            spellcheck="false"
            placeholder="entire bucket"
            aria-describedby=format!("{side}-prefix-fault")
            value=value
        />
    }
}

#[component]
pub fn OperationFields(mode: String, dry_run: bool) -> impl IntoView {
    let (verify, mirror) = (mode == "verify", mode == "mirror");
    view! {
        <fieldset class="what">
            <legend>"Operation"</legend>
            <label class="choice">
                <input type="radio" name="mode" value="copy" checked=!verify && !mirror />
                <span>"Copy missing and different objects, then compare"</span>
            </label>
            <label class="choice">
                <input type="radio" name="mode" value="mirror" checked=mirror />
                <span>"Mirror: copy, then delete objects that only the destination has"</span>
            </label>
            <label class="choice">
                <input type="radio" name="mode" value="verify" checked=verify />
                <span>"Compare only, write nothing"</span>
            </label>
            <label class="choice">
                <input type="checkbox" name="dry_run" value="on" checked=dry_run />
                <span>"Dry run: write nothing"</span>
            </label>
        </fieldset>
    }
}
