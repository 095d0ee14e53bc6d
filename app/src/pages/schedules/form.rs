//! The form for a schedule. Like the form for a clone it is checked while it is filled in, and it shows the next times of
//! each cron expression.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    fields::{ConsentFields, CronField, ModeChoice, NameField, ZoneField},
    known::Known,
};
use crate::{
    api::{CreateSchedule, EditSchedule},
    error::problem_in,
    forms::Side,
    pages::new_clone::{LimitFields, ObjectFilter, Options, Preview, SideFields},
    query::Query,
    ui::Fault,
};

/// Makes a schedule, or edits the one that the form names.
#[component]
pub fn FormView(known: Known, query: Query) -> impl IntoView {
    // A refusal that the checks find again is shown at its field.
    let refused = problem_in(&query)
        .filter(|refused| known.overwrites().is_none() && known.faults().all(|fault| fault.code != refused.code));
    let elsewhere = known.checks.elsewhere().cloned();
    let preview = known.preview().cloned();
    let (form, clone) = (known.form.clone(), known.form.clone.clone());
    let (stores, checks) = (known.stores.clone(), known.checks.clone());
    let page = form.page();
    let place = known.destination();
    let overwrites = known.overwrites().map(|stored| stored.revision.to_string());
    let (action, button) = match form.id.as_str() {
        "" => (CreateSchedule::PATH, "Create schedule"),
        _ => (EditSchedule::PATH, "Save changes"),
    };
    view! {
        {refused.map(|problem| view! { <Fault problem /> })}
        <form method="post" action=action class="clone-form" data-check="">
            {(!form.id.is_empty()).then(|| view! {
                <input type="hidden" name="id" value=form.id.clone() />
                <input type="hidden" name="revision" value=form.revision.clone() />
            })}
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
            <ObjectFilter form=clone.clone() checks=checks.clone() />
            <Options texts=clone.options.clone() checks=checks.clone() />
            <LimitFields texts=clone.limits.clone() checks />
            <ModeChoice mode=clone.mode.clone() />
            <ConsentFields
                objects=form.consent_objects.clone()
                percent=form.consent_percent.clone()
                confirm=form.confirm.clone()
                place
                fault=known.at("consent")
                confirm_fault=known.at("confirm")
            />
            <fieldset class="side" aria-describedby="when">
                <legend>"When"</legend>
                <CronField
                    name="cron"
                    label="Cron expression"
                    placeholder="0 2 * * *"
                    required=true
                    value=form.cron
                    times=known.times("cron")
                    fault=known.at("cron")
                />
                <CronField
                    name="verify_cron"
                    label="Verify (cron expression)"
                    placeholder="none"
                    required=false
                    value=form.verify_cron
                    times=known.times("verify_cron")
                    fault=known.at("verify_cron")
                />
                <ZoneField value=form.zone fault=known.at("zone") />
                <p class="note" id="when">
                    "Five fields: minute, hour, day of month, month, day of week, in the schedule's time zone. When clocks go \
                    forward, a skipped time runs once, later by the shift; when they go back, a repeated time runs once."
                </p>
            </fieldset>
            {preview.map(|preview| view! { <Preview preview /> })}
            {elsewhere.map(|problem| view! { <Fault problem /> })}
            <p class="actions">
                {match overwrites {
                    None => view! { <button class="main">{button}</button> }.into_any(),
                    Some(revision) => view! {
                        <button class="danger" name="overwrite" value=revision>"Overwrite that edit"</button>
                    }
                    .into_any(),
                }}
                <button class="only-without-js" formmethod="get" formaction=page name="preview" value="1">
                    "Check"
                </button>
            </p>
        </form>
    }
}
