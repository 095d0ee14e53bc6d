//! The runner on both databases, with the real engine and a real store.

use std::num::NonZeroU32;

use db::{End, JobHeartbeat, testing::Scratch};
use logyard::config;
use model::{Action, EventKind, JobError, Key, Limits, Mode, Proof, Reason, Retry, State, Stop};

use crate::support::runners::{DISTANT_OBJECTS as OBJECTS, TestRunners, quick, slow};

on_both_databases!(
    clone_succeeds_with_proof,
    configured_threshold_selects_multipart_copies,
    unverified_copies_are_not_copied_again,
    failures_are_counted_and_retry_repairs_them,
    too_many_failures_end_job_and_retry_resumes_it,
    paused_job_resumes_where_it_stopped,
    cancelled_job_stays_cancelled,
    job_held_by_another_runner_is_untouched,
    runner_without_heartbeat_stops_without_duplicate_copies,
    stopped_runner_releases_its_jobs,
    missing_bucket_fails_job_with_advice,
    differing_comparison_fails_the_job,
    store_job_limit_is_respected,
);

async fn clone_succeeds_with_proof(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 50).await;
    let runner = setup.runner("one", quick()).await;
    let id = setup.clone(Mode::Copy).await;
    runner.nudge().nudge();

    let job = setup.until_state(id, State::Succeeded).await;
    let Some(Proof::Compared(comparison)) = &job.proof else { panic!("{job:?}") };
    assert!(comparison.equal);
    assert_eq!((comparison.source_objects, comparison.equal_by_etag), (50, 50));
    assert_eq!((job.progress.done, job.progress.failed, job.attempt), (50, 0, 1));
    assert_eq!(setup.s3.count("destination").unwrap(), 50);
    assert!(!setup.db.history(id).await.unwrap().is_empty());
    assert!(job.holder.is_none());
    runner.stop().await;
}

async fn configured_threshold_selects_multipart_copies(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 1).await;
    setup.s3.put("source", "large", vec![b'x'; 6 << 20]).await.unwrap();
    let config = config::Runner { multipart_threshold: "5MiB".parse().unwrap(), ..quick() };
    let runner = setup.runner("one", config).await;
    let id = setup.clone(Mode::Copy).await;
    runner.nudge().nudge();
    setup.until_state(id, State::Succeeded).await;
    assert_eq!((setup.copies(), setup.s3.requests().get("UploadPartCopy")), (1, Some(&2)));
    runner.stop().await;
}

/// Copied in parts, an object written as a whole gets an ETag of its own: only the record in the database tells later jobs
/// that it is a copy, and it tells no more.
async fn unverified_copies_are_not_copied_again(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 1).await;
    setup.s3.put("source", "large", vec![b'x'; 6 << 20]).await.unwrap();
    let config = config::Runner { multipart_threshold: "5MiB".parse().unwrap(), ..quick() };
    let runner = setup.runner("one", config).await;
    for mode in [Mode::Copy, Mode::Copy, Mode::Verify] {
        let id = setup.clone(mode).await;
        runner.nudge().nudge();
        let job = setup.until_state(id, State::Succeeded).await;
        let Some(Proof::Compared(comparison)) = &job.proof else { panic!("{job:?}") };
        assert_eq!((comparison.equal_by_etag, comparison.unverified, comparison.equal), (1, 1, false), "{mode:?}");
    }
    assert_eq!(setup.s3.requests().get("UploadPartCopy"), Some(&2), "in the first job only");
    runner.stop().await;
}

async fn failures_are_counted_and_retry_repairs_them(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 20).await;
    setup.archive("source", "objects/00/00000007").await;
    let runner = setup.runner("one", quick()).await;
    let id = setup.clone(Mode::Copy).await;

    let job = setup.until_state(id, State::Failed).await;
    let error = job.error.unwrap();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("items_failed", "1 of 20 objects failed."));
    let failures = setup.db.failures(id, None, 10).await.unwrap();
    assert_eq!(failures.iter().map(|failure| failure.reason).collect::<Vec<_>>(), [Reason::Archived]);

    setup.s3.put("source", "objects/00/00000007", b"restored").await.unwrap();
    let before = setup.copies();
    setup.db.act(id, Action::Retry(Retry::Failed), "test").await.unwrap();
    runner.nudge().nudge();
    let job = setup.until_state(id, State::Succeeded).await;
    assert_eq!((job.progress.failed, job.progress.done, job.attempt), (0, 20, 2));
    assert!(setup.db.failures(id, None, 10).await.unwrap().is_empty());
    assert_eq!(setup.copies() - before, 1, "only what failed is copied again");
    runner.stop().await;
}

