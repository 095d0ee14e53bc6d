//! What the runner promises holds for a reprocess, too: on both databases, with the real engine, a real store and a file.

use db::{NewJob, testing::Scratch};
use model::{Action, Job, JobId, LogFormat, ReprocessSpec, RunFilter, Spec, State};

use crate::support::runners::{Workshop, quick};

on_both_databases!(
    a_reprocess_that_was_given_back_goes_on_and_each_object_is_one_run,
    a_paused_reprocess_goes_on_where_it_was_and_a_cancelled_one_does_not,
    a_sink_that_is_not_there_fails_the_job_with_advice,
);

const OBJECTS: u64 = 150;

/// So many objects of two records each.
async fn with_logs(scratch: Scratch) -> Workshop {
    let workshop = Workshop::open(scratch).await;
    let record = "2026-03-09T14:02:11.123456Z api 10.0.0.1:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
                  \"GET http://api.example.com:80/ HTTP/1.1\" \"curl/8.0\" - -\n";
    for number in 0..OBJECTS {
        workshop.s3.put("source", &format!("logs/{number:04}.log"), record.repeat(2)).await.unwrap();
    }
    workshop
}

/// At a pace at which a test can step in.
async fn reprocess(workshop: &Workshop, sink: &str, max_events_per_second: Option<u32>) -> JobId {
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
    workshop.db.insert(new).await.unwrap().0.id
}

async fn all_runs(workshop: &Workshop, job: JobId) -> Vec<String> {
    let filter = RunFilter { job: Some(job), ..RunFilter::default() };
    let page = workshop.db.runs(&filter, None, 200).await.unwrap();
    let mut keys: Vec<String> = page.items.into_iter().map(|run| run.key.unwrap().into()).collect();
    keys.sort();
    keys
}

fn underway(job: &Job) -> bool {
    job.progress.done > 0
}

async fn a_reprocess_that_was_given_back_goes_on_and_each_object_is_one_run(scratch: Scratch) {
    let workshop = with_logs(scratch).await;
    let id = reprocess(&workshop, "file", Some(100)).await;
    let first = workshop.runner("first", quick()).await;
    workshop.until(id, "underway", underway).await;
    first.stop().await;
    let between = workshop.db.job(id).await.unwrap();
    assert!(between.state == State::Queued && between.progress.done < OBJECTS, "{:?}", between.progress);

    let second = workshop.runner("second", quick()).await;
    let job = workshop.until_state(id, State::Succeeded).await;
    assert_eq!((job.progress.done, job.progress.found, job.progress.in_flight), (OBJECTS, OBJECTS, 0));
    let keys = all_runs(&workshop, id).await;
    let expected: Vec<String> = (0..OBJECTS).map(|number| format!("logs/{number:04}.log")).collect();
    assert_eq!(keys, expected);
    second.stop().await;
}

async fn a_paused_reprocess_goes_on_where_it_was_and_a_cancelled_one_does_not(scratch: Scratch) {
    let workshop = with_logs(scratch).await;
    let id = reprocess(&workshop, "file", Some(30)).await;
    let runner = workshop.runner("one", quick()).await;
    workshop.until(id, "underway", underway).await;
    workshop.db.act(id, Action::Pause, "test").await.unwrap();
    let paused = workshop.until_state(id, State::Paused).await;
    assert!(paused.progress.done < OBJECTS, "paused before the end: {:?}", paused.progress);
    assert_eq!(all_runs(&workshop, id).await.len() as u64, paused.progress.done);

    workshop.db.act(id, Action::Resume, "test").await.unwrap();
    runner.nudge().nudge();
    workshop.until(id, "further", |job| job.progress.done > paused.progress.done).await;
    workshop.db.act(id, Action::Cancel, "test").await.unwrap();
    let cancelled = workshop.until_state(id, State::Cancelled).await;
    assert!(cancelled.progress.done < OBJECTS && cancelled.proof.is_none(), "{:?}", cancelled.progress);
    runner.stop().await;
}

async fn a_sink_that_is_not_there_fails_the_job_with_advice(scratch: Scratch) {
    let workshop = Workshop::open(scratch).await;
    let runner = workshop.runner("one", quick()).await;
    let id = reprocess(&workshop, "logstash", None).await;
    runner.nudge().nudge();
    let error = workshop.until_state(id, State::Failed).await.error.unwrap();
    assert_eq!(error.code, "no_sink");
    assert!(error.message.contains("`logstash`") && error.advice.contains("[[sinks]]"), "{error:?}");
    runner.stop().await;
}
