//! Example alerts, sums, reconciliations and logs for tests, with texts that look like HTML.

use model::{
    Alert, AlertId, AlertKind, AlertList, AlertState, Canary, CanarySize, Dimension, Gap, GapKind, Invocation,
    LogFormat, LogLine, LogTemplate, LossShape, MarkedEvent, Notice, Outcome, Page, Percentiles, Pipeline,
    PipelineHealth, ReceiverStatus, Reconciled, Reconciliation, Run, RunLog, RunSource, RunSums, RunView, Time, Window,
};

use super::run;

const START: i64 = 1_770_000_000_000;
const INTERVAL_MS: i64 = 900_000;

/// An interval of a quarter of an hour, counted from 0.
fn interval_window(index: i64) -> Window {
    Window::new(Time(START + index * INTERVAL_MS), Time(START + (index + 1) * INTERVAL_MS)).unwrap()
}

/// Sums of an interval: one run if there are lines; lines not delivered count as failures.
pub fn sums(index: i64, lines: u64, delivered: u64) -> RunSums {
    let runs = u64::from(lines > 0);
    RunSums { window: interval_window(index), runs, lines, parsed: lines, delivered, failures: lines - delivered }
}

/// A reconciled interval: complete, not processed, failed, partial, duplicates.
pub fn interval(index: i64, [whole, never, failed, partial, twice]: [u64; 5]) -> Reconciled {
    let objects = whole + never + failed + partial;
    Reconciled { window: interval_window(index), objects, whole, never, failed, partial, twice, excepted: 0 }
}

pub fn alert(number: u128, state: AlertState) -> Alert {
    Alert {
        id: AlertId(uuid::Uuid::from_u128((0x0198_a1e7 << 96) + number)),
        kind: AlertKind::Loss,
        pipeline: Some("demo-elb".parse().unwrap()),
        sink: None,
        schedule: None,
        table: None,
        state,
        reason: "41 of 41 objects under 8 kB lost all of their records.".to_owned(),
        advice: "Look at the first run, then reprocess the gap.".to_owned(),
        since: Time(START),
        opened_at: Time(START + 40_000),
        updated_at: Time(START + 50_000),
        resolved_at: (state == AlertState::Resolved).then_some(Time(START + 90_000)),
        acknowledged_by: Some("operator".to_owned()),
        acknowledged_at: Some(Time(START + 60_000)),
        silenced_until: Some(Time(START + 3_600_000)),
        runs: vec![run(1).id],
        keys: vec!["AWSLogs/<b>a</b>.log.gz".to_owned()],
        window: interval_window(0),
    }
}

pub fn notice(what: &str, error: Option<&str>) -> Notice {
    Notice {
        alert: (what != "test").then(|| alert(1, AlertState::Open).id),
        receiver: "ops".to_owned(),
        at: Time(START + 41_000),
        attempt: 2,
        what: what.to_owned(),
        status: error.is_none().then_some(200),
        error: error.map(str::to_owned),
        took_ms: 41,
    }
}

/// One active and one resolved alert, and a receiver that was not reachable.
pub fn alert_list() -> AlertList {
    let items = vec![alert(2, AlertState::Open), alert(1, AlertState::Resolved)];
    AlertList {
        now: Time(START + 100_000),
        page: Page { items, next: None },
        receivers: vec![ReceiverStatus {
            name: "ops".to_owned(),
            place: "https://hooks.example.com".to_owned(),
            format: "slack".to_owned(),
            last: Some(notice("opened", Some("connection refused"))),
        }],
        notices: vec![notice("opened", Some("connection refused"))],
        evaluated_at: Some(Time(START + 95_000)),
    }
}

/// A pipeline for the bucket `logs`, expected to run every minute.
pub fn pipeline() -> Pipeline {
    Pipeline {
        name: "api".parse().unwrap(),
        source: model::Location {
            store: "demo".parse().unwrap(),
            bucket: "logs".parse().unwrap(),
            prefix: "".parse().unwrap(),
        },
        format: LogFormat::Auto,
        sink: "log".parse().unwrap(),
        every_s: Some(60),
        events: model::EventOptions::default(),
        labels: std::collections::BTreeMap::new(),
        follow: false,
        sqs_queue_url: None,
        function: None,
    }
}

pub fn tile() -> model::Tile {
    model::Tile {
        pipeline: "demo-elb".parse().unwrap(),
        worst: Some(Outcome::Partial),
        sums: sums(0, 4, 3),
        lag_ms: Some(240_000),
        last_run: Some(run(1)),
        trend: vec![sums(0, 4, 3), sums(1, 4, 4)],
        alerts: vec![alert(1, AlertState::Open)],
    }
}

