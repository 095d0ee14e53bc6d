//! Details of a run, and the figures of its summary.

use leptos::prelude::*;
use model::{Invocation, Run, RunSource, Summary};

use crate::{
    context,
    format::{byte_rate, bytes, count, counted, took},
    ui::Moment,
};

/// The figures of a summary as name and value; unknown figures are left out.
fn counts(summary: &Summary) -> Vec<(&'static str, String)> {
    let lines = &summary.lines;
    let mut rows = vec![
        ("Lines encountered", count(lines.encountered)),
        ("Parsed", count(lines.parsed)),
        ("Not parsed", count(summary.failures.parsing.total)),
        ("Outside the window, or left out by conditions", count(lines.filtered)),
    ];
    if summary.sink.is_some() {
        rows.push(("Sent", count(lines.sent)));
        if summary.acknowledged {
            rows.push(("Acknowledged", count(lines.acknowledged)));
            rows.push(("Already present", count(lines.duplicate)));
        }
        rows.push(("Not delivered", count(summary.failures.sending.total)));
        let connections = &summary.connections;
        rows.push((
            "Connections",
            format!("{} opened, {} closed", count(connections.created), count(connections.destroyed)),
        ));
    }
    rows.push(("Bytes read", bytes(summary.bytes.read)));
    rows.push(("Uncompressed bytes", bytes(summary.bytes.plain)));
    rows.push(("Event bytes", bytes(summary.bytes.written)));
    if summary.duration_ms > 0 {
        rows.push(("Throughput", byte_rate(throughput(summary))));
    }
    rows
}

/// What the Lambda platform reports of a run: duration, memory, start, attempts, log stream.
fn platform(invocation: &Invocation, duration_ms: u64, memory_mb: Option<u64>) -> Vec<(&'static str, String)> {
    let Invocation { memory_limit_mb, billed_ms, init_ms, log_stream, attempts, .. } = invocation;
    let billed = billed_ms.map(|ms| format!(", billed {}", took(ms))).unwrap_or_default();
    let mut rows = vec![("Duration", format!("{}{billed}", took(duration_ms)))];
    match (memory_mb, memory_limit_mb) {
        (Some(used), Some(limit)) => rows.push(("Memory", format!("{} MB of {} MB", count(used), count(*limit)))),
        (Some(used), None) => rows.push(("Memory", format!("{} MB", count(used)))),
        (None, Some(limit)) => rows.push(("Memory", format!("unknown, of {} MB", count(*limit)))),
        (None, None) => {}
    }
    let start = init_ms.map_or_else(|| "warm".to_owned(), |ms| format!("cold, init {}", took(ms)));
    rows.push(("Start", start));
    if *attempts > 1 {
        rows.push(("Attempts", counted((*attempts).into(), "attempt")));
    }
    rows.extend(log_stream.clone().map(|stream| ("Log stream", stream)));
    rows
}

#[expect(clippy::cast_precision_loss, reason = "a rate for display")]
fn throughput(summary: &Summary) -> f64 {
    summary.bytes.plain as f64 * 1_000.0 / summary.duration_ms as f64
}

#[component]
pub fn Figures(run: Run) -> impl IntoView {
    let row = |(name, value): (&'static str, String)| view! { <tr data-key=name><th scope="row">{name}</th><td class="number">{value}</td></tr> };
    let text = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
    let place = run.bucket.as_ref().map(|bucket| {
        let store = run.store.as_ref().map(|store| format!(" at {store}")).unwrap_or_default();
        format!("s3://{bucket}{store}")
    });
    let by = match run.source {
        RunSource::Logyard => "Logyard",
        RunSource::Lambda => "a Lambda function",
    };
    let sink = run.summary.as_ref().map(|summary| match (&summary.sink, summary.acknowledged) {
        (None, _) => "none: dry run".to_owned(),
        (Some(sink), true) => format!("{sink} (acknowledges)"),
        (Some(sink), false) => {
            format!("{sink} (does not acknowledge: “sent” means written and the connection closed in order)")
        }
    });
    let scope = context::scope();
    let job = run.job.map(|job| {
        view! { <dt>"Job"</dt><dd><a href=scope.on(&format!("/jobs/{job}"))>"job " {job.short()}</a></dd> }
    });
    let pipeline = run.pipeline.map(|name| {
        view! { <dt>"Pipeline"</dt><dd><a href=scope.on(&format!("/pipelines/{name}"))>{name.to_string()}</a></dd> }
    });
    let request = run.request_id.map(|id| view! { <dt>"Request id"</dt><dd><code>{id}</code></dd> });
    let platform = run.invocation.map(|invocation| platform(&invocation, run.duration_ms, run.memory_mb));
    let platform =
        platform.unwrap_or_default().into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> });
    view! {
        <section aria-labelledby="what" data-key="what">
            <h2 id="what">"Details"</h2>
            <dl class="facts">
                <dt>"Key"</dt>
                <dd><code>{text(run.key.map(String::from))}</code></dd>
                <dt>"Bucket"</dt>
                <dd>{text(place)}</dd>
                <dt>"Stored size"</dt>
                <dd>{text(run.size.map(bytes))}</dd>
                {pipeline}
                {job}
                <dt>"Shipped by"</dt>
                <dd>{by}</dd>
                <dt>"Sink"</dt>
                <dd>{text(sink)}</dd>
                {request}
                <dt>"Started"</dt>
                <dd><Moment at=run.started_at now=model::Time(0) /> ", took " {took(run.duration_ms)}</dd>
                {platform.collect_view()}
            </dl>
        </section>
        {run.summary.map(|summary| view! {
            <section aria-labelledby="figures" data-key="figures">
                <h2 id="figures">"Figures"</h2>
                <table class="sums">
                    <caption class="visually-hidden">"The run's summary"</caption>
                    <tbody>{counts(&summary).into_iter().map(row).collect_view()}</tbody>
                </table>
            </section>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn figures_unknown_to_sink_are_left_out() {
        let summary = examples::run(1).summary.unwrap();
        let names = |summary: &Summary| counts(summary).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert!(names(&summary).contains(&"Sent") && !names(&summary).contains(&"Acknowledged"));
        assert!(!names(&Summary { sink: None, ..summary }).contains(&"Sent"));
    }
}
