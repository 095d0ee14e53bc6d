//! Runs: one for each origin and key, listed by keyset, summed for charts, and searched by delivered object.

use db::{
    Db, DbError, NewJob, NewRun,
    testing::{self, Scratch},
};
use model::{
    AcceptedRuns, JobId, Key, LogFormat, Outcome, ReprocessSpec, Run, RunCursor, RunFilter, RunId, RunSource, SinkName,
    Spec, Summary, Time, Window,
};

use crate::support::*;

on_both_databases!(
    run_reads_back_as_recorded,
    object_shipped_again_is_the_same_run,
    only_the_job_holder_records_runs,
    run_list_pages_and_filters_by_every_field,
    delivered_objects_are_found_by_key_and_etag,
    accepted_runs_need_no_other_attempt,
    windows_of_several_runs_cover_their_union,
    sums_match_their_time_range,
    runs_are_deleted_with_job_or_by_age,
);

pub const AT: i64 = 1_770_000_000_000;

fn key(name: &str) -> Key {
    name.parse().unwrap()
}

/// A run over ten lines, `bad` of which could not be parsed.
pub fn run(db: &Db, name: &str, started_at: i64, bad: u64) -> NewRun {
    let mut summary = Summary { sink: Some("tcp://sink".to_owned()), ..Summary::default() };
    summary.lines.encountered = 10;
    summary.lines.parsed = 10 - bad;
    summary.lines.sent = 10 - bad;
    summary.failures.parsing.total = bad;
    NewRun {
        run: Run {
            id: db.new_run_id(),
            pipeline: Some("api".parse().unwrap()),
            source: RunSource::Logyard,
            request_id: None,
            job: None,
            outcome: if bad == 0 { Outcome::Sent } else { Outcome::Partial },
            reason: "as it went".to_owned(),
            started_at: Time(started_at),
            duration_ms: 12,
            memory_mb: Some(20),
            invocation: None,
            store: Some("demo".parse().unwrap()),
            bucket: Some("logs".parse().unwrap()),
            key: Some(key(name)),
            etag: Some("\"e1\"".to_owned()),
            size: Some(1_000),
            summary: Some(summary),
            logged: None,
            accepted: None,
        },
        sink: sink(),
        window: None,
    }
}

fn sink() -> SinkName {
    "logstash".parse().unwrap()
}

pub async fn running(db: &Db) -> JobId {
    let spec = Spec::Reprocess(ReprocessSpec {
        pipeline: Some("api".parse().unwrap()),
        source: location("demo/logs"),
        sink: "sink".parse().unwrap(),
        format: LogFormat::Auto,
        window: None,
        keys: Vec::new(),
        dead_letters_of: None,
        extent: model::Extent::Missing,
        max_events_per_second: None,
        dry_run: false,
        plan: None,
    });
    db.insert(NewJob { spec, ..new_job() }).await.unwrap();
    claim(db, "one").await.unwrap().job.id
}

async fn run_reads_back_as_recorded(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let new = run(&db, "a\u{0}é/1.log", AT, 1);
    assert!(db.record_runs(id, 1, std::slice::from_ref(&new)).await.unwrap());
    let read = db.run(new.run.id).await.unwrap();
    assert_eq!(read, Run { job: Some(id), ..new.run });
    let other = RunId(uuid::Uuid::from_u128(1));
    assert!(matches!(db.run(other).await, Err(DbError::NoRun(missing)) if missing == other));
}

async fn object_shipped_again_is_the_same_run(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let first = run(&db, "a", AT, 1);
    // Twice in one heartbeat, too, as after a quick retry.
    assert!(db.record_runs(id, 1, &[first.clone(), run(&db, "a", AT + 1, 2)]).await.unwrap());
    assert!(db.record_runs(id, 1, &[run(&db, "a", AT + 2, 0), run(&db, "b", AT, 0)]).await.unwrap());
    let page = db.runs(&RunFilter { job: Some(id), ..RunFilter::default() }, None, 10).await.unwrap();
    let seen: Vec<_> = page.items.iter().map(|run| (run.key.clone().unwrap(), run.outcome, run.started_at.0)).collect();
    assert_eq!(seen, [(key("a"), Outcome::Sent, AT + 2), (key("b"), Outcome::Sent, AT)]);
}

async fn only_the_job_holder_records_runs(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    assert!(!db.record_runs(id, 2, &[run(&db, "a", AT, 0)]).await.unwrap());
    assert!(db.runs(&RunFilter::default(), None, 10).await.unwrap().items.is_empty());
}

