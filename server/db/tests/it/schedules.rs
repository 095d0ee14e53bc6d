//! Schedules: each due time starts one job across servers, and none while the last job runs.

use std::{future::poll_fn, task::Poll};

use db::{Db, DbError, Due, End, NewSchedule, testing::Scratch};
use model::{Action, Filter, Fired, Firing, JobId, Mode, NextTimes, Schedule, Spec, State, Task, Time, Timing};

use crate::support::*;

pub const FIRST: Time = Time(1_770_000_000_000);
pub const SECOND: Time = Time(FIRST.0 + 86_400_000);

pub fn nightly(name: &str) -> NewSchedule {
    let Spec::Clone(clone) = clone("demo/assets", "demo/copy") else { unreachable!() };
    let timing = Timing { cron: "0 2 * * *".to_owned(), verify_cron: None, zone: "Pacific/Auckland".to_owned() };
    let next = NextTimes { clone: Some(FIRST), verify: None };
    NewSchedule { name: name.parse().unwrap(), timing, clone, consent: None, author: "operator".to_owned(), next }
}

pub fn with_verify(name: &str) -> NewSchedule {
    let schedule = nightly(name);
    let timing = Timing { verify_cron: Some("0 5 * * *".to_owned()), ..schedule.timing };
    NewSchedule { timing, next: NextTimes { clone: Some(FIRST), verify: Some(FIRST) }, ..schedule }
}

/// The first time of a task, a second late.
pub fn due(schedule: &Schedule, task: Task) -> Due<'_> {
    Due { schedule, task, due: FIRST, next: Some(SECOND), missed: 0, now: Time(FIRST.0 + 1_000), refused: None }
}

pub async fn started(db: &Db, due: &Due<'_>) -> JobId {
    match db.fire(due).await.unwrap() {
        Some(Firing::Started { job }) => job,
        other => panic!("{other:?}"),
    }
}

async fn jobs(db: &Db) -> usize {
    db.jobs(&Filter::default(), None, 200).await.unwrap().items.len()
}

async fn a_schedule_is_read_back_as_it_was_inserted(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(with_verify("nach Süden 🐙")).await.unwrap();
    assert!(schedule.enabled && schedule.last.is_none() && schedule.job.is_none());
    let again = scratch.open().await;
    assert_eq!(again.schedule(schedule.id).await.unwrap(), schedule);
    let other = db.insert_schedule(nightly("a")).await.unwrap();
    assert_eq!(again.schedules().await.unwrap(), [other, schedule], "by name");
}

async fn a_name_is_taken_once_and_the_same_schedule_sent_twice_is_one(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(nightly("nightly")).await.unwrap();
    assert_eq!(db.insert_schedule(nightly("nightly")).await.unwrap(), schedule);
    let other = db.insert_schedule(with_verify("nightly")).await;
    assert!(matches!(&other, Err(DbError::NameTaken(name)) if name.as_str() == "nightly"), "{other:?}");
    assert_eq!(db.schedules().await.unwrap().len(), 1);
}

async fn a_time_starts_one_job_however_many_servers_come(scratch: Scratch) {
    let schedule = scratch.open().await.insert_schedule(nightly("nightly")).await.unwrap();
    let mut servers = Vec::new();
    for _ in 0..8 {
        let (db, schedule) = (scratch.open().await, schedule.clone());
        servers.push(tokio::spawn(async move { db.fire(&due(&schedule, Task::Clone)).await.unwrap() }));
    }
    let mut firings = Vec::new();
    for server in servers {
        firings.extend(server.await.unwrap());
    }
    let [Firing::Started { job }] = firings.as_slice() else { panic!("{firings:?}") };
    let db = scratch.open().await;
    assert_eq!(jobs(&db).await, 1);
    let after = db.schedule(schedule.id).await.unwrap();
    assert_eq!((after.next_at, after.job), (Some(SECOND), Some(*job)));
    let at = Time(FIRST.0 + 1_000);
    let firing = Firing::Started { job: *job };
    assert_eq!(after.last, Some(Fired { due: FIRST, at, task: Task::Clone, missed: 0, by: None, firing }));
}

