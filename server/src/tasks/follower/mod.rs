//! The follower: ships the log objects of a pipeline as they appear.
//!
//! A leased task per pipeline with `follow = true`. A scan lists the last day of the source (so that an object that is
//! delivered late is not missed), leaves out objects with a recorded run, and ships the rest as runs of the pipeline.
//! Objects written before the pipeline was first followed are left to a reprocess.
//!
//! The queue of a pipeline, where it has one, names new objects; scans then run only now and then, for objects that no
//! message named. An object written before the pipeline was followed is shipped, too, if a message names it.
//!
//! Always: only the holder of the lease records runs. Records that cannot be parsed and events that the sink refuses are
//! dead letters, and their object is left; one that could not be read or sent is recorded and retried, ever more rarely,
//! and keeps no other from being shipped. Killed at any moment, the follower resends what was in flight.

mod notices;
mod scan;
mod shipping;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use db::{LookedAt, task};
use engine::ship::queue::{Queue, QueueError};
use model::{Key, Pipeline, Queued, Time};
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use self::scan::spec_of;
use self::{
    notices::{Batch, Notices},
    scan::{Patience, Sight},
    shipping::Shipped,
};
use crate::tasks::{
    leased::{Lease, LeasedTask, Started, TaskError},
    runner,
};

/// Pause between scans, at least; it grows with the time that a scan takes.
const BETWEEN: Duration = Duration::from_secs(5);
/// Scanning takes one part in this many of the time.
const SHARE: u32 = 10;
/// Pause between scans where a queue names new objects; shorter where the last scan failed or was cut.
const BETWEEN_NOTIFIED: Duration = Duration::from_mins(15);
const BETWEEN_RETRIES: Duration = Duration::from_mins(1);
/// Pause after an empty queue, which has already waited for a message.
const BREATH: Duration = Duration::from_secs(1);

pub struct Context {
    /// The stores, sinks, lease and name that the runner of this process uses, too.
    pub runner: runner::Context,
    pub pipelines: Vec<Pipeline>,
    /// How long a message of a queue stays hidden while its objects are shipped.
    pub messages_held: Duration,
}

/// Ships one pipeline.
pub struct Follower {
    context: Arc<runner::Context>,
    pipeline: Pipeline,
    messages_held: Duration,
}

/// What the holder of a pipeline remembers from one round to the next.
#[derive(Default)]
pub struct State {
    /// Whether the queue was connected to, where there is one.
    prepared: bool,
    patience: Patience,
    sight: Sight,
    /// How long the last scan took, without the shipping after it.
    scanned_in: Duration,
    /// Why the last scan failed, or why its objects were not shipped.
    error: Option<String>,
    /// When to scan next, where a queue names new objects.
    scan_at: Option<Instant>,
    notices: Option<Notices>,
    queued: Option<Queued>,
    /// Why no message could be received, or why its objects were not shipped.
    queue_error: Option<String>,
}

impl State {
    /// Records a queue error; returns how long to wait before retrying.
    fn refused(&mut self, error: &QueueError) -> Duration {
        self.queue_error = Some(format!("{error}. {}", error.advice()));
        BETWEEN
    }

    fn error(&self) -> Option<String> {
        self.error.clone().or_else(|| self.queue_error.clone())
    }
}

impl Follower {
    pub fn start(context: Context) -> Started {
        let mut started = Started::default();
        let terms = context.runner.terms();
        started.lease(&terms, Self::all(context));
        started
    }

    /// One for each pipeline that is followed.
    pub fn all(context: Context) -> Vec<Self> {
        let (runner, messages_held) = (Arc::new(context.runner), context.messages_held);
        let followed = context.pipelines.into_iter().filter(|pipeline| pipeline.follow);
        followed.map(|pipeline| Self { context: Arc::clone(&runner), pipeline, messages_held }).collect()
    }
}

impl LeasedTask for Follower {
    const NAME: &'static str = task::FOLLOW;
    /// What is not shipped by then is sent again by the next holder.
    const DRAIN: Duration = Duration::from_secs(3);
    type State = State;

    fn key(&self) -> &str {
        self.pipeline.name.as_str()
    }

    async fn round(&mut self, state: &mut State, lease: &Lease) -> Result<Duration, TaskError> {
        let wait = Round { follower: self, lease }.run(state).await?;
        match state.error() {
            Some(error) => Err(TaskError::Failed { error, retry_in: wait }),
            None => Ok(wait),
        }
    }
}

/// One round under a lease.
#[derive(Clone, Copy)]
struct Round<'a> {
    follower: &'a Follower,
    lease: &'a Lease,
}