async fn too_many_failures_end_job_and_retry_resumes_it(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 20).await;
    for number in 0..20 {
        setup.archive("source", &format!("archived/{number:02}")).await;
    }
    let runner = setup.runner("one", quick()).await;
    let limits = Limits { max_failures: Some(3), concurrency: NonZeroU32::new(1), ..Limits::default() };
    let id = setup.clone_under(limits).await;
    runner.nudge().nudge();

    let job = setup.until_state(id, State::Failed).await;
    assert_eq!((job.error.unwrap().code.as_str(), job.progress.failed, &job.proof), ("too_many_failures", 4, &None));
    assert_eq!(setup.s3.count("destination").unwrap(), 0, "the archived ones come first");

    for number in 0..20 {
        setup.s3.put("source", &format!("archived/{number:02}"), b"restored").await.unwrap();
    }
    setup.db.act(id, Action::Retry(Retry::Failed), "test").await.unwrap();
    runner.nudge().nudge();
    let job = setup.until_state(id, State::Succeeded).await;
    assert_eq!((job.progress.failed, job.progress.done, setup.copies()), (0, 40, 40 + 4));
    runner.stop().await;
}

async fn paused_job_resumes_where_it_stopped(scratch: Scratch) {
    let setup = TestRunners::with_distant_store(scratch).await;
    let first = setup.runner("first", slow()).await;
    let id = setup.clone(Mode::Copy).await;
    setup.until(id, "underway", |job| job.progress.done > 0).await;

    setup.db.act(id, Action::Pause, "test").await.unwrap();
    let paused = setup.until_state(id, State::Paused).await;
    assert!(paused.progress.done < OBJECTS, "paused before the end: {:?}", paused.progress);
    assert_eq!(paused.progress.in_flight, 0);
    first.stop().await;
    assert_eq!(setup.db.job(id).await.unwrap().revision, paused.revision, "a paused job is nobody's");

    let second = setup.runner("second", quick()).await;
    setup.db.act(id, Action::Resume, "test").await.unwrap();
    second.nudge().nudge();
    let job = setup.until_state(id, State::Succeeded).await;
    assert_eq!(job.progress.done + job.progress.skipped, OBJECTS);
    assert!(setup.copies() <= OBJECTS + 1, "one copy was in flight, {} were made", setup.copies());
    second.stop().await;
}

async fn cancelled_job_stays_cancelled(scratch: Scratch) {
    let setup = TestRunners::with_distant_store(scratch).await;
    let runner = setup.runner("one", slow()).await;
    let id = setup.clone(Mode::Copy).await;
    setup.until(id, "underway", |job| job.progress.done > 0).await;

    let asked = setup.db.act(id, Action::Cancel, "test").await.unwrap();
    assert_eq!(asked.stopping, Some(Stop::Cancel));
    setup.until_state(id, State::Cancelled).await;
    let copies = setup.copies();
    assert!(copies < OBJECTS);
    // The runner takes the next job, and the cancelled one is not touched again.
    let next = setup.clone(Mode::Verify).await;
    runner.nudge().nudge();
    setup.until_state(next, State::Failed).await;
    assert_eq!(setup.copies(), copies);
    assert_eq!(setup.db.job(id).await.unwrap().state, State::Cancelled);
    runner.stop().await;
}

/// Another process ends the attempt, as after a takeover.
async fn job_held_by_another_runner_is_untouched(scratch: Scratch) {
    let setup = TestRunners::with_distant_store(scratch).await;
    let runner = setup.runner("one", slow()).await;
    let id = setup.clone(Mode::Copy).await;
    let job = setup.until(id, "underway", |job| job.progress.done > 0).await;

    let beat = JobHeartbeat {
        id,
        attempt: job.attempt,
        lease_ms: 15_000,
        progress: &job.progress,
        checkpoint: r#"{"ranges":[],"copied":false}"#,
        history: &[],
    };
    let error = JobError { code: "test".to_owned(), message: String::new(), advice: String::new() };
    assert!(setup.db.end(&beat, End::Failed { error, proof: None }, "another").await.unwrap());
    let taken = setup.db.job(id).await.unwrap();

    let next = setup.clone(Mode::Verify).await;
    setup.until_state(next, State::Failed).await;
    runner.stop().await;
    let now = setup.db.job(id).await.unwrap();
    assert_eq!((now.revision, now.state), (taken.revision, State::Failed), "nothing was written after the loss");
    assert!(setup.copies() < OBJECTS);
}

