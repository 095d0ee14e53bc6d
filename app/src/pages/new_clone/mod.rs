//! The form for a clone, checked while it is filled in, with a preview.
//!
//! The values are in the page's URL, so that links can fill in the form. After every pause in typing, the browser requests
//! the page with the typed values (`data-check`), first without the preview and then with it; without JavaScript there
//! is a button instead. A mirror does not start here: its button leads to `mirror`.

mod checks;
mod fields;
mod limit_fields;
mod object_filter;
mod options;
mod preview;
mod text_fields;

use leptos::{either::Either, prelude::*, server_fn::ServerFn};
use model::StoreStatus;

pub use preview::Preview;
// Shared with the form for a schedule.
pub(super) use {
    checks::Checks, fields::SideFields, limit_fields::LimitFields, object_filter::ObjectFilter, options::Options,
};

use crate::{
    api::{self, StartClone},
    command::Commands,
    context,
    error::{AppError, problem_in},
    forms::{CloneForm, Side, form_key},
    query::Query,
    ui::{Copyable, Fault, Loaded, PageTitle},
};
use fields::OperationFields;
use preview::promise;

/// Label of the button for a mirror.
const PREVIEW_DELETIONS: &str = "Preview deletions";

/// The form's values and what the server knows about them.
struct Known {
    form: CloneForm,
    stores: Vec<StoreStatus>,
    checks: Checks,
    /// `None` until the values make a request.
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
        <p class="note">"Copies objects from one place to another, then compares both listings to prove that they are equal."</p>
        <Loaded of=load(query.clone()) let:known>
            <CloneFormView known query />
        </Loaded>
    }
}

#[component]
fn CloneFormView(known: Known, query: Query) -> impl IntoView {
    let Known { form, stores, checks, commands } = known;
    // A refusal that the checks find again is shown at its field, with more detail.
    let refused = problem_in(&query).filter(|refused| checks.faults().all(|fault| fault.code != refused.code));
    let elsewhere = checks.elsewhere().cloned();
    let preview = checks.preview().cloned();
    view! {
        {refused.map(|problem| view! { <Fault problem /> })}
        <form method="post" action=StartClone::PATH class="clone-form" data-check="">
            <input type="hidden" name="key" data-keep="" value=form_key() />
            <SideFields side=Side::Source legend="Source" form=form.clone() checks=checks.clone() stores=stores.clone() />
            <SideFields side=Side::Destination legend="Destination" form=form.clone() checks=checks.clone() stores />
            <ObjectFilter form=form.clone() checks=checks.clone() />
            <Options texts=form.options.clone() checks=checks.clone() />
            <LimitFields texts=form.limits.clone() checks=checks.clone() />
            <OperationFields mode=form.mode.clone() dry_run=!form.dry_run.is_empty() />
            {preview.clone().map(|preview| view! { <Preview preview /> })}
            {elsewhere.map(|problem| view! { <Fault problem /> })}
            <p class="actions">
                {if form.deletes() {
                    Either::Left(view! {
                        <button class="main" data-key="mirror" data-plain=PREVIEW_DELETIONS formmethod="get" formaction="/clones/mirror">{PREVIEW_DELETIONS}</button>
                    })
                } else {
                    Either::Right(view! { <button class="main" data-plain="Start">{promise(&form, preview.as_ref())}</button> })
                }}
                <button class="only-without-js" formmethod="get" formaction="/clones/new" name="preview" value="1">
                    "Preview"
                </button>
            </p>
        </form>
        {commands.map(|commands| view! { <Equivalents commands /> })}
    }
}

/// The same clone as a command line and as an API request.
#[component]
fn Equivalents(commands: Commands) -> impl IntoView {
    view! {
        <section aria-labelledby="same" data-key="same">
            <h2 id="same">"Command line and API"</h2>
            <Copyable label="Command line" text=commands.line />
            <Copyable label="API request" text=commands.call />
        </section>
    }
}
