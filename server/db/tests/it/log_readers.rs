//! Log readers: one process at a time reads a function's log, and no reading removes what an earlier one recorded.

use db::{Db, NewInvocation, Recorder, Watched, testing::Scratch};
use model::{Invocation, LogLine, Outcome, PipelineName, Run, RunFilter, RunSource, Summary, Time};

use crate::support::LEASE_MS;

on_both_databases!(
    log_group_has_one_reader,
    error_keeps_its_start_until_a_read_succeeds,
    repeated_invocation_is_one_run,
    incomplete_reading_replaces_nothing,
    only_the_lease_holder_records_invocations,
    listed_object_facts_are_kept,
);

const AT: i64 = 1_770_000_000_000;

fn pipeline() -> PipelineName {
    "api".parse().unwrap()
}

fn look(cursor: i64, error: Option<&str>) -> Watched {
    Watched { cursor: Time(cursor), behind_ms: 5, error: error.map(str::to_owned) }
}

/// An invocation with this many attempts seen, and settled.
fn invocation(db: &Db, request: &str, attempts: u32, outcome: Outcome) -> NewInvocation {
    let run = Run {
        id: db.new_run_id(),
        pipeline: Some(pipeline()),
        source: RunSource::Lambda,
        request_id: Some(request.to_owned()),
        job: None,
        outcome,
        reason: "as the log has it".to_owned(),
        started_at: Time(AT),
        duration_ms: 12,
        memory_mb: Some(20),
        invocation: Some(Invocation { attempts, ..Invocation::default() }),
        store: None,
        bucket: Some("logs".parse().unwrap()),
        key: Some("one.log".parse().unwrap()),
        etag: None,
        size: None,
        summary: Some(Summary::default()),
        logged: Some("{\"lines\":{}}".to_owned()),
        accepted: None,
    };
    let evidence = vec![LogLine { at: Time(AT), text: "REPORT".to_owned() }];
    NewInvocation { run, sink: "logstash".parse().unwrap(), evidence, settled: true }
}

async fn runs(db: &Db) -> Vec<Run> {
    db.runs(&RunFilter::default(), None, 200).await.unwrap().items
}

async fn log_group_has_one_reader(scratch: Scratch) {
    let db = scratch.open().await;
    assert!(db.watching(&pipeline()).await.unwrap().is_none());
    assert_eq!(db.watch(&pipeline(), "one", LEASE_MS, Time(AT)).await.unwrap(), Some(Time(AT)));
    assert!(db.watch(&pipeline(), "two", LEASE_MS, Time(AT)).await.unwrap().is_none());
    assert!(db.watched(&pipeline(), "one", LEASE_MS, &look(AT + 7, None)).await.unwrap());
    let watching = db.watching(&pipeline()).await.unwrap().unwrap();
    assert!(watching.held && watching.holder == "one");
    db.release(db::task::READ_LOGS, pipeline().as_str(), "one").await.unwrap();
    assert!(!db.watching(&pipeline()).await.unwrap().unwrap().held);
    // Whoever goes on does so from where the first stopped.
    assert_eq!(db.watch(&pipeline(), "two", LEASE_MS, Time(AT)).await.unwrap(), Some(Time(AT + 7)));
    assert!(!db.watched(&pipeline(), "one", LEASE_MS, &look(AT, None)).await.unwrap());
    assert_eq!(db.watching(&pipeline()).await.unwrap().unwrap().cursor, Time(AT + 7));
}

async fn error_keeps_its_start_until_a_read_succeeds(scratch: Scratch) {
    let db = scratch.open().await;
    db.watch(&pipeline(), "one", LEASE_MS, Time(AT)).await.unwrap();
    db.watched(&pipeline(), "one", LEASE_MS, &look(AT, Some("it does not exist"))).await.unwrap();
    let first = db.watching(&pipeline()).await.unwrap().unwrap();
    assert_eq!(first.error.as_deref(), Some("it does not exist"));
    db.watched(&pipeline(), "one", LEASE_MS, &look(AT, Some("access denied"))).await.unwrap();
    let second = db.watching(&pipeline()).await.unwrap().unwrap();
    assert_eq!((second.error.as_deref(), second.failing_since), (Some("access denied"), first.failing_since));
    assert!(second.failing_since.is_some());
    db.watched(&pipeline(), "one", LEASE_MS, &look(AT, None)).await.unwrap();
    let after = db.watching(&pipeline()).await.unwrap().unwrap();
    assert_eq!((after.error, after.failing_since), (None, None));
}