/// Cut off at each await in turn, like a crash: each time there are both a job and the next time, or neither.
async fn a_job_and_the_move_to_the_next_time_come_together_or_not_at_all(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(nightly("nightly")).await.unwrap();
    for polls in 1.. {
        let ended = cut_off_after(polls, db.fire(&due(&schedule, Task::Clone))).await;
        let after = db.schedule(schedule.id).await.unwrap();
        let moved = after.next_at == Some(SECOND);
        assert_eq!((jobs(&db).await, after.job.is_some(), after.last.is_some()), (usize::from(moved), moved, moved));
        assert!(moved || ended.is_none(), "cut off after {polls}");
        if moved {
            return;
        }
    }
}

async fn cut_off_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn a_job_of_a_schedule_says_so_and_is_found_by_it(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(with_verify("nightly")).await.unwrap();
    let missed = Due { missed: 3, ..due(&schedule, Task::Verify) };
    let id = started(&db, &missed).await;
    let job = db.job(id).await.unwrap();
    let Spec::Clone(spec) = &job.spec else { panic!("{job:?}") };
    assert_eq!((job.author.as_str(), spec.mode, job.state), ("schedule nightly", Mode::Verify, State::Queued));
    let by = Filter { author: Some("schedule nightly".to_owned()), ..Filter::default() };
    assert_eq!(db.jobs(&by, None, 10).await.unwrap().items, [job]);
    let events = db.events(id, 10).await.unwrap();
    assert_eq!(events[0].detail, format!("due at {FIRST}, also for 3 missed times before it"));
    let after = db.schedule(schedule.id).await.unwrap();
    assert_eq!((after.next_at, after.verify_next_at), (Some(FIRST), Some(SECOND)), "each task has its own time");
    assert_eq!(after.last.unwrap().missed, 3);
}

async fn nothing_starts_while_the_last_job_is_queued_running_or_paused(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(with_verify("nightly")).await.unwrap();
    let id = started(&db, &due(&schedule, Task::Clone)).await;
    let third = Time(SECOND.0 + 86_400_000);
    for state in [State::Queued, State::Paused, State::Running] {
        match state {
            State::Paused => drop(db.act(id, Action::Pause, "operator").await.unwrap()),
            State::Running => {
                db.act(id, Action::Resume, "operator").await.unwrap();
                assert!(claim(&db, "worker").await.is_some());
            }
            _ => {}
        }
        let schedule = db.schedule(schedule.id).await.unwrap();
        assert_eq!(db.job(id).await.unwrap().state, state);
        let next = schedule.verify_next_at.unwrap();
        let again = Due { due: next, next: Some(Time(next.0 + 1)), ..due(&schedule, Task::Verify) };
        assert_eq!(db.fire(&again).await.unwrap(), Some(Firing::Skipped { job: id }), "{state}");
        let by_hand = db.run_schedule(schedule.id, "operator").await;
        assert!(matches!(by_hand, Err(DbError::StillRuns(job)) if job == id), "{state}");
    }
    assert_eq!(jobs(&db).await, 1);
    let job = db.job(id).await.unwrap();
    assert!(end(&db, &job, End::Succeeded { proof: proof(0) }).await);
    let schedule = db.schedule(schedule.id).await.unwrap();
    assert_eq!(schedule.job, Some(id), "a skipped time leaves the last job as it was");
    let next = Due { due: SECOND, next: Some(third), ..due(&schedule, Task::Clone) };
    assert_ne!(started(&db, &next).await, id);
}

/// At two servers at once: one starts the job, the other finds it.
async fn two_tasks_due_at_one_time_start_one_job(scratch: Scratch) {
    let (one, other) = (scratch.open().await, scratch.open().await);
    let schedule = one.insert_schedule(with_verify("nightly")).await.unwrap();
    let (clone, verify) = (due(&schedule, Task::Clone), due(&schedule, Task::Verify));
    let (first, second) = tokio::join!(one.fire(&clone), other.fire(&verify));
    let mut started = 0;
    for firing in [first.unwrap().unwrap(), second.unwrap().unwrap()] {
        started += usize::from(matches!(firing, Firing::Started { .. }));
    }
    assert_eq!((started, jobs(&one).await), (1, 1));
}

