//! The live hub publishes each change once, on both databases.

use db::testing::Scratch;
use logyard::backend::hub::Hub;
use model::{Action, Job, JobId, LiveMessage, Mode, State};
use testing::{Span as _, eventually, seen, within};
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::CancellationToken;

use crate::support::runners::TestRunners;

on_both_databases!(
    change_by_another_server_is_published_once,
    snapshot_holds_unfinished_jobs,
    heartbeats_continue_while_idle,
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

async fn change_by_another_server_is_published_once(scratch: Scratch) {
    let setup = TestRunners::open(scratch).await;
    let hub = Hub::start(setup.scratch.open().await, CancellationToken::new());
    let mut messages = hub.subscribe();
    let id = setup.clone(Mode::Copy).await;
    assert_eq!(next_job(&mut messages, id).await.state, State::Queued);

    let paused = setup.db.act(id, Action::Pause, "test").await.unwrap();
    assert_eq!(next_job(&mut messages, id).await.revision, paused.revision);
    // During an interval of heartbeats, and so several polls, the same revision does not come again.
    let mut beats = 0;
    while beats < 2 {
        match next(&mut messages).await {
            LiveMessage::Beat(_) => beats += 1,
            other => panic!("{other:?}"),
        }
    }
}

async fn snapshot_holds_unfinished_jobs(scratch: Scratch) {
    let setup = TestRunners::open(scratch).await;
    let hub = Hub::start(setup.db.clone(), CancellationToken::new());
    let (kept, ended) = (setup.clone(Mode::Copy).await, setup.clone(Mode::Copy).await);
    setup.db.act(ended, Action::Cancel, "test").await.unwrap();
    let snapshot = hub.snapshot().await.unwrap();
    assert_eq!(snapshot.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [kept]);
    assert_eq!(snapshot.counts.queued, 1);
}

async fn heartbeats_continue_while_idle(scratch: Scratch) {
    let setup = TestRunners::open(scratch).await;
    let hub = Hub::start(setup.db.clone(), CancellationToken::new());
    let mut messages = hub.subscribe();
    let mut times = Vec::new();
    while times.len() < 2 {
        if let LiveMessage::Beat(beat) = next(&mut messages).await {
            times.push(beat.now);
        }
    }
    assert!(times[0] < times[1]);
}

/// Without listeners, the hub sends no queries.
#[tokio::test(flavor = "multi_thread")]
async fn hub_without_listeners_sends_no_queries() {
    let setup = TestRunners::open(Scratch::sqlite()).await;
    let hub = Hub::start(setup.db.clone(), CancellationToken::new());
    let mut messages = hub.subscribe();
    next(&mut messages).await;
    drop(messages);
    // The poll under way may still end; after the next nudges the count stands.
    for _ in 0..3 {
        hub.nudge();
        tokio::task::yield_now().await;
    }
    let mut before = setup.db.statements();
    let mut quiet = 0;
    let standing_still = || {
        hub.nudge();
        let now = setup.db.statements();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
        seen(quiet, |quiet| *quiet == 20)
    };
    // Real time between the nudges: the hub needs some to send a statement, if it were to.
    eventually("the hub goes quiet", within(1.mins()).every(10.millis()), standing_still).await;
}
