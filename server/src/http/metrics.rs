//! Measurements for Prometheus, at `/metrics`.
//!
//! Always: a label's values are few and known beforehand (routes, states, outcomes, configured tables); no ids, names
//! of buckets or texts from outside. Latencies are histograms in seconds.

use std::{sync::OnceLock, thread, time::Duration};

use axum::{
    extract::State,
    http::{Method, StatusCode, header},
    response::IntoResponse,
};
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use model::{Counts, SyncList, SyncSource, SyncState};

use crate::http::{api::problem::Refused, health, state::App};

const REQUEST_SECONDS: &str = "logyard_http_request_seconds";
const BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// All measurements since the process started, in the text format of Prometheus.
pub async fn show(State(app): State<App>) -> Result<impl IntoResponse, Refused> {
    let counts = app.hub.snapshot().await.map_err(health::no_database)?.counts;
    set_counts(counts);
    set_syncs(&app.backend.list_syncs().await?);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], recorder().render()))
}

/// The process has one recorder; the first caller installs it.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let builder = match builder.set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), &BUCKETS) {
            Ok(builder) => builder,
            Err(error) => unreachable!("fixed buckets are refused: {error}"),
        };
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        describe();
        fold_regularly(handle.clone());
        handle
    })
}

fn describe() {
    describe_histogram!(REQUEST_SECONDS, "Time until the first byte of an answer, by route and status");
    describe_counter!("logyard_objects_total", "Objects settled by jobs of this process, by outcome");
    describe_counter!("logyard_bytes_total", "Bytes of the objects that jobs of this process copied");
    describe_counter!("logyard_s3_requests_total", "Requests that jobs of this process sent to stores");
    describe_counter!(
        "logyard_s3_retries_total",
        "Requests to stores that were sent again after an error or a timeout"
    );
    describe_counter!("logyard_attempts_ended_total", "Attempts at jobs that ended in this process, by outcome");
    describe_counter!("logyard_schedule_firings_total", "Times of schedules that this process handled, by outcome");
    describe_counter!("logyard_task_rounds_total", "Rounds of background tasks in this process, by task and outcome");
    describe_gauge!(
        "logyard_task_last_round_seconds",
        "When the last round of a task ended in this process, Unix time"
    );
    describe_gauge!("logyard_jobs", "Jobs in the database that have not ended, by state");
    describe_gauge!("logyard_jobs_failed_24h", "Jobs that failed within the last 24 hours");
    describe_gauge!("logyard_sync_in_step_seconds", "How long a configured table has been in sync; 0 if it is not");
    describe_gauge!("logyard_sync_rows_behind", "Rows that the remote is known to lack; NaN if unknown");
    describe_gauge!("logyard_sync_rows_quarantined", "Rows that the remote refuses");
    describe_gauge!("logyard_sync_verified_age_seconds", "Time since a table was last verified; NaN if it never was");
}

/// Folds samples into their buckets every few seconds, so that memory is bounded also where nobody reads `/metrics`.
fn fold_regularly(handle: PrometheusHandle) {
    let folding = move || {
        loop {
            thread::sleep(Duration::from_secs(5));
            handle.run_upkeep();
        }
    };
    if let Err(error) = thread::Builder::new().name("metrics".to_owned()).spawn(folding) {
        tracing::warn!(%error, "cannot start the metrics thread; samples are folded only when /metrics is read");
    }
}

/// Records an answered request. `route` is the pattern, such as `/api/v1/jobs/{id}`.
pub fn answered(method: &Method, route: &str, status: StatusCode, took: Duration) {
    let method = match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other", // a caller can invent methods
    };
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.as_str().to_owned())];
    histogram!(REQUEST_SECONDS, &labels).record(took.as_secs_f64());
}

fn set_counts(counts: Counts) {
    let states = [("running", counts.running), ("queued", counts.queued), ("paused", counts.paused)];
    for (state, count) in states {
        gauge!("logyard_jobs", "state" => state).set(count_as_float(count));
    }
    gauge!("logyard_jobs_failed_24h").set(count_as_float(counts.failed_lately));
}

/// Configured tables only: the names that agents choose are not known beforehand.
fn set_syncs(list: &SyncList) {
    let seconds = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or_default()).as_secs_f64();
    for sync in list.items.iter().filter(|sync| sync.source == SyncSource::Logyard) {
        let in_step = sync.state == SyncState::InSync;
        let verified = sync.verified.map(|verified| seconds(list.now.since(verified.at)));
        let values = [
            ("logyard_sync_in_step_seconds", if in_step { seconds(list.now.since(sync.since)) } else { 0.0 }),
            ("logyard_sync_rows_behind", sync.behind.map_or(f64::NAN, count_as_float)),
            ("logyard_sync_rows_quarantined", count_as_float(sync.quarantined)),
            ("logyard_sync_verified_age_seconds", verified.unwrap_or(f64::NAN)),
        ];
        for (name, value) in values {
            gauge!(name, "table" => sync.table.to_string()).set(value);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate is good enough beyond 2^52")]
fn count_as_float(count: u64) -> f64 {
    count as f64
}
