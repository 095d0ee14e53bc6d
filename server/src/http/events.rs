//! Live streams: server-sent events for pages and scripts.
//!
//! Every stream starts with a `snapshot`. Then follow a `job` with the complete job, a `sync` with the name of a table
//! whose status changed, and a `beat` every two seconds, which proves that the connection works. The id of a `job`
//! message is the job's id and its row's revision, so that a client can tell an older state from a newer one.
//!
//! Always: the stream subscribes before it reads its snapshot, so no change is lost between them (one may come twice). A
//! client that does not keep up is dropped alone: its stream ends, it connects again and gets a snapshot. Streams end
//! when the process stops, and after an hour, so that an expired session ends with them.

use std::{convert::Infallible, future, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::State,
    http::HeaderName,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, stream};
use model::{JobId, LiveMessage, ProblemCode, Snapshot};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_stream::wrappers::BroadcastStream;

use crate::http::{
    api::{Id, limits, problem::Refused},
    health,
    state::App,
};

/// Limits open streams: each of them takes a connection and a task.
#[derive(Clone)]
pub struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(limits::STREAMS)))
    }
}

impl Streams {
    fn enter(&self) -> Result<OwnedSemaphorePermit, Refused> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| {
            let most = limits::STREAMS;
            Refused::new(
                ProblemCode::Unavailable,
                format!("All {most} live streams are in use. Close one, or try again later."),
            )
        })
    }
}

/// `GET /api/v1/events`: every job, and every table kept in sync.
pub async fn stream_events(
    State(app): State<App>,
    Extension(streams): Extension<Streams>,
) -> Result<impl IntoResponse, Refused> {
    let place = streams.enter()?;
    let changes = app.hub.subscribe();
    let snapshot = app.hub.snapshot().await.map_err(health::no_database)?;
    Ok(answer(&app, place, snapshot, changes, None))
}

/// `GET /api/v1/jobs/{id}/events`: one job, in messages of the same shape.
pub async fn stream_job_events(
    State(app): State<App>,
    Extension(streams): Extension<Streams>,
    Id(id): Id,
) -> Result<impl IntoResponse, Refused> {
    let place = streams.enter()?;
    let changes = app.hub.subscribe();
    let job = app.backend.get_job(id).await?.job;
    let snapshot = app.hub.snapshot().await.map_err(health::no_database)?;
    Ok(answer(&app, place, Snapshot { jobs: vec![job], ..snapshot }, changes, Some(id)))
}

fn answer(
    app: &App,
    place: OwnedSemaphorePermit,
    snapshot: Snapshot,
    changes: broadcast::Receiver<LiveMessage>,
    only: Option<JobId>,
) -> impl IntoResponse + use<> {
    let ended = app.shutdown.clone().cancelled_owned();
    let events = messages(snapshot, changes, only)
        .map(move |message| {
            let _held = &place; // the place is free again when the stream is dropped
            Ok::<_, Infallible>(event(&message))
        })
        .take_until(ended)
        .take_until(Box::pin(tokio::time::sleep(limits::STREAM)));
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    // A buffering proxy would delay the stream.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    (unbuffered, Sse::new(events).keep_alive(keep_alive))
}

/// The snapshot, then changes until the receiver lags or the hub stops. After thousands of changes at once the hub sends
/// another snapshot. That may lack the one job of a job's stream, which therefore ends and starts again.
fn messages(
    snapshot: Snapshot,
    changes: broadcast::Receiver<LiveMessage>,
    only: Option<JobId>,
) -> impl Stream<Item = LiveMessage> {
    let changes = BroadcastStream::new(changes).scan((), move |(), message| {
        future::ready(match (message, only) {
            (Ok(LiveMessage::Snapshot(_)), Some(_)) => None,
            (Ok(message), _) => Some(message),
            (Err(lag), _) => {
                tracing::info!(%lag, "live stream did not keep up and was closed; the client reconnects");
                None
            }
        })
    });
    let wanted = move |message: &LiveMessage| match (message, only) {
        (LiveMessage::Job(job), Some(id)) => job.id == id,
        (LiveMessage::Sync(_), Some(_)) => false,
        _ => true,
    };
    let changes = changes.filter(move |message| future::ready(wanted(message)));
    stream::once(future::ready(LiveMessage::Snapshot(snapshot))).chain(changes)
}

fn event(message: &LiveMessage) -> Event {
    let event = match message {
        LiveMessage::Snapshot(snapshot) => Event::default().event("snapshot").json_data(snapshot),
        LiveMessage::Job(job) => {
            Event::default().event("job").id(format!("{}@{}", job.id, job.revision)).json_data(job)
        }
        LiveMessage::Sync(change) => {
            Event::default().event("sync").id(format!("{}@{}", change.table, change.revision)).json_data(change)
        }
        LiveMessage::Beat(beat) => Event::default().event("beat").json_data(beat),
    };
    event.unwrap_or_else(|error| unreachable!("a message is plain data: {error}"))
}

#[cfg(test)]
mod tests {
    use model::{Beat, Counts, Time};

    use super::*;

    fn beat(at: i64) -> LiveMessage {
        LiveMessage::Beat(Beat { now: Time(at), counts: Counts::default() })
    }

    #[tokio::test]
    async fn slow_client_is_dropped_alone() {
        let (sender, slow) = broadcast::channel(2);
        let snapshot = Snapshot { now: Time(0), counts: Counts::default(), jobs: Vec::new() };
        let mut brisk = Box::pin(messages(snapshot.clone(), sender.subscribe(), None));
        let slow = messages(snapshot.clone(), slow, None);
        assert_eq!(brisk.next().await, Some(LiveMessage::Snapshot(snapshot.clone())));
        for at in 1..=5 {
            sender.send(beat(at)).unwrap();
            assert_eq!(brisk.next().await, Some(beat(at)));
        }
        let seen: Vec<_> = slow.collect().await;
        assert_eq!(seen, [LiveMessage::Snapshot(snapshot)], "the stream ends at the gap");
    }

    #[test]
    fn streams_are_limited_and_released() {
        let streams = Streams::default();
        let mut places: Vec<_> = (0..limits::STREAMS).map(|_| streams.enter().unwrap()).collect();
        assert_eq!(streams.enter().unwrap_err().0.code, ProblemCode::Unavailable);
        places.pop();
        assert!(streams.enter().is_ok());
    }
}
