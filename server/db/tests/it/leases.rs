//! Claims, heartbeats and ends of jobs.

use std::collections::HashSet;

use db::{DbError, End, Terms, testing::Scratch};
use model::{Action, JobId, State, Stop};

use crate::support::*;

async fn a_beat_renews_the_lease_and_keeps_progress_in_one_statement(scratch: Scratch) {
    let db = scratch.open().await;
    insert(&db).await;
    let claimed = claim_for(&db, "one", 0).await.unwrap();
    let progress = progress(7, 2);
    let before = db.statements();
    let answer = db.heartbeat(&beat(claimed.job.id, 1, &progress)).await.unwrap();
    assert_eq!(db.statements() - before, 1);
    assert_eq!(answer, Some(None));
    assert!(claim(&db, "two").await.is_none(), "the lease was renewed");
    let job = db.job(claimed.job.id).await.unwrap();
    assert_eq!((job.progress, job.revision > claimed.job.revision), (progress, true));
}

async fn an_expired_lease_is_taken_over_and_the_old_holder_finds_nothing_to_write(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    let first = claim_for(&db, "one", 0).await.unwrap();
    let second = claim(&db, "two").await.unwrap();
    assert!(!first.taken_over && second.taken_over);
    assert_eq!((second.job.attempt, second.job.holder.as_deref()), (2, Some("two")));
    let before = db.job(job.id).await.unwrap();
    assert_eq!(db.heartbeat(&beat(job.id, 1, &progress(9, 9))).await.unwrap(), None);
    assert!(!end(&db, &first.job, End::Succeeded { proof: proof(0) }).await);
    assert!(!db.record(job.id, 1, &[], &["a".parse().unwrap()]).await.unwrap());
    assert_eq!(db.job(job.id).await.unwrap(), before);
    assert_eq!(db.heartbeat(&beat(job.id, 2, &progress(1, 0))).await.unwrap(), Some(None));
}

async fn eight_claimers_never_get_the_same_job(scratch: Scratch) {
    let db = scratch.open().await;
    for _ in 0..200 {
        insert(&db).await;
    }
    let mut workers = Vec::new();
    for worker in 0..8 {
        let db = scratch.open().await;
        workers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Some(claimed) = claim(&db, &format!("worker {worker}")).await {
                taken.push(claimed.job.id);
            }
            taken
        }));
    }
    let mut taken: Vec<JobId> = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    assert_eq!(taken.len(), 200);
    assert_eq!(taken.into_iter().collect::<HashSet<_>>().len(), 200);
}

async fn a_claim_takes_the_oldest_first(scratch: Scratch) {
    let db = scratch.open().await;
    let jobs = [insert(&db).await, insert(&db).await, insert(&db).await];
    for job in jobs {
        assert_eq!(claim(&db, "one").await.unwrap().job.id, job.id);
    }
}

async fn no_store_runs_more_jobs_than_its_limit_whoever_claims(scratch: Scratch) {
    let db = scratch.open().await;
    for (source, destination) in [("a/one", "a/two"), ("a/one", "b/two"), ("b/one", "c/two"), ("c/one", "a/two")] {
        for _ in 0..10 {
            insert_between(&db, source, destination).await;
        }
    }
    let limits = limits(&[("a", 3), ("b", 2)]);
    let mut workers = Vec::new();
    for _ in 0..8 {
        let (db, limits) = (scratch.open().await, limits.clone());
        workers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Some(claimed) =
                db.claim(&Terms { holder: "w", lease_ms: LEASE_MS, limits: &limits }).await.unwrap()
            {
                taken.push(claimed.job.title());
            }
            taken
        }));
    }
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    // The three oldest are within store a; with them it is full, and what is left needs it or the unlisted c.
    assert_eq!(taken, ["one → two"; 3]);
}

async fn a_stop_asked_is_told_at_the_next_beat(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    claim(&db, "one").await.unwrap();
    db.act(job.id, Action::Pause, "operator").await.unwrap();
    assert_eq!(db.heartbeat(&beat(job.id, 1, &progress(1, 0))).await.unwrap(), Some(Some(Stop::Pause)));
    db.act(job.id, Action::Cancel, "operator").await.unwrap();
    db.act(job.id, Action::Pause, "operator").await.unwrap();
    assert_eq!(db.heartbeat(&beat(job.id, 1, &progress(1, 0))).await.unwrap(), Some(Some(Stop::Cancel)));
}

