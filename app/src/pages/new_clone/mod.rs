//! The form for a clone: what from where to where, checked while it is filled in, with a preview of what it will do.
//!
//! Its values are those of the page's URL, which a link can hold, too. A browser that runs our script asks for the page
//! with what was typed after every pause (`data-check`), first without the preview, then with it, and puts the answer in
//! place; one that does not has a button for that. A mirror is not started from here: its button leads to `mirror`.

mod checks;
mod chosen;
mod fields;
mod form;
mod options;
mod preview;

use std::hash::{BuildHasher, Hasher, RandomState};

use leptos::{either::Either, prelude::*, server_fn::ServerFn};
use model::StoreStatus;

pub use form::CloneForm;
pub(super) use form::idempotency_key;
pub use preview::Preview;
// For the form of a schedule, whose places are chosen and checked alike.
pub(super) use {
    checks::Checks,
    chosen::OnlySome,
    fields::{FieldFault, SideFields},
    form::Side,
    options::Options,
};

use crate::{
    api::{self, StartClone},
    command::Commands,
    context,
    error::{AppError, problem_in},
    query::Query,
    ui::{Copyable, Fault, Loaded, PageTitle},
};
use fields::WhatToDo;
use preview::promise;

/// On the button of a mirror.
const SHOW: &str = "Show what it would delete";

/// The form and all that is known about its values.
struct Known {
    form: CloneForm,
    stores: Vec<StoreStatus>,
    checks: Checks,
    /// Once the values make a request.
    commands: Option<Commands>,
}

async fn load(query: Query) -> Result<Known, AppError> {
    let form = CloneForm::read(&query);
    let stores = api::list_stores().await?;
    let checks = Checks::of(&form, query.get("preview").is_some()).await?;
    let commands = form.request().ok().map(|request| Ok::<_, AppError>(context::ask()?.get_clone_commands(request)));
    Ok(Known { form, stores, checks, commands: commands.transpose()? })
}

#[component]
pub fn NewClonePage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <PageTitle text="New clone" />
        <h1>"New clone"</h1>
        <p class="note">"Copies objects from one place to another, then proves by comparing both listings that they are equal."</p>
        <Loaded of=load(query.clone()) let:known>
            <CloneFormView known query />
        </Loaded>
    }
}

#[component]
fn CloneFormView(known: Known, query: Query) -> impl IntoView {
    let Known { form, stores, checks, commands } = known;
    // A refusal whose cause was found again is told at its field, with the names of what was involved.
    let refused = problem_in(&query).filter(|refused| checks.faults().all(|fault| fault.code != refused.code));
    let elsewhere = checks.elsewhere().cloned();
    let preview = checks.preview().cloned();
    view! {
        {refused.map(|problem| view! { <Fault problem /> })}
        <form method="post" action=StartClone::PATH class="clone-form" data-check="">
            <input type="hidden" name="key" data-keep="" value=form_key() />
            <SideFields side=Side::Source legend="Source" form=form.clone() checks=checks.clone() stores=stores.clone() />
            <SideFields side=Side::Destination legend="Destination" form=form.clone() checks=checks.clone() stores />
            <OnlySome form=form.clone() checks=checks.clone() />
            <Options texts=form.options.clone() checks=checks.clone() />
            <WhatToDo mode=form.mode.clone() dry_run=!form.dry_run.is_empty() />
            {preview.clone().map(|preview| view! { <Preview preview /> })}
            {elsewhere.map(|problem| view! { <Fault problem /> })}
            <p class="actions">
                {if form.deletes() {
                    Either::Left(view! {
                        <button class="main" data-key="mirror" data-plain=SHOW formmethod="get" formaction="/clones/mirror">{SHOW}</button>
                    })
                } else {
                    Either::Right(view! { <button class="main" data-plain="Start">{promise(&form, preview.as_ref())}</button> })
                }}
                <button class="only-without-js" formmethod="get" formaction="/clones/new" name="preview" value="1">
                    "Preview"
                </button>
            </p>
        </form>
        {commands.map(|commands| view! { <SameElsewhere commands /> })}
    }
}

/// The random part of the form's idempotency key: sent twice by a double click, it makes one job.
pub fn form_key() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// The same clone as a command and as a call of the API, as soon as the form makes sense.
#[component]
fn SameElsewhere(commands: Commands) -> impl IntoView {
    view! {
        <section aria-labelledby="same" data-key="same">
            <h2 id="same">"The same without this page"</h2>
            <Copyable label="As a command" text=commands.line />
            <Copyable label="As a call of the API" text=commands.call />
        </section>
    }
}
