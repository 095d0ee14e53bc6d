//! The page that edits a schedule: the form of a new one, filled with what is stored.
//!
//! Always: where somebody else edited the schedule meanwhile, the page says so and shows what is stored; only a
//! button of its own overwrites that.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{Schedule, Timing};

use super::{form::FormView, known::Known, one::known_id};
use crate::{
    api, context,
    error::AppError,
    forms::ScheduleForm,
    query::Query,
    ui::{Loaded, Moment, PageTitle},
};

#[component]
pub fn EditSchedulePage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let query = context::page_query();
    view! {
        <Loaded of=load(id, query.clone()) let:known>
            <Shown known query />
        </Loaded>
    }
}

/// The values of the URL, or what is stored where the URL has none.
async fn load(id: String, query: Query) -> Result<Known, AppError> {
    let id = known_id(&id)?;
    let form = match query.get("revision") {
        Some(_) => ScheduleForm { id: id.to_string(), ..ScheduleForm::read(&query) },
        None => ScheduleForm::editing(&api::get_schedule(id).await?),
    };
    Known::of(form, query).await
}

#[component]
fn Shown(known: Known, query: Query) -> impl IntoView {
    let overwrites = known.overwrites().cloned();
    let page = format!("/schedules/{}", known.form.id);
    view! {
        <PageTitle text="Edit schedule" />
        <h1>"Edit schedule"</h1>
        <p class="note">
            "A running job continues as it began. Next times are computed again if an expression or the time zone changes. "
            <a href=page>"History of this schedule"</a>
        </p>
        {overwrites.map(|stored| view! { <Meanwhile stored /> })}
        <FormView known query />
    }
}

/// Says who edited the schedule meanwhile, and what it is now.
#[component]
fn Meanwhile(stored: Schedule) -> impl IntoView {
    let (by, at, now) = (stored.edited_by.clone().unwrap_or_default(), stored.edited_at, context::now());
    let Timing { cron, verify_cron, zone } = stored.timing;
    view! {
        <div class="fault" role="alert">
            <p class="fault-title">
                <span aria-hidden="true">"✖ "</span> "The schedule was edited by " {by}
                {at.map(|at| view! { " at " <Moment at now /> })}
            </p>
            <p>
                "Nothing was saved. It is now " {stored.name.to_string()} ", " <code>{cron}</code>
                {verify_cron.map(|cron| view! { ", verify " <code>{cron}</code> })} " " {zone} ", "
                <code>{stored.clone.source.url()}</code> " to " <code>{stored.clone.destination.url()}</code>
                ". Your values are below; your button overwrites that edit."
            </p>
        </div>
    }
}
