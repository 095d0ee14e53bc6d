//! The fields for a job's name, limits and report, folded away by default.

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
        report,
        report_to,
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
    let report_fault = checks.at("report_to").map(|problem| problem.detail.clone());
    view! {
        <details open=said>
            <summary>"Name, limits and report"</summary>
            <fieldset class="side" aria-describedby="limits-note">
                <legend class="visually-hidden">"Name, limits and report"</legend>
                {fields.map(field).into_iter().collect_view()}
                <p class="note" id="limits-note">
                    "Limits are those of this job at each store; those of the stores hold beside them, for all jobs together. Hours \
                    are spans with commas between, which may pass midnight; outside of them the bytes a second above hold. A job \
                    that ended after too many failures can be retried and goes on where it ended."
                </p>
                <label class="choice">
                    <input type="checkbox" name="report" value="on" aria-describedby="report-note" checked={!report.is_empty()} />
                    <span>"Keep a report of the objects that were copied or deleted"</span>
                </label>
                <TextField
                    name="report_to"
                    label="Also write the report to"
                    empty="nowhere, or such as s3://bucket/prefix/"
                    text=report_to
                    fault=report_fault
                />
                <p class="note" id="report-note">
                    "One line an object, to download from the job's page as CSV or NDJSON. When the clone ends, it is also \
                    written to the place named here, of the default store or of a store such as archive:bucket/prefix/."
                </p>
            </fieldset>
        </details>
    }
}