async fn a_job_whose_holder_died_while_a_stop_was_asked_is_not_run_again(scratch: Scratch) {
    let db = scratch.open().await;
    let (paused, cancelled, other) = (insert(&db).await, insert(&db).await, insert(&db).await);
    claim_for(&db, "one", 0).await.unwrap();
    db.act(paused.id, Action::Pause, "operator").await.unwrap();
    claim_for(&db, "two", 0).await.unwrap();
    claim_for(&db, "two", 0).await.unwrap();
    let states = [db.job(paused.id).await.unwrap().state, db.job(cancelled.id).await.unwrap().state];
    assert_eq!(states, [State::Paused, State::Running]);
    db.act(cancelled.id, Action::Cancel, "operator").await.unwrap();
    assert_eq!(claim(&db, "three").await.unwrap().job.id, other.id);
    let cancelled = db.job(cancelled.id).await.unwrap();
    assert_eq!((cancelled.state, cancelled.stopping, cancelled.holder), (State::Cancelled, None, None));
    assert!(cancelled.ended_at.is_some());
}

async fn a_released_job_goes_on_from_its_checkpoint(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    let claimed = claim(&db, "one").await.unwrap();
    assert_eq!(claimed.checkpoint, None);
    assert!(end(&db, &claimed.job, End::Released).await);
    assert_eq!(db.job(job.id).await.unwrap().state, State::Queued);
    let again = claim(&db, "two").await.unwrap();
    assert_eq!((again.job.attempt, again.taken_over), (2, false));
    assert_eq!(again.checkpoint.as_deref(), Some(r#"{"ranges":[]}"#));
    assert_eq!(again.job.started_at, claimed.job.started_at);
}

async fn a_stop_asked_while_a_worker_shuts_down_is_not_forgotten(scratch: Scratch) {
    let db = scratch.open().await;
    for (action, state) in [(Action::Pause, State::Paused), (Action::Cancel, State::Cancelled)] {
        let job = insert(&db).await;
        let claimed = claim(&db, "one").await.unwrap();
        db.act(job.id, action, "operator").await.unwrap();
        assert!(end(&db, &claimed.job, End::Released).await);
        assert_eq!(db.job(job.id).await.unwrap().state, state);
    }
}

async fn no_job_succeeds_without_a_proof_that_holds(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    claim(&db, "one").await.unwrap();
    let progress = progress(10, 0);
    let refused = db.end(&beat(job.id, 1, &progress), End::Succeeded { proof: proof(1) }, "one").await;
    assert!(matches!(refused, Err(DbError::Unproven(id)) if id == job.id));
    assert_eq!(db.job(job.id).await.unwrap().state, State::Running);
    assert!(db.end(&beat(job.id, 1, &progress), End::Succeeded { proof: proof(0) }, "one").await.unwrap());
    let job = db.job(job.id).await.unwrap();
    assert_eq!((job.state, job.proof), (State::Succeeded, Some(proof(0))));
    assert!(job.ended_at.is_some() && job.holder.is_none());
}

async fn progress_with_numbers_that_json_cannot_hold_is_kept_readable(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    claim(&db, "one").await.unwrap();
    let mut progress = progress(u64::MAX, 0);
    (progress.rate, progress.byte_rate) = (f64::INFINITY, f64::NAN);
    db.heartbeat(&beat(job.id, 1, &progress)).await.unwrap();
    let kept = db.job(job.id).await.unwrap().progress;
    assert!((kept.rate, kept.byte_rate, kept.found) == (0.0, 0.0, u64::MAX));
}

on_both_databases! {
    a_beat_renews_the_lease_and_keeps_progress_in_one_statement,
    an_expired_lease_is_taken_over_and_the_old_holder_finds_nothing_to_write,
    eight_claimers_never_get_the_same_job,
    a_claim_takes_the_oldest_first,
    no_store_runs_more_jobs_than_its_limit_whoever_claims,
    a_stop_asked_is_told_at_the_next_beat,
    a_job_whose_holder_died_while_a_stop_was_asked_is_not_run_again,
    a_released_job_goes_on_from_its_checkpoint,
    a_stop_asked_while_a_worker_shuts_down_is_not_forgotten,
    no_job_succeeds_without_a_proof_that_holds,
    progress_with_numbers_that_json_cannot_hold_is_kept_readable,
}
