//! The form for a clone: what from where to where, checked while it is filled in, with a preview of what it will do.
//!
//! Without JavaScript the preview is a button that puts the values into the URL; with it, both check and preview follow
//! a pause in typing. Either way the values are those of one [`CloneForm`].

mod checks;
mod fields;
mod form;
mod preview;

use leptos::{prelude::*, server_fn::ServerFn};

pub use form::CloneForm;

use crate::{
    api::{self, ClonePage, StartClone},
    command::{command_line, curl},
    error::problem_in,
    query::Query,
    ui::{Copyable, Fault, Loaded, PageTitle, PostForm, Posted},
};
use checks::Checks;
use fields::{SideFields, WhatToDo};
use preview::{Preview, StartButton};

use super::jobs::page_query;

#[component]
pub fn NewClonePage() -> impl IntoView {
    let query = page_query();
    // Only a URL that wants a preview is checked by the server; afterwards the form asks for itself.
    let preview = query.with_untracked(|query| query.get("preview").map(|_| CloneForm::read(query)));
    let page = Resource::new(move || preview.clone(), api::clone_page);
    view! {
        <PageTitle text="New clone" />
        <h1>"New clone"</h1>
        <p class="note">"Copies objects from one place to another, then proves by comparing both listings that they are equal."</p>
        <Loaded of=page let:page>
            <CloneFormView page query />
        </Loaded>
    }
}

#[component]
fn CloneFormView(page: ClonePage, query: Memo<Query>) -> impl IntoView {
    let form = RwSignal::new(query.with_untracked(CloneForm::read));
    follow_link(query, form);
    let posted = Posted::default();
    let ClonePage { stores, key, found } = page;
    let checks = Checks::follow(form, found, posted.refused);
    let stores = StoredValue::new(stores);
    view! {
        {move || query.with(problem_in).map(|problem| view! { <Fault problem /> })}
        <PostForm action=StartClone::PATH class="clone-form" posted>
            <input type="hidden" name="key" value=key />
            <SideFields side="source" legend="Source" form checks stores />
            <SideFields side="destination" legend="Destination" form checks stores />
            <WhatToDo form />
            <Preview checks />
            {move || checks.elsewhere().map(|problem| view! { <Fault problem /> })}
            <p class="actions">
                <StartButton form checks />
                <button class="only-without-js" formmethod="get" formaction="/clones/new" name="preview" value="1">
                    "Preview"
                </button>
            </p>
        </PostForm>
        <SameElsewhere form stores />
    }
}

/// A link that is followed while the form is open fills it in anew.
fn follow_link(query: Memo<Query>, form: RwSignal<CloneForm>) {
    Effect::new(move |first: Option<()>| {
        let linked = query.with(CloneForm::read);
        if first.is_some() {
            form.set(linked);
        }
    });
}

/// The same clone as a command and as a call of the API, as soon as the form makes sense.
#[component]
fn SameElsewhere(form: RwSignal<CloneForm>, stores: StoredValue<Vec<model::StoreStatus>>) -> impl IntoView {
    let origin = RwSignal::new(String::new());
    Effect::new(move || origin.set(window().location().origin().unwrap_or_default()));
    let spec = Memo::new(move |_| {
        let request = form.with(CloneForm::request).ok()?;
        let first = stores.with_value(|stores| stores.first().map(|store| store.name.clone()))?;
        Some(model::CloneSpec {
            source: request.source.at(&first),
            destination: request.destination.at(&first),
            mode: request.mode,
            dry_run: request.dry_run,
        })
    });
    let command = move || {
        spec.get().map_or_else(String::new, |spec| {
            let endpoint = stores.with_value(|stores| {
                stores.iter().find(|store| store.name == spec.source.store).map(|store| store.endpoint.clone())
            });
            command_line(&spec, endpoint.as_deref())
        })
    };
    let call = move || spec.get().map_or_else(String::new, |spec| curl(&spec, &origin.get()));
    view! {
        <Show when=move || spec.with(Option::is_some)>
            <section aria-labelledby="same">
                <h2 id="same">"The same without this page"</h2>
                <Copyable label="As a command" text=Signal::derive(command) />
                <Copyable label="As a call of the API" text=Signal::derive(call) />
            </section>
        </Show>
    }
}
