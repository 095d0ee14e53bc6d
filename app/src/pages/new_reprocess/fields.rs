//! The fields, each with its own fault, and links that fill in a common window.

use leptos::prelude::*;
use model::{PipelineStatus, Time};

use super::checks::Checks;
use crate::{
    forms::ReprocessForm,
    scope::{read_time, zone_field},
    ui::{FieldFault, in_textarea},
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Common windows between full minutes, in UTC.
fn common(now: Time) -> [(&'static str, Time, Time); 4] {
    let whole = |of: i64| now.0 - now.0.rem_euclid(of);
    let (minute, hour, day) = (whole(60_000), whole(HOUR_MS), whole(DAY_MS));
    [
        ("last hour", minute - HOUR_MS, minute),
        ("previous hour", hour - HOUR_MS, hour),
        ("last 24 hours", minute - DAY_MS, minute),
        ("yesterday", day - DAY_MS, day),
    ]
    .map(|(name, from, to)| (name, Time(from), Time(to)))
}

#[component]
pub fn PipelineField(pipelines: Vec<PipelineStatus>, form: ReprocessForm, fault: Option<String>) -> impl IntoView {
    let option = |status: PipelineStatus| {
        let pipeline = status.pipeline;
        let name = pipeline.name.to_string();
        let selected = name == form.pipeline;
        view! { <option value=name.clone() selected=selected>{format!("{name}: {} → {}", pipeline.source.url(), pipeline.sink)}</option> }
    };
    view! {
        <fieldset class="side">
            <legend>"Pipeline"</legend>
            <label for="pipeline">"Pipeline"</label>
            <select id="pipeline" name="pipeline" aria-describedby="pipeline-fault">
                {pipelines.into_iter().map(option).collect_view()}
            </select>
            <FieldFault id="pipeline-fault".to_owned() text=fault />
        </fieldset>
    }
}

#[component]
pub fn WindowFields(form: ReprocessForm, checks: Checks, now: Time) -> impl IntoView {
    let zone = form.zone();
    let query = form.query();
    let field = |name: &'static str, label: &'static str, value: String| {
        let fault = format!("{name}-fault");
        let at = read_time(&query, name).ok().flatten().map(|at| at.to_string());
        view! {
            <label for=name>{label} ", in " <span data-zone-name="">{zone.name()}</span></label>
            <input
                id=name
                type="datetime-local"
                name=name
                step="1"
                aria-describedby=fault.clone()
                value=value
                data-at=at
            />
            <input type="hidden" name=zone_field(name) value=query.get(&zone_field(name)).unwrap_or_default().to_owned() />
            <FieldFault id=fault text=checks.at(name) />
        }
    };
    let link = |(name, from, to): (&'static str, Time, Time)| {
        let href = form.within(from, to).query().with("preview", "1").on("/reprocesses/new");
        view! { <li><a href=href>{name}</a></li> }
    };
    view! {
        <fieldset class="side" aria-describedby="window-note">
            <legend>"Window"</legend>
            <input type="hidden" name="zone" value=form.zone.clone() />
            {field("from", "From", form.from.clone())}
            {field("to", "to", form.to.clone())}
            <ul class="choices" aria-label="Common windows">{common(now).map(link).into_iter().collect_view()}</ul>
            <p class="note" id="window-note">
                "By the time of each record, from the start up to but not including the end."
            </p>
            <label class="choice">
                <input type="checkbox" name="whole" value="on" checked=!form.whole.is_empty() />
                <span>"All objects of the pipeline, if there is no window"</span>
            </label>
        </fieldset>
    }
}

#[component]
pub fn ObjectFields(form: ReprocessForm, checks: Checks) -> impl IntoView {
    let open = !form.keys.is_empty() || !form.dead_letters_of.is_empty();
    let keys = in_textarea(&form.keys);
    view! {
        <details open=open>
            <summary>"Filter objects"</summary>
            <fieldset class="side">
                <legend class="visually-hidden">"Filter objects"</legend>
                <label for="keys">"Keys, one per line"</label>
                <textarea
                    id="keys"
                    name="keys"
                    rows="2"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="all objects in the window"
                    aria-describedby="keys-fault"
                    inner_html=keys
                ></textarea>
                <FieldFault id="keys-fault".to_owned() text=checks.at("keys").or_else(|| checks.at("key")) />
                <label for="dead-letters-of">"Or dead letters of job"</label>
                <input
                    id="dead-letters-of"
                    name="dead_letters_of"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="none"
                    aria-describedby="dead-letters-of-fault"
                    value=form.dead_letters_of.clone()
                />
                <FieldFault id="dead-letters-of-fault".to_owned() text=checks.at("dead_letters_of") />
            </fieldset>
        </details>
    }
}

#[component]
pub fn HowFields(form: ReprocessForm, checks: Checks) -> impl IntoView {
    let all = form.extent == "all";
    view! {
        <fieldset class="what">
            <legend>"Operation"</legend>
            <label class="choice">
                <input type="radio" name="extent" value="missing" checked=!all />
                <span>"Send objects that no recorded run has delivered"</span>
            </label>
            <label class="choice">
                <input type="radio" name="extent" value="all" checked=all />
                <span>"Send all objects, even if already delivered"</span>
            </label>
            <label class="choice">
                <input type="checkbox" name="dry_run" value="on" checked=!form.dry_run.is_empty() />
                <span>"Dry run: read and parse, send nothing"</span>
            </label>
            <label for="rate">"Maximum events per second"</label>
            <input
                id="rate"
                name="max_events_per_second"
                inputmode="numeric"
                autocomplete="off"
                placeholder="no limit"
                aria-describedby="rate-fault"
                value=form.max_events_per_second.clone()
            />
            <FieldFault id="rate-fault".to_owned() text=checks.at("max_events_per_second") />
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_windows_are_full_minutes_before_now() {
        let now: Time = "2026-03-09T14:05:33.250Z".parse().unwrap();
        let windows = common(now).map(|(_, from, to)| format!("{from} {to}"));
        assert_eq!(
            windows,
            [
                "2026-03-09T13:05:00Z 2026-03-09T14:05:00Z",
                "2026-03-09T13:00:00Z 2026-03-09T14:00:00Z",
                "2026-03-08T14:05:00Z 2026-03-09T14:05:00Z",
                "2026-03-08T00:00:00Z 2026-03-09T00:00:00Z",
            ]
        );
    }
}
