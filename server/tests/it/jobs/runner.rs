//! What the runner promises, on both databases, with the real engine on a real store.

use db::{Beat, End, testing::Scratch};
use logyard::config;
use model::{Action, EventKind, JobError, Key, Mode, Proof, Reason, Retry, State, Stop};

use crate::support::runners::{Workshop, quick, slow};

on_both_databases!(
    a_clone_succeeds_with_its_proof,
    a_job_copies_in_parts_what_is_above_the_configured_threshold,
    what_failed_is_counted_and_a_retry_mends_it,
    a_paused_job_goes_on_where_it_was,
    a_cancelled_job_stops_and_stays_cancelled,
    a_job_that_is_somebody_elses_is_left_alone,
    a_runner_that_cannot_beat_in_time_stops_and_nothing_is_copied_twice,
    a_stopped_runner_gives_its_jobs_back,
    a_missing_bucket_fails_the_job_with_advice,
    a_comparison_that_differs_is_not_green,
    a_store_runs_no_more_jobs_than_it_may,
);

async fn a_clone_succeeds_with_its_proof(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 50).await;
    let runner = workshop.runner("one", quick()).await;
    let id = workshop.clone(Mode::Copy).await;
    runner.nudge().nudge();

    let job = workshop.until_state(id, State::Succeeded).await;
    let Some(Proof::Compared(comparison)) = &job.proof else { panic!("{job:?}") };
    assert!(comparison.equal);
    assert_eq!((comparison.source_objects, comparison.equal_by_etag), (50, 50));
    assert_eq!((job.progress.done, job.progress.failed, job.attempt), (50, 0, 1));
    assert_eq!(workshop.s3.count("destination").unwrap(), 50);
    assert!(!workshop.db.history(id).await.unwrap().is_empty());
    assert!(job.holder.is_none());
    runner.stop().await;
}

async fn a_job_copies_in_parts_what_is_above_the_configured_threshold(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 1).await;
    workshop.s3.put("source", "large", vec![b'x'; 6 << 20]).await.unwrap();
    let config = config::Runner { multipart_threshold: "5MiB".parse().unwrap(), ..quick() };
    let runner = workshop.runner("one", config).await;
    let id = workshop.clone(Mode::Copy).await;
    runner.nudge().nudge();
    workshop.until_state(id, State::Succeeded).await;
    assert_eq!((workshop.copies(), workshop.s3.requests().get("UploadPartCopy")), (1, Some(&2)));
    runner.stop().await;
}

async fn what_failed_is_counted_and_a_retry_mends_it(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 20).await;
    workshop.archive("source", "objects/00/00000007").await;
    let runner = workshop.runner("one", quick()).await;
    let id = workshop.clone(Mode::Copy).await;

    let job = workshop.until_state(id, State::Failed).await;
    let error = job.error.unwrap();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("items_failed", "1 of 20 objects failed."));
    let failures = workshop.db.failures(id, None, 10).await.unwrap();
    assert_eq!(failures.iter().map(|failure| failure.reason).collect::<Vec<_>>(), [Reason::Archived]);

    workshop.s3.put("source", "objects/00/00000007", b"restored").await.unwrap();
    let before = workshop.copies();
    workshop.db.act(id, Action::Retry(Retry::Failed), "test").await.unwrap();
    runner.nudge().nudge();
    let job = workshop.until_state(id, State::Succeeded).await;
    assert_eq!((job.progress.failed, job.progress.done, job.attempt), (0, 20, 2));
    assert!(workshop.db.failures(id, None, 10).await.unwrap().is_empty());
    assert_eq!(workshop.copies() - before, 1, "only what failed is copied again");
    runner.stop().await;
}