/// Two rounds of two sizes; the last large event was not delivered.
pub fn canary() -> Canary {
    let event = |ms: i64, latency_ms, error: Option<&str>| MarkedEvent {
        at: Time(START + ms),
        latency_ms,
        proof: error.is_none().then(|| "read back from the file".to_owned()),
        error: error.map(str::to_owned),
    };
    let size = |bytes, events: Vec<MarkedEvent>| {
        let missing = events.iter().filter(|event| event.error.is_some()).count() as u64;
        let latency_ms = Percentiles { p50: 7, p95: 9, p99: 9, max: 9 };
        CanarySize { bytes, sent: events.len() as u64, missing, latency_ms, events }
    };
    let lost = "the <b>sink</b> took it and does not have it";
    Canary {
        sink: "log".parse().unwrap(),
        window: Window::new(Time(START), Time(START + 2 * INTERVAL_MS)).unwrap(),
        every_s: 600,
        sizes: vec![
            size(100, vec![event(600_000, 7, None), event(0, 9, None)]),
            size(1_000_000, vec![event(601_000, 412, Some(lost)), event(1_000, 9, None)]),
        ],
    }
}

pub fn pipeline_health() -> PipelineHealth {
    PipelineHealth {
        window: Window::new(Time(START), Time(START + 2 * INTERVAL_MS)).unwrap(),
        reconciliation: Some(Reconciliation {
            window: Window::new(Time(START), Time(START + 2 * INTERVAL_MS)).unwrap(),
            listed_at: Time(START + 2 * INTERVAL_MS),
            error: None,
            intervals: vec![interval(0, [5, 0, 0, 0, 0]), interval(1, [3, 1, 0, 1, 0])],
            gaps: vec![
                Gap {
                    key: "AWSLogs/<b>a</b>.log.gz".to_owned(),
                    size: 812,
                    written_at: Time(START + INTERVAL_MS),
                    kind: GapKind::Never,
                    run: None,
                },
                Gap {
                    key: "AWSLogs/b.log.gz".to_owned(),
                    size: 4_096,
                    written_at: Time(START + INTERVAL_MS + 1),
                    kind: GapKind::Partial,
                    run: Some(run(1).id),
                },
            ],
            gap_count: 2,
            oldest_unhandled: Some(Time(START + INTERVAL_MS)),
        }),
        canary: Some(canary()),
        duration_ms: Percentiles { p50: 800, p95: 2_100, p99: 2_900, max: 3_000 },
        memory_mb: Percentiles { p50: 90, p95: 110, p99: 120, max: 128 },
        memory_limit_mb: Some(128),
        billed_ms: 61_000,
        cold_starts: 3,
        runs: 70,
        cost: Some("0.0012".parse().unwrap()),
        losses: vec![LossShape {
            dimension: Dimension::Size,
            sentence: "Objects under 8 kB lose everything: 41 of 41; others 2 of 9,120.".to_owned(),
            lost: 41,
            of: 41,
            elsewhere_lost: 2,
            elsewhere_of: 9_120,
            p_value: 0.000_000_1,
        }],
    }
}

/// A run of a Lambda function that timed out.
pub fn run_view() -> RunView {
    let invocation = Invocation {
        memory_limit_mb: Some(128),
        billed_ms: Some(3_000),
        init_ms: Some(412),
        log_group: Some("/aws/lambda/api".to_owned()),
        log_stream: Some("2026/02/02/[$LATEST]9f".to_owned()),
        attempts: 2,
    };
    let run = Run {
        source: RunSource::Lambda,
        request_id: Some("8f5c0de0-0000-4000-8000-000000000001".to_owned()),
        outcome: Outcome::TimedOut,
        reason: "It was ended after 3.00 seconds.".to_owned(),
        memory_mb: Some(120),
        invocation: Some(invocation),
        ..run(1)
    };
    RunView {
        now: Time(START + 100_000),
        run,
        evidence: vec![LogLine { at: Time(START + 3_000), text: "8f5c Task timed out <b>after</b> 3.00 s".to_owned() }],
        beside: vec![super::run(2)],
        alerts: vec![alert(1, AlertState::Acknowledged)],
        console: Some("https://ap-southeast-2.console.aws.amazon.com/cloudwatch/home".to_owned()),
    }
}

pub fn run_log() -> RunLog {
    let line = |ms: i64, text: &str| LogLine { at: Time(START + ms), text: text.to_owned() };
    RunLog {
        page: Page { items: vec![line(0, "START"), line(5, "socket <i>7</i> closed")], next: Some("token".to_owned()) },
        templates: vec![LogTemplate {
            text: "socket … closed".to_owned(),
            count: 59_998,
            first: line(5, "socket <i>7</i> closed"),
        }],
        lines: 60_000,
        whole: false,
    }
}
