//! What was asked, by whom, and how to ask for it again: in the form, on a command line, through the API.

use leptos::{either::EitherOf3, prelude::*};
use model::{BackfillSpec, CloneSpec, Location, Mode, Spec, Time};

use super::asked_reprocess::AskedReprocess;
use crate::{
    format::{bytes, things},
    pages::{CloneForm, ScheduleForm},
    ui::{Copyable, Moment},
};

#[component]
pub fn Asked(spec: Spec, by: (String, Time), now: Time, command: String, curl: String) -> impl IntoView {
    match spec {
        Spec::Clone(clone) => EitherOf3::A(view! { <Clone clone by now command curl /> }),
        Spec::Reprocess(spec) => EitherOf3::B(view! { <AskedReprocess spec by now command curl /> }),
        Spec::Backfill(spec) => EitherOf3::C(view! { <Backfill spec by now curl /> }),
    }
}

#[component]
fn Backfill(spec: BackfillSpec, by: (String, Time), now: Time, curl: String) -> impl IntoView {
    let (author, at) = by;
    let (from, to) = (spec.window.from(), spec.window.to());
    let pipeline = spec.pipeline.to_string();
    view! {
        <section aria-labelledby="asked" data-key="asked">
            <h2 id="asked">"What was asked"</h2>
            <dl class="facts">
                <dt>"To do"</dt>
                <dd>"Read the log of the function that ships " <a href=format!("/pipelines/{pipeline}")>{pipeline.clone()}</a></dd>
                <dt>"Runs begun"</dt>
                <dd>"from " <Moment at=from now /> " to " <Moment at=to now /></dd>
                <dt>"Asked for"</dt>
                <dd>"by " {author} " at " <Moment at now /></dd>
            </dl>
            <Copyable label="As a call of the API" text=curl />
        </section>
    }
}

#[component]
fn Clone(clone: CloneSpec, by: (String, Time), now: Time, command: String, curl: String) -> impl IntoView {
    let again = CloneForm::of(&clone).query().on("/clones/new");
    // A mirror needs a preview each time.
    let repeatable = matches!(clone.mode, Mode::Copy | Mode::Verify);
    let repeat = repeatable.then(|| ScheduleForm::of(&clone).query().on("/schedules/new"));
    let (author, at) = by;
    view! {
        <section aria-labelledby="asked" data-key="asked">
            <h2 id="asked">"What was asked"</h2>
            <dl class="facts">
                <dt>"Source"</dt>
                <dd><Place at=clone.source.clone() /></dd>
                <dt>"Destination"</dt>
                <dd><Place at=clone.destination.clone() /></dd>
                <dt>"To do"</dt>
                <dd>{to_do(&clone)}</dd>
                {(!clone.selection.is_all()).then(|| view! {
                    <dt>"Only objects"</dt>
                    <dd>{clone.selection.to_string()}</dd>
                })}
                {(!clone.fidelity.is_plain()).then(|| view! {
                    <dt>"Copies"</dt>
                    <dd>{clone.fidelity.to_string()}</dd>
                })}
                {clone.plan.clone().map(|plan| view! {
                    <dt>"Confirmed"</dt>
                    <dd>
                        {format!("to delete {}, {}", things(plan.to_delete, "object"), bytes(plan.to_delete_bytes))}
                        ", as previewed at " <Moment at=plan.at now />
                    </dd>
                })}
                <dt>"Asked for"</dt>
                <dd>"by " {author} " at " <Moment at now /></dd>
            </dl>
            <p class="actions">
                <a class="button" href=again>"Run again with changes"</a>
                {repeat.map(|repeat| view! { <a class="button" href=repeat>"Repeat on a schedule"</a> })}
            </p>
            <Copyable label="As a command" text=command />
            <Copyable label="As a call of the API" text=curl />
        </section>
    }
}

#[component]
fn Place(at: Location) -> impl IntoView {
    view! { <code>{at.url()}</code> " at " {at.store.to_string()} }
}

fn to_do(spec: &CloneSpec) -> &'static str {
    match (spec.mode, spec.dry_run) {
        (Mode::Verify, _) => "compare both, write nothing",
        (Mode::Mirror, true) => "a dry run of a mirror: find out what would be copied, write and delete nothing",
        (Mode::Mirror, false) => {
            "copy what is missing or different, delete at the destination what the source does not have, then compare both"
        }
        (Mode::Copy, true) => "a dry run: find out what would be copied, write nothing",
        (Mode::Copy, false) => "copy what is missing or different, then compare both",
    }
}
