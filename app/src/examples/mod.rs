//! Example jobs, previews and runs for tests, and a function that renders components.

mod health;
mod syncs;

use leptos::prelude::*;
use model::{
    ClonePreview, CloneSpec, Comparison, Job, JobId, Kind, Left, Location, Mode, Outcome, ParsingFailure, Phase,
    Progress, Proof, RequestCounts, Run, RunId, RunSource, Selection, Spec, State, Summary, Time,
};

pub use health::{
    alert, alert_list, canary, interval, notice, pipeline, pipeline_health, run_log, run_view, sums, tile,
};
pub use syncs::{SYNC_STATES, minute, sync, sync_view};

/// The HTML of a component as the server renders it, without the comments for hydration.
pub fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    let html = Owner::new().with(|| view().into_view().to_html());
    html.replace("<!>", "").replace("<!---->", "")
}

/// A running clone of the demo bucket. A higher number is a later job.
pub fn job(number: u128) -> Job {
    let location = |bucket: &str| Location {
        store: "demo".parse().unwrap(),
        bucket: bucket.parse().unwrap(),
        prefix: "".parse().unwrap(),
    };
    let created_at = Time(1_770_000_000_000);
    Job {
        id: JobId(uuid::Uuid::from_u128((0x0198_c0de << 96) + number)),
        kind: Kind::Clone,
        state: State::Running,
        spec: Spec::Clone(CloneSpec {
            source: location("demo-assets"),
            destination: location("demo-clone"),
            mode: Mode::Copy,
            dry_run: false,
            name: None,
            selection: Selection::default(),
            fidelity: model::Fidelity::default(),
            limits: model::Limits::default(),
            plan: None,
            report: None,
            consent: None,
        }),
        attempt: 1,
        author: "local".to_owned(),
        created_at,
        started_at: Some(Time(created_at.0 + 200)),
        ended_at: None,
        updated_at: Time(created_at.0 + 6_000),
        revision: 5,
        stopping: None,
        holder: Some("worker-1".to_owned()),
        progress: Progress {
            phase: Phase::Copying,
            found: 7_500,
            found_bytes: 61_900_000,
            found_final: true,
            done: 4_700,
            skipped: 110,
            failed: 2,
            bytes: 38_000_000,
            in_flight: 32,
            rate: 812.0,
            byte_rate: 6_150_000.0,
            left: Some(Left { at_least_s: 3, at_most_s: 4 }),
            active_ms: 5_800,
            ..Progress::default()
        },
        proof: None,
        error: None,
    }
}

/// The same clone, succeeded and proven.
pub fn proven(number: u128) -> Job {
    let running = job(number);
    let ended_at = Time(running.created_at.0 + 9_000);
    Job {
        state: State::Succeeded,
        ended_at: Some(ended_at),
        revision: 9,
        holder: None,
        progress: Progress {
            phase: Phase::Finished,
            done: 7_390,
            failed: 0,
            in_flight: 0,
            rate: 0.0,
            byte_rate: 0.0,
            left: None,
            ..running.progress.clone()
        },
        proof: Some(Proof::Compared(Comparison {
            at: ended_at,
            mode: Mode::Copy,
            source_objects: 7_500,
            source_bytes: 61_900_000,
            destination_objects: 7_500,
            equal_by_etag: 7_500,
            equal_by_digest: 0,
            equal_by_content: 0,
            unverified: 0,
            equal_by_size: 0,
            unproven: 0,
            missing: 0,
            different: 0,
            extra: 0,
            left_out: 0,
            equal: true,
            nothing: false,
            selection: Selection::default(),
            compare: model::Compare::default(),
            unreadable_tags: model::UnreadableTags::default(),
        })),
        ..running
    }
}

/// The preview of a clone of 7,500 objects, 100 of which are already equal.
pub fn preview(mode: Mode, dry_run: bool) -> ClonePreview {
    let Spec::Clone(spec) = job(1).spec else { unreachable!() };
    ClonePreview {
        spec: CloneSpec { mode, dry_run, ..spec },
        at: Time(0),
        complete: true,
        objects: 7_500,
        bytes: 61_900_000,
        to_copy: 7_400,
        to_copy_bytes: 61_000_000,
        to_skip: 100,
        extra: 0,
        to_delete: 0,
        to_delete_bytes: 0,
        refused: 0,
        left_out: 0,
        requests: RequestCounts::default(),
        price: None,
        examples: vec![],
        delete_examples: vec![],
        plan: None,
    }
}

/// A partial run of the demo pipeline: one of its four lines was not parsed.
pub fn run(number: u128) -> Run {
    let mut summary = Summary { sink: Some("tcp://127.0.0.1:3002".to_owned()), ..Summary::default() };
    (summary.lines.encountered, summary.lines.parsed, summary.lines.sent) = (4, 3, 3);
    summary.failures.parsing.add(ParsingFailure {
        line: 2,
        offset: 310,
        reason: "time \"yesterday\" is not a time".to_owned(),
        cut: "https <b>yesterday</b>".to_owned(),
    });
    Run {
        id: RunId(uuid::Uuid::from_u128((0x0198_c0de << 96) + number)),
        pipeline: Some("demo-elb".parse().unwrap()),
        source: RunSource::Logyard,
        request_id: None,
        job: None,
        outcome: Outcome::Partial,
        reason: "1 of 4 records could not be parsed.".to_owned(),
        started_at: Time(1_770_000_000_000),
        duration_ms: 12,
        memory_mb: None,
        invocation: None,
        store: Some("demo".parse().unwrap()),
        bucket: Some("demo-elb-logs".parse().unwrap()),
        key: Some("AWSLogs/1/app.log.gz".parse().unwrap()),
        etag: Some("\"e\"".to_owned()),
        size: Some(1_234),
        summary: Some(summary),
        logged: None,
        accepted: None,
    }
}

/// A nightly schedule, edited once.
pub fn schedule() -> model::Schedule {
    let Spec::Clone(clone) = job(1).spec else { unreachable!() };
    model::Schedule {
        id: model::ScheduleId(uuid::Uuid::from_u128(7)),
        name: "nightly".parse().unwrap(),
        timing: model::Timing {
            cron: "0 2 * * *".to_owned(),
            verify_cron: Some("30 5 * * *".to_owned()),
            zone: "Pacific/Auckland".to_owned(),
        },
        clone,
        consent: None,
        author: "ada".to_owned(),
        enabled: true,
        created_at: Time(0),
        revision: 2,
        edited_by: Some("bob".to_owned()),
        edited_at: Some(Time(1)),
        next_at: Some(Time(2)),
        verify_next_at: Some(Time(3)),
        job: None,
        last: None,
    }
}