async fn run_list_pages_and_filters_by_every_field(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    // Three at the same instant: the id decides.
    let runs: Vec<NewRun> = (0..9).map(|n| run(&db, &format!("k{n}"), AT + n / 3, u64::from(n % 4 == 0))).collect();
    assert!(db.record_runs(id, 1, &runs).await.unwrap());
    let mut expected: Vec<&Run> = runs.iter().map(|new| &new.run).collect();
    expected.sort_by_key(|run| std::cmp::Reverse((run.started_at, run.id)));

    let (mut seen, mut after) = (Vec::new(), None::<RunCursor>);
    loop {
        let page = db.runs(&RunFilter::default(), after, 2).await.unwrap();
        seen.extend(page.items.iter().map(|run| run.id));
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, expected.iter().map(|run| run.id).collect::<Vec<_>>());

    let found = async |filter: RunFilter| db.runs(&filter, None, 200).await.unwrap().items.len();
    let all = RunFilter::default();
    assert_eq!(found(RunFilter { outcomes: vec![Outcome::Partial], ..all.clone() }).await, 3);
    assert_eq!(found(RunFilter { outcomes: vec![Outcome::Partial, Outcome::Sent], ..all.clone() }).await, 9);
    assert_eq!(found(RunFilter { key: Some(key("k3")), ..all.clone() }).await, 1);
    assert_eq!(found(RunFilter { from: Some(Time(AT + 1)), to: Some(Time(AT + 2)), ..all.clone() }).await, 3);
    assert_eq!(found(RunFilter { pipeline: Some("other".parse().unwrap()), ..all.clone() }).await, 0);
    assert_eq!(found(RunFilter { request_id: Some("r".to_owned()), ..all }).await, 0);
    let last = db.last_run(&"api".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(last.id, expected[0].id);
}

async fn delivered_objects_are_found_by_key_and_etag(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let hour = |hour: i64| Window::new(Time(AT + hour * 3_600_000), Time(AT + (hour + 1) * 3_600_000)).unwrap();
    let mut cut = NewRun { window: Some(hour(0)), ..run(&db, "cut", AT, 0) };
    if let Some(summary) = &mut cut.run.summary {
        summary.lines.filtered = 4;
        summary.lines.sent = 6;
    }
    let uncut = NewRun { window: Some(hour(0)), ..run(&db, "uncut", AT, 0) };
    let mut dry = run(&db, "dry", AT, 0);
    dry.run.summary.as_mut().unwrap().sink = None;
    let mut changed = run(&db, "changed", AT, 0);
    changed.run.etag = Some("\"e0\"".to_owned());
    let partial = run(&db, "partial", AT, 1);
    assert!(db.record_runs(id, 1, &[cut, uncut, dry, changed, partial]).await.unwrap());

    let objects: Vec<_> =
        ["cut", "uncut", "dry", "changed", "partial", "never"].map(|name| (key(name), "\"e1\"".to_owned())).to_vec();
    let pipeline = "api".parse().unwrap();
    let delivered = async |window| {
        let found = db.delivered(Some(&pipeline), &sink(), "logs", window, &objects).await.unwrap();
        let mut names: Vec<String> = found.into_iter().map(String::from).collect();
        names.sort();
        names
    };
    assert_eq!(delivered(None).await, ["partial", "uncut"], "a window that took nothing away left the object whole");
    assert_eq!(delivered(Some(hour(0))).await, ["cut", "partial", "uncut"]);
    assert_eq!(delivered(Some(hour(1))).await, ["partial", "uncut"], "what cannot be parsed is not sent again");
    let over = db.finished_objects(&pipeline, &sink(), "logs", &objects).await.unwrap();
    assert!(over.contains(&key("partial")) && !over.contains(&key("never")), "a bad line stays one: {over:?}");
    let another = "elastic".parse().unwrap();
    assert!(db.delivered(Some(&pipeline), &another, "logs", None, &objects).await.unwrap().is_empty());
    assert!(db.finished_objects(&pipeline, &another, "logs", &objects).await.unwrap().is_empty());
    assert!(db.delivered(None, &sink(), "logs", None, &objects).await.unwrap().is_empty());
    assert!(db.delivered(Some(&pipeline), &sink(), "elsewhere", None, &objects).await.unwrap().is_empty());
}

async fn accepted_runs_need_no_other_attempt(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let nothing = run(&db, "nothing", AT, 10);
    let mut given_up = run(&db, "given up", AT, 0);
    given_up.run.outcome = Outcome::Partial;
    given_up.run.summary.as_mut().unwrap().failures.sending.total = 10;
    let whole = run(&db, "whole", AT, 0);
    assert!(db.record_runs(id, 1, &[nothing.clone(), given_up.clone(), whole]).await.unwrap());
    let pipeline = "api".parse().unwrap();
    let delivered = async |name: &str| {
        let objects = [(key(name), "\"e1\"".to_owned())];
        !db.delivered(Some(&pipeline), &sink(), "logs", None, &objects).await.unwrap().is_empty()
    };
    assert!(!delivered("nothing").await, "nothing of it arrived");
    assert_eq!(db.accept_runs(&AcceptedRuns::Run(given_up.run.id), "why", "ann").await.unwrap(), 0, "it may be sent");
    assert_eq!(db.accept_runs(&AcceptedRuns::Job(id), "a probe", "ann").await.unwrap(), 1);
    assert!(delivered("nothing").await && !delivered("given up").await);
    let accepted = db.run(nothing.run.id).await.unwrap().accepted.unwrap();
    assert_eq!((accepted.by.as_str(), accepted.note.as_str()), ("ann", "a probe"));
    let handled = db.handling(&pipeline, "logs", &[key("nothing"), key("given up")]).await.unwrap();
    assert!(handled[&key("nothing")][0].settled && !handled[&key("given up")][0].settled);
    let figures = db.run_figures(&pipeline, 10).await.unwrap();
    assert_eq!(figures.iter().filter(|run| run.accepted).count(), 1);
    assert_eq!(db.accept_runs(&AcceptedRuns::Pipeline(pipeline.clone()), "again", "bob").await.unwrap(), 0);

    // Another attempt is another matter.
    assert!(db.record_runs(id, 1, &[run(&db, "nothing", AT + 1, 10)]).await.unwrap());
    assert_eq!(db.run(nothing.run.id).await.unwrap().accepted, None);
}

async fn windows_of_several_runs_cover_their_union(scratch: Scratch) {
    let db = scratch.open().await;
    let minutes = |from: i64, to: i64| Window::new(Time(AT + from * 60_000), Time(AT + to * 60_000)).unwrap();
    for window in [minutes(30, 60), minutes(0, 30), minutes(70, 80)] {
        let id = running(&db).await;
        let mut new = NewRun { window: Some(window), ..run(&db, "a", AT, 0) };
        new.run.summary.as_mut().unwrap().lines.filtered = 4;
        assert!(db.record_runs(id, 1, &[new]).await.unwrap());
    }
    let (pipeline, objects) = ("api".parse().unwrap(), [(key("a"), "\"e1\"".to_owned())]);
    for (window, covered) in [
        (Some(minutes(0, 60)), true),
        (Some(minutes(10, 50)), true),
        (Some(minutes(70, 75)), true),
        (Some(minutes(0, 61)), false),
        (Some(minutes(50, 80)), false),
        (None, false),
    ] {
        let found = db.delivered(Some(&pipeline), &sink(), "logs", window, &objects).await.unwrap();
        assert_eq!(found.len(), usize::from(covered), "{window:?}");
    }
}

async fn sums_match_their_time_range(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let runs = [(0, 0), (9, 1), (10, 2), (39, 3), (40, 0)].map(|(at, bad)| run(&db, &format!("k{at}"), AT + at, bad));
    assert!(db.record_runs(id, 1, &runs).await.unwrap());
    let window = Window::new(Time(AT), Time(AT + 40)).unwrap();
    let sums = db.run_sums(&RunFilter::default(), window, 4).await.unwrap();
    let told: Vec<_> = sums.iter().map(|sum| (sum.window.from().0 - AT, sum.runs, sum.lines, sum.failures)).collect();
    assert_eq!(told, [(0, 2, 20, 1), (10, 1, 10, 2), (20, 0, 0, 0), (30, 1, 10, 3)]);
}

async fn runs_are_deleted_with_job_or_by_age(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    assert!(db.record_runs(id, 1, &[run(&db, "old", AT, 0)]).await.unwrap());
    let pipeline = "api".parse().unwrap();
    db.follow(&pipeline, "one", LEASE_MS).await.unwrap().unwrap();
    let followed = [run(&db, "old", AT, 0), run(&db, "new", AT + 10, 0)];
    assert!(db.record_followed(&pipeline, "one", &followed).await.unwrap());
    testing::delete_job(&db, id).await;
    assert_eq!(db.sweep_runs(Some(&pipeline), Time(AT + 5), 10).await.unwrap(), 1);
    let left = db.runs(&RunFilter::default(), None, 10).await.unwrap().items;
    let left: Vec<_> = left.iter().map(|run| (run.key.clone().unwrap(), run.job)).collect();
    assert_eq!(left, [(key("new"), None)]);
}
