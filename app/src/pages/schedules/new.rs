//! The form for a schedule: what, from where to where, and when. Checked while it is filled in as that of a clone is,
//! with the next times of each expression.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    fields::{CronField, ModeChoice, NameField, ZoneField},
    known::Known,
};
use crate::{
    api::CreateSchedule,
    context,
    error::problem_in,
    pages::new_clone::{OnlySome, Options, Preview, Side, SideFields},
    query::Query,
    ui::{Fault, Loaded, PageTitle},
};

#[component]
pub fn NewSchedulePage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <PageTitle text="New schedule" />
        <h1>"New schedule"</h1>
        <p class="note">
            "Starts the same clone again and again. A time at which its last job has not ended is skipped and recorded."
        </p>
        <Loaded of=Known::of(query.clone()) let:known>
            <FormView known query />
        </Loaded>
    }
}

#[component]
fn FormView(known: Known, query: Query) -> impl IntoView {
    // A refusal whose cause was found again is told at its field.
    let refused = problem_in(&query).filter(|refused| known.faults().all(|fault| fault.code != refused.code));
    let elsewhere = known.checks.elsewhere().cloned();
    let preview = known.preview().cloned();
    let (form, clone) = (known.form.clone(), known.form.clone.clone());
    let (stores, checks) = (known.stores.clone(), known.checks.clone());
    view! {
        {refused.map(|problem| view! { <Fault problem /> })}
        <form method="post" action=CreateSchedule::PATH class="clone-form" data-check="">
            <fieldset class="side">
                <legend>"Schedule"</legend>
                <NameField value=form.name fault=known.at("name") />
            </fieldset>
            <SideFields
                side=Side::Source
                legend="Source"
                form=clone.clone()
                checks=checks.clone()
                stores=stores.clone()
            />
            <SideFields side=Side::Destination legend="Destination" form=clone.clone() checks=checks.clone() stores />
            <OnlySome form=clone.clone() checks=checks.clone() />
            <Options texts=clone.options.clone() checks />
            <ModeChoice verify=clone.mode == "verify" />
            <fieldset class="side" aria-describedby="when">
                <legend>"When"</legend>
                <CronField
                    name="cron"
                    label="Expression"
                    placeholder="0 2 * * *"
                    required=true
                    value=form.cron
                    times=known.times("cron")
                    fault=known.at("cron")
                />
                <CronField
                    name="verify_cron"
                    label="Then verify"
                    placeholder="not apart from the copy"
                    required=false
                    value=form.verify_cron
                    times=known.times("verify_cron")
                    fault=known.at("verify_cron")
                />
                <ZoneField value=form.zone fault=known.at("zone") />
                <p class="note" id="when">
                    "Five fields: minute, hour, day of month, month, day of week, on the clocks of the zone. A time \
                    that they skip for summer time comes once, as much later; one that they show twice, at the first."
                </p>
            </fieldset>
            {preview.map(|preview| view! { <Preview preview /> })}
            {elsewhere.map(|problem| view! { <Fault problem /> })}
            <p class="actions">
                <button class="main">"Make the schedule"</button>
                <button class="only-without-js" formmethod="get" formaction="/schedules/new" name="preview" value="1">
                    "Check"
                </button>
            </p>
        </form>
    }
}
