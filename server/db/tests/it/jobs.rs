//! Jobs: created, acted on, retried.

use std::collections::HashSet;

use db::{Db, DbError, End, JobHeartbeat, NewJob, testing::Scratch};
use model::{Action, EventKind, Failure, Filter, Job, Point, Progress, Reason, Retry, State, Stop, Time};

use crate::support::*;

async fn a_job_is_read_back_as_it_was_inserted(scratch: Scratch) {
    let db = scratch.open().await;
    let (job, new) = db
        .insert(NewJob {
            spec: clone("demo/assets/é\u{0}%/", "demo/copy"), author: "Mira 🐙".to_owned(), ..new_job()
        })
        .await
        .unwrap();
    assert!(new);
    assert_eq!((job.state, job.attempt, job.revision), (State::Queued, 0, 1));
    assert_eq!(scratch.open().await.job(job.id).await.unwrap(), job);
    let unknown = "0198c0de-0000-7000-8000-000000000000".parse().unwrap();
    assert!(matches!(db.job(unknown).await, Err(DbError::NoJob(id)) if id == unknown));
}

fn with_key(author: &str, hash: &str) -> NewJob {
    NewJob { author: author.to_owned(), idempotency: Some(("key".to_owned(), hash.to_owned())), ..new_job() }
}

async fn a_repeated_request_answers_the_first_job_and_another_request_is_refused(scratch: Scratch) {
    let db = scratch.open().await;
    let (first, _) = db.insert(with_key("operator", "request")).await.unwrap();
    let (again, new) = db.insert(with_key("operator", "request")).await.unwrap();
    assert!(again == first && !new);
    let reused = db.insert(with_key("operator", "other request")).await;
    assert!(matches!(reused, Err(DbError::KeyReused(id)) if id == first.id));
    let (other, new) = db.insert(with_key("night shift", "request")).await.unwrap();
    assert!(other.id != first.id && new, "keys are each author's own");
    assert_eq!(db.jobs(&Filter::default(), None, 10).await.unwrap().items.len(), 2);
    assert_eq!(db.events(first.id, 10).await.unwrap().len(), 1);
}

async fn one_key_sent_many_times_at_once_makes_one_job(scratch: Scratch) {
    let mut requests = Vec::new();
    for _ in 0..8 {
        let db = scratch.open().await;
        requests.push(tokio::spawn(async move { db.insert(with_key("operator", "request")).await.unwrap() }));
    }
    let (mut ids, mut made) = (HashSet::new(), 0);
    for request in requests {
        let (job, new) = request.await.unwrap();
        ids.insert(job.id);
        made += usize::from(new);
    }
    assert_eq!((ids.len(), made), (1, 1));
}

async fn queued_and_paused_jobs_change_at_once(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    assert_eq!(db.act(job.id, Action::Pause, "operator").await.unwrap().state, State::Paused);
    assert!(claim(&db, "one").await.is_none());
    assert_eq!(db.act(job.id, Action::Resume, "operator").await.unwrap().state, State::Queued);
    let cancelled = db.act(job.id, Action::Cancel, "operator").await.unwrap();
    assert_eq!((cancelled.state, cancelled.ended_at.is_some(), cancelled.revision), (State::Cancelled, true, 4));
    assert!(claim(&db, "one").await.is_none());
    let refused = db.act(job.id, Action::Cancel, "operator").await;
    assert!(matches!(refused, Err(DbError::NotAllowed(refused)) if refused.state == State::Cancelled));
}

async fn a_running_job_ends_as_it_was_asked(scratch: Scratch) {
    let db = scratch.open().await;
    for (action, stop, end_as, state) in [
        (Action::Pause, Stop::Pause, End::Paused, State::Paused),
        (Action::Cancel, Stop::Cancel, End::Cancelled, State::Cancelled),
    ] {
        let job = insert(&db).await;
        let claimed = claim(&db, "one").await.unwrap();
        let asked = db.act(job.id, action, "operator").await.unwrap();
        assert_eq!((asked.state, asked.stopping), (State::Running, Some(stop)));
        assert_eq!(db.act(job.id, action, "operator").await.unwrap().revision, asked.revision, "it is so already");
        assert!(end(&db, &claimed.job, end_as).await);
        let ended = db.job(job.id).await.unwrap();
        assert_eq!((ended.state, ended.stopping, ended.holder), (state, None, None));
    }
}

async fn a_cancel_asked_after_the_worker_read_pause_still_cancels(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    let claimed = claim(&db, "one").await.unwrap();
    db.act(job.id, Action::Pause, "operator").await.unwrap();
    db.act(job.id, Action::Cancel, "operator").await.unwrap();
    assert!(end(&db, &claimed.job, End::Paused).await);
    assert_eq!(db.job(job.id).await.unwrap().state, State::Cancelled);
}