async fn repeated_invocation_is_one_run(scratch: Scratch) {
    let db = scratch.open().await;
    let first = invocation(&db, "r1", 1, Outcome::Sent);
    let both = [first.clone(), invocation(&db, "r2", 1, Outcome::Crashed)];
    assert_eq!(db.record_invocations(&pipeline(), Recorder::Import, &both).await.unwrap(), Some(2));
    let again = [invocation(&db, "r1", 1, Outcome::Sent), invocation(&db, "r1", 1, Outcome::Sent)];
    assert_eq!(db.record_invocations(&pipeline(), Recorder::Import, &again).await.unwrap(), Some(0));
    let listed = runs(&db).await;
    assert_eq!(listed.len(), 2);
    let filter = RunFilter { request_id: Some("r1".to_owned()), ..RunFilter::default() };
    let read = db.runs(&filter, None, 10).await.unwrap().items.remove(0);
    assert_eq!(read, first.run);
    assert_eq!(db.evidence(read.id).await.unwrap(), first.evidence);
    // A timeout that is reported late.
    let late = invocation(&db, "r1", 1, Outcome::TimedOut);
    assert_eq!(db.record_invocations(&pipeline(), Recorder::Import, &[late]).await.unwrap(), Some(1));
    let read = db.run(first.run.id).await.unwrap();
    assert_eq!(read.outcome, Outcome::TimedOut);
}

async fn incomplete_reading_replaces_nothing(scratch: Scratch) {
    let db = scratch.open().await;
    let begun = NewInvocation { settled: false, ..invocation(&db, "r1", 1, Outcome::Unknown) };
    let whole = invocation(&db, "r1", 1, Outcome::Sent);
    let end = invocation(&db, "r1", 0, Outcome::Unproven);
    for (told, changes, outcome) in [
        (&end, 1, Outcome::Unproven),
        (&begun, 1, Outcome::Unknown),
        (&whole, 1, Outcome::Sent),
        (&begun, 0, Outcome::Sent),
        (&end, 0, Outcome::Sent),
    ] {
        let told = std::slice::from_ref(told);
        assert_eq!(db.record_invocations(&pipeline(), Recorder::Import, told).await.unwrap(), Some(changes));
        assert_eq!(runs(&db).await[0].outcome, outcome);
    }
    // Lambda tries again: what is known by now is more.
    let again = NewInvocation { settled: false, ..invocation(&db, "r1", 2, Outcome::Unknown) };
    db.record_invocations(&pipeline(), Recorder::Import, &[again]).await.unwrap();
    db.record_invocations(&pipeline(), Recorder::Import, &[whole]).await.unwrap();
    assert_eq!(runs(&db).await[0].outcome, Outcome::Unknown);
}

async fn only_the_lease_holder_records_invocations(scratch: Scratch) {
    let db = scratch.open().await;
    db.watch(&pipeline(), "one", 0, Time(AT)).await.unwrap().unwrap();
    db.watch(&pipeline(), "two", LEASE_MS, Time(AT)).await.unwrap().unwrap();
    let told = [invocation(&db, "r1", 1, Outcome::Sent)];
    assert_eq!(db.record_invocations(&pipeline(), Recorder::LogReader("one"), &told).await.unwrap(), None);
    assert!(runs(&db).await.is_empty());
    assert_eq!(db.record_invocations(&pipeline(), Recorder::LogReader("two"), &told).await.unwrap(), Some(1));
}

async fn listed_object_facts_are_kept(scratch: Scratch) {
    let db = scratch.open().await;
    let mut told = invocation(&db, "r1", 1, Outcome::Sent);
    (told.run.etag, told.run.size) = (Some("\"e1\"".to_owned()), Some(9));
    db.record_invocations(&pipeline(), Recorder::Import, &[told]).await.unwrap();
    let late = invocation(&db, "r1", 1, Outcome::TimedOut);
    db.record_invocations(&pipeline(), Recorder::Import, &[late]).await.unwrap();
    let read = runs(&db).await.remove(0);
    assert_eq!((read.outcome, read.etag.as_deref(), read.size), (Outcome::TimedOut, Some("\"e1\""), Some(9)));
}
