//! What was requested, by whom, and how to request it again: by form, command line or API.

use leptos::{either::EitherOf3, prelude::*};
use model::{BackfillSpec, CloneSpec, JobId, Location, Mode, Report, Spec, Time};

use super::reprocess_request::ReprocessRequest;
use crate::{
    format::{bytes, counted},
    forms::{CloneForm, ScheduleForm},
    ui::{Copyable, Moment},
};

#[component]
pub fn Request(id: JobId, spec: Spec, by: (String, Time), now: Time, command: String, curl: String) -> impl IntoView {
    match spec {
        Spec::Clone(clone) => EitherOf3::A(view! { <Clone id clone by now command curl /> }),
        Spec::Reprocess(spec) => EitherOf3::B(view! { <ReprocessRequest spec by now command curl /> }),
        Spec::Backfill(spec) => EitherOf3::C(view! { <Backfill spec by now curl /> }),
    }
}

#[component]
fn Backfill(spec: BackfillSpec, by: (String, Time), now: Time, curl: String) -> impl IntoView {
    let (author, at) = by;
    let (from, to) = (spec.window.from(), spec.window.to());
    let pipeline = spec.pipeline.to_string();
    view! {
        <section aria-labelledby="request" data-key="request">
            <h2 id="request">"Request"</h2>
            <dl class="facts">
                <dt>"Operation"</dt>
                <dd>"read the log of the function that ships " <a href=format!("/pipelines/{pipeline}")>{pipeline.clone()}</a></dd>
                <dt>"Runs started"</dt>
                <dd>"from " <Moment at=from now /> " to " <Moment at=to now /></dd>
                <dt>"Requested"</dt>
                <dd>"by " {author} " at " <Moment at now /></dd>
            </dl>
            <Copyable label="API request" text=curl />
        </section>
    }
}

#[component]
fn Clone(id: JobId, clone: CloneSpec, by: (String, Time), now: Time, command: String, curl: String) -> impl IntoView {
    let again = CloneForm::of(&clone).query().on("/clones/new");
    let repeat =
        (!clone.dry_run || clone.mode != Mode::Mirror).then(|| ScheduleForm::of(&clone).query().on("/schedules/new"));
    let (author, at) = by;
    view! {
        <section aria-labelledby="request" data-key="request">
            <h2 id="request">"Request"</h2>
            <dl class="facts">
                <dt>"Source"</dt>
                <dd><Place at=clone.source.clone() /></dd>
                <dt>"Destination"</dt>
                <dd><Place at=clone.destination.clone() /></dd>
                <dt>"Operation"</dt>
                <dd>{operation(&clone)}</dd>
                {(!clone.selection.is_all()).then(|| view! {
                    <dt>"Only objects"</dt>
                    <dd>{clone.selection.to_string()}</dd>
                })}
                {(!clone.fidelity.is_plain()).then(|| view! {
                    <dt>"Options"</dt>
                    <dd>{clone.fidelity.to_string()}</dd>
                })}
                {(!clone.limits.is_none()).then(|| view! {
                    <dt>"Limits"</dt>
                    <dd>{clone.limits.to_string()}</dd>
                })}
                {clone.report.clone().map(|report| view! {
                    <dt>"Report"</dt>
                    <dd><ReportLinks id report /></dd>
                })}
                {clone.plan.clone().map(|plan| view! {
                    <dt>"Confirmed"</dt>
                    <dd>
                        {format!("to delete {}, {}", counted(plan.to_delete, "object"), bytes(plan.to_delete_bytes))}
                        ", as previewed at " <Moment at=plan.at now />
                    </dd>
                })}
                {clone.consent.clone().map(|standing| view! {
                    <dt>"Standing consent"</dt>
                    <dd>
                        "to delete " {standing.consent.limits.words()} ", by " {standing.consent.by} " at "
                        <Moment at=standing.consent.at now />
                        {standing.decision.and_then(|decision| decision.exceeds).map(|exceeds| view! { ". Not covered: " {exceeds} })}
                    </dd>
                })}
                <dt>"Requested"</dt>
                <dd>"by " {author} " at " <Moment at now /></dd>
            </dl>
            <p class="actions">
                <a class="button" href=again>"Edit and run again"</a>
                {repeat.map(|repeat| view! { <a class="button" href=repeat>"Schedule this clone"</a> })}
            </p>
            <Copyable label="Command line" text=command />
            <Copyable label="API request" text=curl />
        </section>
    }
}

/// Downloads of the completion report, and where else it is written.
#[component]
fn ReportLinks(id: JobId, report: Report) -> impl IntoView {
    let file = format!("/api/v1/jobs/{id}/report");
    let to = report.to.map(|place| view! { ", when the clone ends also written to " <Place at=place /> });
    view! {
        "what was copied or deleted, as "
        <a href=format!("{file}?format=csv") rel="external" download="">"CSV"</a>
        " or "
        <a href=file rel="external" download="">"NDJSON"</a>
        {to}
    }
}

#[component]
fn Place(at: Location) -> impl IntoView {
    view! { <code>{at.url()}</code> " at " {at.store.to_string()} }
}

fn operation(spec: &CloneSpec) -> &'static str {
    match (spec.mode, spec.dry_run) {
        (Mode::Verify, _) => "compare only, write nothing",
        (Mode::Mirror, true) => "dry run of a mirror: write and delete nothing",
        (Mode::Mirror, false) => {
            "copy missing and different objects, delete objects that only the destination has, then compare"
        }
        (Mode::Copy, true) => "dry run: write nothing",
        (Mode::Copy, false) => "copy missing and different objects, then compare",
    }
}
