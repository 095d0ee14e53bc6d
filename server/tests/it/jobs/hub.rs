//! What the live hub promises, on both databases.

use db::testing::Scratch;
use logyard::backend::hub::Hub;
use model::{Action, Job, JobId, LiveMessage, Mode, State};
use testing::{Span as _, eventually, seen, within};
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::CancellationToken;

use crate::support::runners::Workshop;

on_both_databases!(
    a_change_made_by_another_server_is_told_once,
    a_snapshot_holds_what_has_not_ended,
    beats_come_while_nothing_changes,
);

async fn next(messages: &mut Receiver<LiveMessage>) -> LiveMessage {
    eventually("a live message", within(1.mins()), || messages.try_recv()).await
}

async fn next_job(messages: &mut Receiver<LiveMessage>, id: JobId) -> Job {
    loop {
        match next(messages).await {
            LiveMessage::Job(job) if job.id == id => return *job,
            _ => {}
        }
    }
}

async fn a_change_made_by_another_server_is_told_once(scratch: Scratch) {
    let workshop = Workshop::open(scratch).await;
    let hub = Hub::start(workshop.scratch.open().await, CancellationToken::new());
    let mut messages = hub.subscribe();
    let id = workshop.clone(Mode::Copy).await;
    assert_eq!(next_job(&mut messages, id).await.state, State::Queued);

    let paused = workshop.db.act(id, Action::Pause, "test").await.unwrap();
    assert_eq!(next_job(&mut messages, id).await.revision, paused.revision);
    // Through a whole interval of beats, and so several polls, the same revision does not come again.
    let mut beats = 0;
    while beats < 2 {
        match next(&mut messages).await {
            LiveMessage::Beat(_) => beats += 1,
            other => panic!("{other:?}"),
        }
    }
}

async fn a_snapshot_holds_what_has_not_ended(scratch: Scratch) {
    let workshop = Workshop::open(scratch).await;
    let hub = Hub::start(workshop.db.clone(), CancellationToken::new());
    let (kept, ended) = (workshop.clone(Mode::Copy).await, workshop.clone(Mode::Copy).await);
    workshop.db.act(ended, Action::Cancel, "test").await.unwrap();
    let snapshot = hub.snapshot().await.unwrap();
    assert_eq!(snapshot.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [kept]);
    assert_eq!(snapshot.counts.queued, 1);
}

async fn beats_come_while_nothing_changes(scratch: Scratch) {
    let workshop = Workshop::open(scratch).await;
    let hub = Hub::start(workshop.db.clone(), CancellationToken::new());
    let mut messages = hub.subscribe();
    let mut times = Vec::new();
    while times.len() < 2 {
        if let LiveMessage::Beat(beat) = next(&mut messages).await {
            times.push(beat.now);
        }
    }
    assert!(times[0] < times[1]);
}

/// Nobody listens: the database is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_listeners_asks_nothing() {
    let workshop = Workshop::open(Scratch::sqlite()).await;
    let hub = Hub::start(workshop.db.clone(), CancellationToken::new());
    let mut messages = hub.subscribe();
    next(&mut messages).await;
    drop(messages);
    // The poll under way may still end; after the next nudges the count stands.
    for _ in 0..3 {
        hub.nudge();
        tokio::task::yield_now().await;
    }
    let mut before = workshop.db.statements();
    let mut quiet = 0;
    let standing_still = || {
        hub.nudge();
        let now = workshop.db.statements();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
        seen(quiet, |quiet| *quiet == 20)
    };
    // Real time between the nudges: the hub needs some to send a statement, if it were to.
    eventually("the hub goes quiet", within(1.mins()).every(10.millis()), standing_still).await;
}