async fn a_paused_job_goes_on_where_it_was(scratch: Scratch) {
    const OBJECTS: u64 = 2_000;
    let workshop = Workshop::with_objects(scratch, OBJECTS).await;
    let first = workshop.runner("first", slow()).await;
    let id = workshop.clone(Mode::Copy).await;
    workshop.until(id, "underway", |job| job.progress.done > 0).await;

    workshop.db.act(id, Action::Pause, "test").await.unwrap();
    let paused = workshop.until_state(id, State::Paused).await;
    assert!(paused.progress.done < OBJECTS, "paused before the end: {:?}", paused.progress);
    assert_eq!(paused.progress.in_flight, 0);
    first.stop().await;
    assert_eq!(workshop.db.job(id).await.unwrap().revision, paused.revision, "a paused job is nobody's");

    let second = workshop.runner("second", quick()).await;
    workshop.db.act(id, Action::Resume, "test").await.unwrap();
    second.nudge().nudge();
    let job = workshop.until_state(id, State::Succeeded).await;
    assert_eq!(job.progress.done + job.progress.skipped, OBJECTS);
    assert!(workshop.copies() <= OBJECTS + 1, "one copy was in flight, {} were made", workshop.copies());
    second.stop().await;
}

async fn a_cancelled_job_stops_and_stays_cancelled(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 3_000).await;
    let runner = workshop.runner("one", slow()).await;
    let id = workshop.clone(Mode::Copy).await;
    workshop.until(id, "underway", |job| job.progress.done > 0).await;

    let asked = workshop.db.act(id, Action::Cancel, "test").await.unwrap();
    assert_eq!(asked.stopping, Some(Stop::Cancel));
    workshop.until_state(id, State::Cancelled).await;
    let copies = workshop.copies();
    assert!(copies < 3_000);
    // The runner takes the next job, and the cancelled one is not touched again.
    let next = workshop.clone(Mode::Verify).await;
    runner.nudge().nudge();
    workshop.until_state(next, State::Failed).await;
    assert_eq!(workshop.copies(), copies);
    assert_eq!(workshop.db.job(id).await.unwrap().state, State::Cancelled);
    runner.stop().await;
}

/// Another ends the attempt behind the runner's back, as one would that had taken the job over.
async fn a_job_that_is_somebody_elses_is_left_alone(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 3_000).await;
    let runner = workshop.runner("one", slow()).await;
    let id = workshop.clone(Mode::Copy).await;
    let job = workshop.until(id, "underway", |job| job.progress.done > 0).await;

    let beat = Beat {
        id,
        attempt: job.attempt,
        lease_ms: 15_000,
        progress: &job.progress,
        checkpoint: r#"{"ranges":[],"copied":false}"#,
        history: &[],
    };
    let error = JobError { code: "test".to_owned(), message: String::new(), advice: String::new() };
    assert!(workshop.db.end(&beat, End::Failed { error, proof: None }, "another").await.unwrap());
    let taken = workshop.db.job(id).await.unwrap();

    let next = workshop.clone(Mode::Verify).await;
    workshop.until_state(next, State::Failed).await;
    runner.stop().await;
    let now = workshop.db.job(id).await.unwrap();
    assert_eq!((now.revision, now.state), (taken.revision, State::Failed), "nothing was written after the loss");
    assert!(workshop.copies() < 3_000);
}

/// The lease is shorter than the time between two beats: each attempt has to be given up, and the next goes on.
async fn a_runner_that_cannot_beat_in_time_stops_and_nothing_is_copied_twice(scratch: Scratch) {
    const OBJECTS: u64 = 2_000;
    let workshop = Workshop::with_objects(scratch, OBJECTS).await;
    let mut hasty = slow();
    hasty.lease_ms = 500;
    let late = workshop.runner("late", hasty).await;
    let id = workshop.clone(Mode::Copy).await;
    workshop.until(id, "taken over", |job| job.attempt >= 2).await;
    late.stop().await;

    let steady = workshop.runner("steady", quick()).await;
    let job = workshop.until_state(id, State::Succeeded).await;
    assert_eq!(job.progress.settled(), OBJECTS);
    let in_flight = job.attempt.unsigned_abs();
    assert!(workshop.copies() <= OBJECTS + in_flight, "{} copies, {in_flight} attempts", workshop.copies());
    steady.stop().await;
}

