//! The runner with reprocesses: both databases, the real engine, a real store and a file.

use db::{NewJob, testing::Scratch};
use model::{Action, Job, JobId, LogFormat, Proof, ReprocessSpec, Retry, RunFilter, Spec, State};

use crate::support::runners::{TestRunners, quick};

on_both_databases!(
    released_reprocess_resumes_with_one_run_per_object,
    paused_reprocess_resumes_and_cancelled_one_ends,
    missing_sink_fails_job_with_advice,
    retried_reprocess_claims_its_last_attempt,
);

const OBJECTS: u64 = 150;

const RECORD: &str = "2026-03-09T14:02:11.123456Z api 10.0.0.1:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
                      \"GET http://api.example.com:80/ HTTP/1.1\" \"curl/8.0\" - -\n";

/// Puts objects of two records each.
async fn with_logs(scratch: Scratch) -> TestRunners {
    let setup = TestRunners::open(scratch).await;
    for number in 0..OBJECTS {
        setup.s3.put("source", &format!("logs/{number:04}.log"), RECORD.repeat(2)).await.unwrap();
    }
    setup
}

/// A runner slow enough for a test to act meanwhile.
async fn reprocess(setup: &TestRunners, sink: &str, max_events_per_second: Option<u32>) -> JobId {
    let spec = ReprocessSpec {
        pipeline: Some("api".parse().unwrap()),
        source: model::Location {
            store: "demo".parse().unwrap(),
            bucket: "source".parse().unwrap(),
            prefix: "logs/".parse().unwrap(),
        },
        sink: sink.parse().unwrap(),
        format: LogFormat::Auto,
        window: None,
        keys: Vec::new(),
        dead_letters_of: None,
        extent: model::Extent::Missing,
        max_events_per_second,
        dry_run: false,
        plan: None,
    };
    let new = NewJob { spec: Spec::Reprocess(spec), author: "test".to_owned(), idempotency: None };
    setup.db.insert(new).await.unwrap().0.id
}

async fn all_runs(setup: &TestRunners, job: JobId) -> Vec<String> {
    let filter = RunFilter { job: Some(job), ..RunFilter::default() };
    let page = setup.db.runs(&filter, None, 200).await.unwrap();
    let mut keys: Vec<String> = page.items.into_iter().map(|run| run.key.unwrap().into()).collect();
    keys.sort();
    keys
}

fn underway(job: &Job) -> bool {
    job.progress.done > 0
}

async fn released_reprocess_resumes_with_one_run_per_object(scratch: Scratch) {
    let setup = with_logs(scratch).await;
    let id = reprocess(&setup, "file", Some(100)).await;
    let first = setup.runner("first", quick()).await;
    setup.until(id, "underway", underway).await;
    first.stop().await;
    let between = setup.db.job(id).await.unwrap();
    assert!(between.state == State::Queued && between.progress.done < OBJECTS, "{:?}", between.progress);

    let second = setup.runner("second", quick()).await;
    let job = setup.until_state(id, State::Succeeded).await;
    assert_eq!((job.progress.done, job.progress.found, job.progress.in_flight), (OBJECTS, OBJECTS, 0));
    let keys = all_runs(&setup, id).await;
    let expected: Vec<String> = (0..OBJECTS).map(|number| format!("logs/{number:04}.log")).collect();
    assert_eq!(keys, expected);
    second.stop().await;
}

async fn paused_reprocess_resumes_and_cancelled_one_ends(scratch: Scratch) {
    let setup = with_logs(scratch).await;
    let id = reprocess(&setup, "file", Some(30)).await;
    let runner = setup.runner("one", quick()).await;
    setup.until(id, "underway", underway).await;
    setup.db.act(id, Action::Pause, "test").await.unwrap();
    let paused = setup.until_state(id, State::Paused).await;
    assert!(paused.progress.done < OBJECTS, "paused before the end: {:?}", paused.progress);
    assert_eq!(all_runs(&setup, id).await.len() as u64, paused.progress.done);

    setup.db.act(id, Action::Resume, "test").await.unwrap();
    runner.nudge().nudge();
    setup.until(id, "further", |job| job.progress.done > paused.progress.done).await;
    setup.db.act(id, Action::Cancel, "test").await.unwrap();
    let cancelled = setup.until_state(id, State::Cancelled).await;
    assert!(cancelled.progress.done < OBJECTS && cancelled.proof.is_none(), "{:?}", cancelled.progress);
    runner.stop().await;
}

async fn missing_sink_fails_job_with_advice(scratch: Scratch) {
    let setup = TestRunners::open(scratch).await;
    let runner = setup.runner("one", quick()).await;
    let id = reprocess(&setup, "logstash", None).await;
    runner.nudge().nudge();
    let error = setup.until_state(id, State::Failed).await.error.unwrap();
    assert_eq!(error.code, "no_sink");
    assert!(error.message.contains("`logstash`") && error.advice.contains("[[sinks]]"), "{error:?}");
    runner.stop().await;
}

async fn retried_reprocess_claims_its_last_attempt(scratch: Scratch) {
    let setup = TestRunners::open(scratch).await;
    setup.s3.put("source", "logs/a.log", "no record\n".repeat(3)).await.unwrap();
    let runner = setup.runner("one", quick()).await;
    let id = reprocess(&setup, "file", None).await;
    runner.nudge().nudge();
    let Some(Proof::Shipped(first)) = setup.until_state(id, State::Failed).await.proof else { panic!("no proof") };
    assert_eq!((first.unparsed, first.lines.encountered), (3, 3));

    setup.s3.put("source", "logs/a.log", RECORD.repeat(2)).await.unwrap();
    setup.db.act(id, Action::Retry(Retry::Failed), "test").await.unwrap();
    runner.nudge().nudge();
    let Some(Proof::Shipped(proof)) = setup.until_state(id, State::Succeeded).await.proof else { panic!("no proof") };
    assert_eq!((proof.unparsed, proof.lines.encountered, proof.lines.acknowledged), (0, 2, 2), "{proof:?}");
    runner.stop().await;
}