/// The lease is shorter than the time between two heartbeats: each attempt is given up, and the next resumes.
async fn runner_without_heartbeat_stops_without_duplicate_copies(scratch: Scratch) {
    let setup = TestRunners::with_distant_store(scratch).await;
    let mut hasty = slow();
    hasty.lease_ms = 500;
    let late = setup.runner("late", hasty).await;
    let id = setup.clone(Mode::Copy).await;
    setup.until(id, "taken over", |job| job.attempt >= 2).await;
    late.stop().await;

    let steady = setup.runner("steady", quick()).await;
    let job = setup.until_state(id, State::Succeeded).await;
    assert_eq!(job.progress.settled(), OBJECTS);
    let in_flight = job.attempt.unsigned_abs();
    assert!(setup.copies() <= OBJECTS + in_flight, "{} copies, {in_flight} attempts", setup.copies());
    steady.stop().await;
}

async fn stopped_runner_releases_its_jobs(scratch: Scratch) {
    let setup = TestRunners::with_distant_store(scratch).await;
    let first = setup.runner("first", slow()).await;
    let id = setup.clone(Mode::Copy).await;
    setup.until(id, "underway", |job| job.progress.done > 0).await;
    first.stop().await;

    let job = setup.db.job(id).await.unwrap();
    assert_eq!((job.state, job.holder.as_deref()), (State::Queued, None));
    assert!(job.progress.done > 0 && job.progress.done < OBJECTS, "{:?}", job.progress);

    let second = setup.runner("second", quick()).await;
    let job = setup.until_state(id, State::Succeeded).await;
    assert_eq!(job.progress.done + job.progress.skipped, OBJECTS);
    assert_eq!(job.attempt, 2);
    let events = setup.db.events(id, 50).await.unwrap();
    assert!(events.iter().any(|event| event.kind == EventKind::Released && event.actor == "first"), "{events:?}");
    second.stop().await;
}

async fn missing_bucket_fails_job_with_advice(scratch: Scratch) {
    let setup = TestRunners::open(scratch).await;
    let id = setup.clone_between("source", "nowhere", Mode::Copy).await;
    setup.s3.put("source", "a", b"1").await.unwrap();
    let runner = setup.runner("one", quick()).await;
    let job = setup.until_state(id, State::Failed).await;
    let error = job.error.unwrap();
    assert_eq!(error.code, "no_bucket");
    assert!(error.message.contains("nowhere") && !error.advice.is_empty(), "{error:?}");
    runner.stop().await;
}

async fn differing_comparison_fails_the_job(scratch: Scratch) {
    let setup = TestRunners::with_objects(scratch, 3).await;
    setup.s3.put("destination", "more", b"1").await.unwrap();
    let runner = setup.runner("one", quick()).await;
    let id = setup.clone(Mode::Verify).await;
    let job = setup.until_state(id, State::Failed).await;
    let error = job.error.unwrap();
    assert_eq!(error.code, "not_equal");
    assert_eq!(error.message, "Of 3 objects: 3 missing at the destination, 1 only at the destination.");
    assert!(matches!(job.proof, Some(Proof::Compared(comparison)) if !comparison.equal));
    assert_eq!(setup.copies(), 0);
    runner.stop().await;
}

async fn store_job_limit_is_respected(scratch: Scratch) {
    let setup = TestRunners::with_distant_store(scratch).await;
    let mut many = slow();
    many.jobs = 10;
    let runner = setup.runner("one", many).await;
    let mut ids = Vec::new();
    for prefix in ["a/", "b/", "c/"] {
        ids.push(setup.clone_to(prefix).await);
    }
    runner.nudge().nudge();
    setup.until(ids[0], "running", |job| job.state == State::Running).await;
    setup.until(ids[1], "running", |job| job.state == State::Running).await;
    assert_eq!(setup.db.job(ids[2]).await.unwrap().state, State::Queued);
    setup.db.act(ids[0], Action::Cancel, "test").await.unwrap();
    setup.until(ids[2], "running", |job| job.state == State::Running).await;
    runner.stop().await;
}

/// The runner passes complete lists to the engine: more failures than one page.
#[tokio::test(flavor = "multi_thread")]
async fn failures_beyond_one_page_are_all_retried() {
    let setup = TestRunners::open(Scratch::sqlite()).await;
    for number in 0..520 {
        setup.archive("source", &format!("{number:04}")).await;
    }
    let runner = setup.runner("one", quick()).await;
    let id = setup.clone(Mode::Copy).await;
    let job = setup.until_state(id, State::Failed).await;
    assert_eq!(job.progress.failed, 520);
    for number in 0..520 {
        setup.s3.put("source", &format!("{number:04}"), b"restored").await.unwrap();
    }
    setup.db.act(id, Action::Retry(Retry::Failed), "test").await.unwrap();
    let job = setup.until_state(id, State::Succeeded).await;
    assert_eq!((job.progress.done, job.progress.failed), (520, 0));
    assert_eq!(setup.db.to_retry(id, None::<&Key>, 1).await.unwrap(), []);
    runner.stop().await;
}