async fn a_resumed_job_goes_on_from_its_checkpoint(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    let claimed = claim(&db, "one").await.unwrap();
    db.act(job.id, Action::Pause, "operator").await.unwrap();
    assert!(end(&db, &claimed.job, End::Paused).await);
    db.act(job.id, Action::Resume, "operator").await.unwrap();
    let again = claim(&db, "two").await.unwrap();
    assert_eq!(again.checkpoint.as_deref(), Some(r#"{"ranges":[]}"#));
    assert_eq!((again.job.progress, again.job.attempt), (progress(10, 0), 2));
}

/// A job that failed with `b` and `c` not copied, and a history of one point.
async fn failed_job(db: &Db) -> Job {
    let job = insert(db).await;
    claim(db, "one").await.unwrap();
    let failure = |key: &str| Failure {
        key: key.parse().unwrap(),
        reason: Reason::Denied,
        message: "AccessDenied".to_owned(),
        attempts: 5,
        at: Time(1),
    };
    assert!(db.record(job.id, 1, &[failure("b"), failure("c")], &[]).await.unwrap());
    let (progress, point) = (progress(10, 2), Point { active_ms: 1, settled: 2, bytes: 3, concurrency: 4, refused: 5 });
    let beat = JobHeartbeat { history: &[point], ..beat(job.id, 1, &progress) };
    let end = End::Failed { error: error("2 objects could not be copied"), proof: Some(proof(2)) };
    assert!(db.end(&beat, end, "one").await.unwrap());
    db.job(job.id).await.unwrap()
}

async fn a_retry_of_all_starts_over_as_if_never_run(scratch: Scratch) {
    let db = scratch.open().await;
    let failed = failed_job(&db).await;
    assert!(failed.error.is_some() && failed.proof.is_some());
    let retried = db.act(failed.id, Action::Retry(Retry::All), "operator").await.unwrap();
    assert_eq!((retried.state, &retried.progress), (State::Queued, &Progress::default()));
    assert!(retried.proof.is_none() && retried.error.is_none());
    assert!(retried.started_at.is_none() && retried.ended_at.is_none());
    assert!(db.failures(failed.id, None, 10).await.unwrap().is_empty());
    assert!(db.history(failed.id).await.unwrap().is_empty());
    let claimed = claim(&db, "two").await.unwrap();
    assert_eq!((claimed.checkpoint, claimed.job.attempt), (None, 2));
}

async fn a_retry_of_what_failed_keeps_what_was_done_and_marks_the_failures(scratch: Scratch) {
    let db = scratch.open().await;
    let failed = failed_job(&db).await;
    let retried = db.act(failed.id, Action::Retry(Retry::Failed), "operator").await.unwrap();
    assert_eq!((retried.state, &retried.progress), (State::Queued, &failed.progress));
    assert!(retried.proof.is_none() && retried.error.is_none() && retried.ended_at.is_none());
    assert_eq!(db.history(failed.id).await.unwrap().len(), 1);
    let claimed = claim(&db, "two").await.unwrap();
    assert!(claimed.checkpoint.is_some());
    let keys = db.to_retry(failed.id, None, 10).await.unwrap();
    assert_eq!(keys, ["b".parse().unwrap(), "c".parse().unwrap()]);
    // One fails again, the other is right now.
    let again = db.failures(failed.id, None, 1).await.unwrap().remove(0);
    assert!(db.record(failed.id, 2, &[Failure { attempts: 2, ..again }], &keys[1..]).await.unwrap());
    assert!(db.to_retry(failed.id, None, 10).await.unwrap().is_empty());
    let left = db.failures(failed.id, None, 10).await.unwrap();
    assert_eq!(left.iter().map(|failure| failure.attempts).collect::<Vec<_>>(), [7]);
}

async fn what_failed_can_be_retried_only_where_objects_failed(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    let claimed = claim(&db, "one").await.unwrap();
    assert!(end(&db, &claimed.job, End::Failed { error: error("no such bucket"), proof: None }).await);
    let refused = db.act(job.id, Action::Retry(Retry::Failed), "operator").await;
    assert!(matches!(refused, Err(DbError::NotAllowed(_))));
    assert_eq!(db.act(job.id, Action::Retry(Retry::All), "operator").await.unwrap().state, State::Queued);
}

async fn a_bulk_action_changes_those_of_the_filter_that_allow_it(scratch: Scratch) {
    let db = scratch.open().await;
    let running = insert(&db).await;
    claim(&db, "one").await.unwrap();
    for _ in 0..450 {
        insert(&db).await;
    }
    let other = db.insert(NewJob { author: "night shift".to_owned(), ..new_job() }).await.unwrap().0;
    let ended = insert(&db).await;
    db.act(ended.id, Action::Cancel, "night shift").await.unwrap();
    let filter = Filter { author: Some("operator".to_owned()), ..Filter::default() };
    assert_eq!(db.count_allowing(&filter, Action::Cancel).await.unwrap().at_least, 451);
    assert_eq!(db.act_on_all(&filter, Action::Cancel, "operator").await.unwrap(), 451);
    assert_eq!(db.act_on_all(&filter, Action::Cancel, "operator").await.unwrap(), 0, "they are so already");
    assert_eq!(db.job(running.id).await.unwrap().stopping, Some(Stop::Cancel));
    assert_eq!(db.job(other.id).await.unwrap().state, State::Queued);
    let cancelled = Filter { states: vec![State::Cancelled], ..Filter::default() };
    assert_eq!(db.count(&cancelled).await.unwrap().at_least, 451);
    let kinds: Vec<EventKind> = db.events(ended.id, 10).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Created, EventKind::Cancelled], "an ended job is left alone");
}

