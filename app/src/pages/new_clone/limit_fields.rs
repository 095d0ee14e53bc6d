//! The fields for a job's name and limits, folded away by default.

use leptos::prelude::*;

use super::{checks::Checks, text_fields::TextField};
use crate::forms::LimitTexts;

#[component]
pub fn LimitFields(texts: LimitTexts, checks: Checks) -> impl IntoView {
    let said = texts != LimitTexts::default();
    let LimitTexts {
        job_name,
        concurrency,
        requests_per_second,
        bytes_per_second,
        bandwidth_hours,
        bandwidth_zone,
        max_failures,
    } = texts;
    let fields = [
        ("job_name", "Name of the job", "none", job_name),
        ("concurrency", "Most copies in flight", "as many as help", concurrency),
        ("requests_per_second", "Most requests a second", "those of the stores", requests_per_second),
        ("bytes_per_second", "Most bytes a second", "those of the stores, or such as 50MB", bytes_per_second),
        ("bandwidth_hours", "Bytes a second by hour", "none, or such as 08:00-18:00 10MB", bandwidth_hours),
        ("bandwidth_zone", "Time zone of the hours", "UTC", bandwidth_zone),
        ("max_failures", "End after more failed objects than", "never", max_failures),
    ];
    let field = |(name, label, empty, text): (&'static str, &'static str, &'static str, String)| {
        let fault = checks.at(name).map(|problem| problem.detail.clone());
        view! { <TextField name label empty text fault /> }
    };
    view! {
        <details open=said>
            <summary>"Name and limits"</summary>
            <fieldset class="side" aria-describedby="limits-note">
                <legend class="visually-hidden">"Name and limits"</legend>
                {fields.map(field).into_iter().collect_view()}
                <p class="note" id="limits-note">
                    "Limits are those of this job at each store; those of the stores hold beside them, for all jobs together. Hours \
                    are spans with commas between, which may pass midnight; outside of them the bytes a second above hold. A job \
                    that ended after too many failures can be retried and goes on where it ended."
                </p>
            </fieldset>
        </details>
    }
}