async fn a_stopped_runner_gives_its_jobs_back(scratch: Scratch) {
    const OBJECTS: u64 = 2_000;
    let workshop = Workshop::with_objects(scratch, OBJECTS).await;
    let first = workshop.runner("first", slow()).await;
    let id = workshop.clone(Mode::Copy).await;
    workshop.until(id, "underway", |job| job.progress.done > 0).await;
    first.stop().await;

    let job = workshop.db.job(id).await.unwrap();
    assert_eq!((job.state, job.holder.as_deref()), (State::Queued, None));
    assert!(job.progress.done > 0 && job.progress.done < OBJECTS, "{:?}", job.progress);

    let second = workshop.runner("second", quick()).await;
    let job = workshop.until_state(id, State::Succeeded).await;
    assert_eq!(job.progress.done + job.progress.skipped, OBJECTS);
    assert_eq!(job.attempt, 2);
    let events = workshop.db.events(id, 50).await.unwrap();
    assert!(events.iter().any(|event| event.kind == EventKind::Released && event.actor == "first"), "{events:?}");
    second.stop().await;
}

async fn a_missing_bucket_fails_the_job_with_advice(scratch: Scratch) {
    let workshop = Workshop::open(scratch).await;
    let id = workshop.clone_between("source", "nowhere", Mode::Copy).await;
    workshop.s3.put("source", "a", b"1").await.unwrap();
    let runner = workshop.runner("one", quick()).await;
    let job = workshop.until_state(id, State::Failed).await;
    let error = job.error.unwrap();
    assert_eq!(error.code, "no_bucket");
    assert!(error.message.contains("nowhere") && !error.advice.is_empty(), "{error:?}");
    runner.stop().await;
}

async fn a_comparison_that_differs_is_not_green(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 3).await;
    workshop.s3.put("destination", "more", b"1").await.unwrap();
    let runner = workshop.runner("one", quick()).await;
    let id = workshop.clone(Mode::Verify).await;
    let job = workshop.until_state(id, State::Failed).await;
    let error = job.error.unwrap();
    assert_eq!(error.code, "not_equal");
    assert_eq!(error.message, "Of 3 objects: 3 missing at the destination, 1 only at the destination.");
    assert!(matches!(job.proof, Some(Proof::Compared(comparison)) if !comparison.equal));
    assert_eq!(workshop.copies(), 0);
    runner.stop().await;
}

async fn a_store_runs_no_more_jobs_than_it_may(scratch: Scratch) {
    let workshop = Workshop::with_objects(scratch, 3_000).await;
    let mut many = slow();
    many.jobs = 10;
    let runner = workshop.runner("one", many).await;
    let mut ids = Vec::new();
    for prefix in ["a/", "b/", "c/"] {
        ids.push(workshop.clone_to(prefix).await);
    }
    runner.nudge().nudge();
    workshop.until(ids[0], "running", |job| job.state == State::Running).await;
    workshop.until(ids[1], "running", |job| job.state == State::Running).await;
    assert_eq!(workshop.db.job(ids[2]).await.unwrap().state, State::Queued);
    workshop.db.act(ids[0], Action::Cancel, "test").await.unwrap();
    workshop.until(ids[2], "running", |job| job.state == State::Running).await;
    runner.stop().await;
}

/// The lists that a runner feeds to the engine are whole, however long: more failures than a page of them.
#[tokio::test(flavor = "multi_thread")]
async fn more_failures_than_a_page_are_all_retried() {
    let workshop = Workshop::open(Scratch::sqlite()).await;
    for number in 0..520 {
        workshop.archive("source", &format!("{number:04}")).await;
    }
    let runner = workshop.runner("one", quick()).await;
    let id = workshop.clone(Mode::Copy).await;
    let job = workshop.until_state(id, State::Failed).await;
    assert_eq!(job.progress.failed, 520);
    for number in 0..520 {
        workshop.s3.put("source", &format!("{number:04}"), b"restored").await.unwrap();
    }
    workshop.db.act(id, Action::Retry(Retry::Failed), "test").await.unwrap();
    let job = workshop.until_state(id, State::Succeeded).await;
    assert_eq!((job.progress.done, job.progress.failed), (520, 0));
    assert_eq!(workshop.db.to_retry(id, None::<&Key>, 1).await.unwrap(), []);
    runner.stop().await;
}