async fn a_job_cancelled_while_it_is_claimed_is_one_or_the_other(scratch: Scratch) {
    let db = scratch.open().await;
    for _ in 0..60 {
        insert(&db).await;
    }
    let mut workers = Vec::new();
    for _ in 0..4 {
        let db = scratch.open().await;
        workers.push(tokio::spawn(async move {
            let mut taken = HashSet::new();
            while let Some(claimed) = claim(&db, "one").await {
                taken.insert(claimed.job.id);
            }
            taken
        }));
    }
    db.act_on_all(&Filter::default(), Action::Cancel, "operator").await.unwrap();
    let mut taken = HashSet::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    for job in db.jobs(&Filter::default(), None, 200).await.unwrap().items {
        let expected = if taken.contains(&job.id) { State::Running } else { State::Cancelled };
        assert_eq!(job.state, expected);
    }
}

async fn every_change_leaves_an_event(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    db.act(job.id, Action::Pause, "night shift").await.unwrap();
    db.act(job.id, Action::Resume, "night shift").await.unwrap();
    claim_for(&db, "one", 0).await.unwrap();
    let second = claim(&db, "two").await.unwrap();
    assert!(end(&db, &second.job, End::Released).await);
    let third = claim(&db, "three").await.unwrap();
    db.act(job.id, Action::Pause, "night shift").await.unwrap();
    db.act(job.id, Action::Cancel, "operator").await.unwrap();
    assert!(end(&db, &third.job, End::Cancelled).await);
    db.act(job.id, Action::Retry(Retry::All), "operator").await.unwrap();
    let fourth = claim(&db, "one").await.unwrap();
    assert!(end(&db, &fourth.job, End::Failed { error: error("no such bucket"), proof: None }).await);
    let events = db.events(job.id, 200).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.kind, event.actor.as_str(), event.detail.as_str())).collect();
    assert_eq!(
        told,
        [
            (EventKind::Created, "operator", ""),
            (EventKind::Paused, "night shift", ""),
            (EventKind::Resumed, "night shift", ""),
            (EventKind::Started, "one", "attempt 1, by one"),
            (EventKind::TakenOver, "two", "attempt 2, from one, whose lease had expired"),
            (EventKind::Released, "worker", ""),
            (EventKind::Started, "three", "attempt 3, by three"),
            (EventKind::PauseAsked, "night shift", ""),
            (EventKind::CancelAsked, "operator", ""),
            (EventKind::Cancelled, "worker", ""),
            (EventKind::Retried, "operator", "all"),
            (EventKind::Started, "one", "attempt 4, by one"),
            (EventKind::Failed, "worker", "no such bucket"),
        ]
    );
    assert!(events.iter().map(|event| event.seq).eq(1..=13));
    assert!(events.is_sorted_by_key(|event| event.at));
    let last = db.events(job.id, 2).await.unwrap();
    assert_eq!(last, events[11..], "the last ones, oldest first");
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = db.list_events(job.id, after, 5).await.unwrap();
        paged.extend(page.items);
        let Some(next) = page.next else { break };
        after = Some(next.parse().unwrap());
    }
    assert_eq!(paged, events, "each event once, in order");
    assert_eq!(db.list_events(job.id, Some(8), 5).await.unwrap().next, None, "a full last page is the last");
}

on_both_databases! {
    a_job_is_read_back_as_it_was_inserted,
    a_repeated_request_answers_the_first_job_and_another_request_is_refused,
    one_key_sent_many_times_at_once_makes_one_job,
    queued_and_paused_jobs_change_at_once,
    a_running_job_ends_as_it_was_asked,
    a_cancel_asked_after_the_worker_read_pause_still_cancels,
    a_resumed_job_goes_on_from_its_checkpoint,
    a_retry_of_all_starts_over_as_if_never_run,
    a_retry_of_what_failed_keeps_what_was_done_and_marks_the_failures,
    what_failed_can_be_retried_only_where_objects_failed,
    a_bulk_action_changes_those_of_the_filter_that_allow_it,
    a_job_cancelled_while_it_is_claimed_is_one_or_the_other,
    every_change_leaves_an_event,
}