async fn a_refused_time_is_recorded_and_starts_nothing(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(nightly("nightly")).await.unwrap();
    let refused = Due { refused: Some("no store".to_owned()), next: None, ..due(&schedule, Task::Clone) };
    let reason = Firing::Refused { reason: "no store".to_owned() };
    assert_eq!(db.fire(&refused).await.unwrap(), Some(reason.clone()));
    let after = db.schedule(schedule.id).await.unwrap();
    assert_eq!((after.next_at, after.last.unwrap().firing, jobs(&db).await), (None, reason, 0));
}

async fn a_paused_schedule_is_never_due_and_goes_on_from_when_it_is_resumed(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(with_verify("nightly")).await.unwrap();
    let paused = db.pause_schedule(schedule.id).await.unwrap();
    assert!(!paused.enabled && paused.next_at.is_none() && paused.verify_next_at.is_none());
    assert_eq!(db.next_due().await.unwrap(), None);
    assert!(db.due_schedules(SECOND).await.unwrap().is_empty());
    assert_eq!(db.fire(&due(&schedule, Task::Clone)).await.unwrap(), None, "seen as due just before");
    let next = NextTimes { clone: Some(SECOND), verify: None };
    let resumed = db.resume_schedule(schedule.id, next).await.unwrap();
    assert!(resumed.enabled && resumed.next_at == Some(SECOND));
    let twice = NextTimes { clone: Some(FIRST), verify: Some(FIRST) };
    assert_eq!(db.resume_schedule(schedule.id, twice).await.unwrap(), resumed, "it was not paused");
    let by_hand = db.run_schedule(schedule.id, "operator").await.unwrap();
    assert_eq!(db.schedule(schedule.id).await.unwrap().job, Some(by_hand.id));
    assert_eq!(db.jobs_of(&[resumed, db.schedule(schedule.id).await.unwrap()]).await.unwrap(), [by_hand]);
}

async fn what_is_due_is_found_by_its_time(scratch: Scratch) {
    let db = scratch.open().await;
    assert_eq!(db.next_due().await.unwrap(), None);
    let next = NextTimes { clone: Some(SECOND), verify: Some(FIRST) };
    let schedule = db.insert_schedule(NewSchedule { next, ..with_verify("both") }).await.unwrap();
    let next = NextTimes { clone: Some(SECOND), verify: None };
    db.insert_schedule(NewSchedule { next, ..nightly("later") }).await.unwrap();
    assert_eq!(db.next_due().await.unwrap(), Some(FIRST));
    assert!(db.due_schedules(Time(FIRST.0 - 1)).await.unwrap().is_empty());
    let due: Result<Vec<_>, _> = db.due_schedules(FIRST).await.unwrap().into_iter().collect();
    assert_eq!(due.unwrap(), [schedule]);
    assert_eq!(db.due_schedules(SECOND).await.unwrap().len(), 2);
}

async fn a_deleted_schedule_leaves_its_jobs(scratch: Scratch) {
    let db = scratch.open().await;
    let schedule = db.insert_schedule(nightly("nightly")).await.unwrap();
    let job = started(&db, &due(&schedule, Task::Clone)).await;
    db.delete_schedule(schedule.id).await.unwrap();
    assert_eq!(db.job(job).await.unwrap().author, "schedule nightly");
    assert_eq!(db.fire(&due(&schedule, Task::Clone)).await.unwrap(), None);
    let id = schedule.id;
    for gone in [
        db.delete_schedule(id).await.unwrap_err(),
        db.schedule(id).await.unwrap_err(),
        db.pause_schedule(id).await.unwrap_err(),
        db.run_schedule(id, "operator").await.unwrap_err(),
    ] {
        assert!(matches!(gone, DbError::NoSchedule(none) if none == id), "{gone:?}");
    }
}

on_both_databases! {
    a_schedule_is_read_back_as_it_was_inserted,
    a_name_is_taken_once_and_the_same_schedule_sent_twice_is_one,
    a_time_starts_one_job_however_many_servers_come,
    a_job_and_the_move_to_the_next_time_come_together_or_not_at_all,
    a_job_of_a_schedule_says_so_and_is_found_by_it,
    nothing_starts_while_the_last_job_is_queued_running_or_paused,
    two_tasks_due_at_one_time_start_one_job,
    a_refused_time_is_recorded_and_starts_nothing,
    a_paused_schedule_is_never_due_and_goes_on_from_when_it_is_resumed,
    what_is_due_is_found_by_its_time,
    a_deleted_schedule_leaves_its_jobs,
}
