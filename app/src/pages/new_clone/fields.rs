//! The fields: a place as store, bucket and prefix, and what to do there. Each shows its own fault.

use leptos::prelude::*;
use model::{Health, StoreStatus};

use crate::api::Side;

use super::{CloneForm, checks::Checks};

type Stores = StoredValue<Vec<StoreStatus>>;

#[component]
pub fn SideFields(
    side: &'static str,
    legend: &'static str,
    form: RwSignal<CloneForm>,
    checks: Checks,
    stores: Stores,
) -> impl IntoView {
    view! {
        <fieldset class="side">
            <legend>{legend}</legend>
            <StoreField side form checks stores />
            <BucketField side form checks stores />
            <PrefixField side form checks />
                <p class="note found" aria-live="polite">
                    {move || checks.side(side).map(|found| found_there(side, &found))}
                </p>
        </fieldset>
    }
}

/// What a look at the place found: `Readable, begins with …`.
fn found_there(side: &str, found: &Side) -> String {
    match found {
        Side::Readable(keys) if keys.is_empty() && side == "source" => {
            "Readable, and empty: nothing to copy.".to_owned()
        }
        Side::Readable(keys) if keys.is_empty() => "Readable, and empty.".to_owned(),
        Side::Readable(keys) => {
            let named: Vec<String> = keys.iter().take(3).map(|key| format!("“{key}”")).collect();
            format!("Readable, begins with {}", named.join(", "))
        }
        Side::Blank | Side::Faulty(_) => String::new(),
    }
}

/// One value of the form by its name.
fn value<'a>(form: &'a mut CloneForm, side: &str, part: &str) -> &'a mut String {
    match (side, part) {
        ("source", "store") => &mut form.source_store,
        ("source", "bucket") => &mut form.source_bucket,
        ("source", _) => &mut form.source_prefix,
        (_, "store") => &mut form.destination_store,
        (_, "bucket") => &mut form.destination_bucket,
        (_, _) => &mut form.destination_prefix,
    }
}

fn read(form: RwSignal<CloneForm>, side: &'static str, part: &'static str) -> Memo<String> {
    Memo::new(move |_| value(&mut form.get(), side, part).clone())
}

fn write(form: RwSignal<CloneForm>, side: &'static str, part: &'static str, text: String) {
    form.update(|form| *value(form, side, part) = text);
}

#[component]
fn StoreField(side: &'static str, form: RwSignal<CloneForm>, checks: Checks, stores: Stores) -> impl IntoView {
    let chosen = read(form, side, "store");
    let options = stores.with_value(|stores| stores.iter().map(|store| store.name.to_string()).collect::<Vec<_>>());
    let option = move |name: String| {
        let (text, this) = (name.clone(), name.clone());
        view! { <option value=name selected=move || chosen.get() == this>{text}</option> }
    };
    view! {
        <label for=format!("{side}-store")>"Store"</label>
        <select
            id=format!("{side}-store")
            name=format!("{side}_store")
            on:change=move |event| write(form, side, "store", event_target_value(&event))
        >
            {options.into_iter().map(option).collect_view()}
        </select>
        <FieldFault side part="store" checks />
    }
}

#[component]
fn BucketField(side: &'static str, form: RwSignal<CloneForm>, checks: Checks, stores: Stores) -> impl IntoView {
    let (store, bucket) = (read(form, side, "store"), read(form, side, "bucket"));
    let known = Memo::new(move |_| stores.with_value(|stores| buckets_of(stores, &store.get())));
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
            value=move || bucket.get()
            prop:value=move || bucket.get()
            on:input=move |event| write(form, side, "bucket", event_target_value(&event))
        />
        <datalist id=list>
            <For each=move || known.get() key=Clone::clone let(name)>
                <option value=name></option>
            </For>
        </datalist>
        <FieldFault side part="bucket" checks />
    }
}

/// The buckets to choose from; of the first store while none is chosen.
fn buckets_of(stores: &[StoreStatus], name: &str) -> Vec<String> {
    let store = stores.iter().find(|store| store.name.as_str() == name).or(stores.first());
    match store.map(|store| &store.health) {
        Some(Health::Reachable { buckets: Some(buckets), .. }) => buckets.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

#[component]
fn PrefixField(side: &'static str, form: RwSignal<CloneForm>, checks: Checks) -> impl IntoView {
    let prefix = read(form, side, "prefix");
    view! {
        <label for=format!("{side}-prefix")>"Prefix"</label>
        <input
            id=format!("{side}-prefix")
            name=format!("{side}_prefix")
            autocomplete="off"
            spellcheck="false"
            placeholder="the whole bucket"
            aria-describedby=format!("{side}-prefix-fault")
            value=move || prefix.get()
            prop:value=move || prefix.get()
            on:input=move |event| write(form, side, "prefix", event_target_value(&event))
        />
        <FieldFault side part="prefix" checks />
    }
}

#[component]
fn FieldFault(side: &'static str, part: &'static str, checks: Checks) -> impl IntoView {
    view! {
            <p class="field-fault" id=format!("{side}-{part}-fault") aria-live="polite">
                {move || checks.fault(&format!("{side}.{part}")).map(|fault| view! { <span>"✖ " {fault}</span> })}
            </p>
    }
}

#[component]
pub fn WhatToDo(form: RwSignal<CloneForm>) -> impl IntoView {
    let verify = Memo::new(move |_| form.with(|form| form.mode == "verify"));
    let dry = Memo::new(move |_| form.with(|form| !form.dry_run.is_empty()));
    let choose = move |mode: &'static str| form.update(|form| mode.clone_into(&mut form.mode));
    let tick = move |event| {
        let ticked = event_target_checked(&event);
        form.update(|form| if ticked { "on" } else { "" }.clone_into(&mut form.dry_run));
    };
    view! {
        <fieldset class="what">
            <legend>"What to do"</legend>
            <label class="choice">
                <input type="radio" name="mode" value="copy" checked=move || !verify.get() prop:checked=move || !verify.get() on:change=move |_| choose("copy") />
                <span>"Copy what is missing or different, then compare"</span>
            </label>
            <label class="choice">
                <input type="radio" name="mode" value="verify" checked=move || verify.get() prop:checked=move || verify.get() on:change=move |_| choose("verify") />
                <span>"Only compare, write nothing"</span>
            </label>
            <label class="choice">
                <input type="checkbox" name="dry_run" value="on" checked=move || dry.get() prop:checked=move || dry.get() on:change=tick />
                <span>"Dry run: find out what would be copied"</span>
            </label>
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_said_in_a_sentence() {
        let keys = |keys: &[&str]| Side::Readable(keys.iter().map(|key| key.parse().unwrap()).collect());
        assert_eq!(found_there("source", &keys(&[])), "Readable, and empty: nothing to copy.");
        assert_eq!(found_there("destination", &keys(&[])), "Readable, and empty.");
        assert_eq!(found_there("source", &keys(&["a", "b", "c", "d"])), "Readable, begins with “a”, “b”, “c”");
    }
}