impl Round<'_> {
    fn context(&self) -> &runner::Context {
        &self.follower.context
    }

    fn pipeline(&self) -> &Pipeline {
        &self.follower.pipeline
    }

    fn shutdown(&self) -> &CancellationToken {
        self.lease.shutdown()
    }

    /// Ships what there is. Returns how long to wait before the next round.
    async fn run(self, state: &mut State) -> Result<Duration, TaskError> {
        let began = Instant::now();
        let db = &self.context().db;
        let followed = db.follow(&self.pipeline().name, &self.lease.holder, self.lease.ms()).await?;
        let followed = followed.ok_or(TaskError::Lost)?;
        if !state.prepared {
            self.prepare(state).await;
        }
        if state.notices.is_none() || state.scan_at.is_none_or(|at| at <= began) {
            self.scan(state, followed.since).await?;
        }
        match state.notices.take() {
            None => {
                self.report(state).await?;
                Ok(BETWEEN.max(state.scanned_in * (SHARE - 1)))
            }
            Some(mut notices) => {
                let wait = self.listen(state, &mut notices).await;
                let queued = notices.queued();
                // Where more messages are due at once, the number of waiting ones is reported once it is known.
                let done = !matches!(wait, Ok(Duration::ZERO)) || queued.messages == 0;
                (state.queued, state.notices) = (Some(queued), Some(notices));
                if done {
                    self.report(state).await?;
                }
                wait
            }
        }
    }

    async fn prepare(&self, state: &mut State) {
        let source = &self.pipeline().source;
        if let (Some(url), Some(entry)) = (&self.pipeline().sqs_queue_url, self.context().stores.get(&source.store)) {
            let queue = Queue::connect(url.clone(), entry.client.endpoint(), self.follower.messages_held).await;
            let notices = Notices::of(queue, source.clone());
            (state.queued, state.notices) = (Some(notices.queued()), Some(notices));
        }
        state.prepared = true;
    }

    /// Lists the source, and ships what is due.
    async fn scan(&self, state: &mut State, since: Time) -> Result<(), TaskError> {
        let (mut wait, began) = (BETWEEN_NOTIFIED, Instant::now());
        let found = scan::scan(self.follower, since, &mut state.patience).await;
        state.scanned_in = began.elapsed();
        match found {
            Ok(sight) => {
                (state.sight, state.error) = (sight, None);
                // Reported before shipping, which may take long, and again after it.
                self.report(state).await?;
                let due = state.sight.due();
                if !due.is_empty() {
                    let shipped = shipping::ship(self, due.clone()).await;
                    self.note(state, &due, &shipped);
                    state.error = shipped.error;
                }
                if state.error.is_some() || state.sight.goes_on() || state.patience.retrying().0 > 0 {
                    wait = BETWEEN_RETRIES;
                }
            }
            Err(why) => {
                (state.sight, state.error) = (Sight::default(), Some(why));
                wait = BETWEEN_RETRIES;
            }
        }
        state.scan_at = Some(Instant::now() + wait);
        Ok(())
    }

    /// Receives messages of the queue, and ships the objects that they name.
    async fn listen(&self, state: &mut State, notices: &mut Notices) -> Result<Duration, TaskError> {
        let gathered = tokio::select! {
            gathered = notices.gather(self.context().db.now()) => gathered,
            // Messages received by then come back by themselves.
            () = self.shutdown().cancelled() => return Ok(Duration::ZERO),
        };
        let batch = match gathered {
            Ok(batch) => batch,
            Err(error) => return Ok(state.refused(&error)),
        };
        state.queue_error = None;
        if batch.is_empty() {
            return Ok(BREATH);
        }
        let whole =
            if batch.objects.is_empty() { HashSet::new() } else { self.ship_named(state, notices, &batch).await? };
        let settled = notices.settle(batch, &whole, self.shutdown().is_cancelled()).await;
        Ok(settled.map_or_else(|error| state.refused(&error), |()| Duration::ZERO))
    }

    async fn ship_named(&self, state: &mut State, notices: &Notices, batch: &Batch) -> Result<HashSet<Key>, TaskError> {
        state.queued = Some(notices.queued());
        state.sight.named(&batch.objects);
        self.report(state).await?;
        let keys: Vec<Key> = batch.objects.keys().cloned().collect();
        let shipped = tokio::select! {
            shipped = shipping::ship(self, keys.clone()) => shipped,
            never = notices.hold(batch) => match never {},
        };
        self.note(state, &keys, &shipped);
        state.queue_error = shipped.error;
        Ok(shipped.whole)
    }

    /// Remembers what failed, and says so once for each object.
    fn note(&self, state: &mut State, tried: &[Key], shipped: &Shipped) {
        state.sight.shipped(&shipped.whole);
        let new = state.patience.after(tried, shipped);
        if new > 0 {
            let (_, last) = state.patience.retrying();
            let (pipeline, last) = (&self.pipeline().name, last.unwrap_or_default());
            warn!(%pipeline, objects = new, last, "objects not shipped completely; retrying, ever more rarely");
        }
    }

    async fn report(&self, state: &State) -> Result<(), TaskError> {
        let (retrying, retrying_because) = state.patience.retrying();
        let seen = LookedAt {
            waiting: state.sight.waiting(),
            oldest: state.sight.oldest(),
            error: state.error(),
            queue: state.queued.clone(),
            retrying,
            retrying_because,
        };
        let (db, lease) = (&self.context().db, self.lease);
        let ours = db.looked(&self.pipeline().name, &lease.holder, lease.ms(), &seen).await?;
        if ours { Ok(()) } else { Err(TaskError::Lost) }
    }
}
