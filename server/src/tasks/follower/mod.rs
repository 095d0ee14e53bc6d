//! The follower: ships the log objects of a pipeline as they appear.
//!
//! One task per pipeline with `follow = true`, in every server and worker; the store lets one of them at a time do it.
//! A look lists the last day of the source (what is delivered late is not missed), leaves out what runs are recorded of,
//! and ships the rest as runs of the pipeline. What was there before a pipeline was followed for the first time is not
//! its business: that is what a reprocess is for.
//!
//! A pipeline with a queue is told of its objects, and looks only now and then, for what no message told of. What was
//! written before is shipped, too, if a message says so.
//!
//! Always: a run is recorded by whoever holds the pipeline. What could not be parsed is recorded and left; what could
//! not be read or sent is tried again, ever more rarely. Killed at any moment, it sends again what was in flight.

mod look;
mod notices;
mod shipping;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use db::{DbError, LookedAt};
use engine::ship::queue::{Queue, QueueError};
use model::{Pipeline, Queued, Time};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span, warn};

pub use self::look::spec_of;
use self::{
    look::{Patience, Sight},
    notices::{Batch, Notices},
};
use crate::tasks::runner;

/// Between looks, at least; a look that takes long makes for longer ones.
const BETWEEN: Duration = Duration::from_secs(5);
/// Looking takes one part in so many of the time.
const SHARE: u32 = 10;
/// Between looks where a queue tells of new objects; where the last one failed or did not come to its end, shorter.
const BETWEEN_TOLD: Duration = Duration::from_mins(15);
const BETWEEN_TRIES: Duration = Duration::from_mins(1);
/// After a queue that held nothing: it has waited already.
const BREATH: Duration = Duration::from_secs(1);
/// How long a pipeline stays with a process that is not heard of.
const LEASE_MS: i64 = 30_000;
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// Of a process that ends.
const STOP_WITHIN: Duration = Duration::from_secs(3);

pub struct Context {
    /// What a runner needs, too: the same stores, sinks and name.
    pub runner: runner::Context,
    pub pipelines: Vec<Pipeline>,
    /// How long a message of a queue stays with a process that is not heard of.
    pub messages_held: Duration,
}

/// Started followers.
pub struct Follower {
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

/// One pipeline as it is followed.
struct Watch {
    context: Arc<runner::Context>,
    pipeline: Pipeline,
    messages_held: Duration,
    shutdown: CancellationToken,
    /// As of the last look.
    ours: AtomicBool,
}

/// What a process knows of a pipeline from one turn to the next.
#[derive(Default)]
struct State {
    patience: Patience,
    sight: Sight,
    /// Why the last look came to nothing, or what it found was not shipped.
    error: Option<String>,
    /// When to list again, where a queue tells of new objects.
    look_at: Option<Instant>,
    notices: Option<Notices>,
    queued: Option<Queued>,
    /// Why nothing could be taken from the queue, or what was taken was not shipped.
    queue_error: Option<String>,
}

impl State {
    /// By its queue. How long to wait then.
    fn refused(&mut self, error: &QueueError) -> Duration {
        self.queue_error = Some(format!("{error}. {}", error.advice()));
        BETWEEN
    }
}

impl Follower {
    pub fn start(context: Context) -> Self {
        let (shutdown, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let runner = Arc::new(context.runner);
        for pipeline in context.pipelines.into_iter().filter(|pipeline| pipeline.follow) {
            let span = info_span!("follower", pipeline = %pipeline.name);
            let watch = Watch {
                context: Arc::clone(&runner),
                pipeline,
                messages_held: context.messages_held,
                shutdown: shutdown.clone(),
                ours: false.into(),
            };
            tasks.spawn(watch.follow().instrument(span));
        }
        Self { shutdown, tasks }
    }

    /// Lets what is in flight come to its end, for a while, and gives the pipelines back.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Watch {
    /// Until the process ends. Looking, shipping and waiting may each take longer than the lease: it is renewed beside.
    async fn follow(self) {
        tokio::select! {
            () = self.look_and_ship() => {}
            () = self.keep() => {}
            () = self.run_out_of_time() => {}
        }
        if let Err(error) = self.context.db.unfollow(&self.pipeline.name, &self.context.holder).await {
            warn!(%error, "the pipeline could not be given back; its lease expires by itself");
        }
    }

    /// Renews the lease for as long as it is ours; never ends by itself.
    async fn keep(&self) {
        loop {
            sleep(RENEW_EVERY).await;
            let (db, name) = (&self.context.db, &self.pipeline.name);
            if self.ours.load(Ordering::Relaxed)
                && let Err(error) = db.follow(name, &self.context.holder, LEASE_MS).await
            {
                warn!(%error, "the lease could not be renewed; trying again");
            }
        }
    }

    /// What is not at its end by then is dropped: it is sent again by whoever follows next.
    async fn run_out_of_time(&self) {
        self.shutdown.cancelled().await;
        sleep(STOP_WITHIN).await;
    }

    async fn look_and_ship(&self) {
        let mut state = self.prepare().await;
        while !self.shutdown.is_cancelled() {
            let wait = match self.turn(&mut state).await {
                Ok(wait) => wait,
                Err(error) => {
                    warn!(%error, "could not look after the pipeline; trying again");
                    BETWEEN
                }
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = self.shutdown.cancelled() => {}
            }
        }
    }

    async fn prepare(&self) -> State {
        let source = &self.pipeline.source;
        let notices = match (&self.pipeline.sqs_queue_url, self.context.stores.get(&source.store)) {
            (Some(url), Some(entry)) => {
                let queue = Queue::connect(url.clone(), entry.client.endpoint(), self.messages_held).await;
                Some(Notices::of(queue, source.clone()))
            }
            _ => None,
        };
        State { queued: notices.as_ref().map(Notices::queued), notices, ..State::default() }
    }

    /// What there is to do, if the pipeline is ours; and how long to wait until the next.
    async fn turn(&self, state: &mut State) -> Result<Duration, DbError> {
        let began = Instant::now();
        let followed = self.context.db.follow(&self.pipeline.name, &self.context.holder, LEASE_MS).await?;
        self.ours.store(followed.is_some(), Ordering::Relaxed);
        let Some(followed) = followed else {
            // What another ships meanwhile is not seen from here.
            state.look_at = None;
            return Ok(BETWEEN);
        };
        if state.notices.is_none() || state.look_at.is_none_or(|at| at <= began) {
            self.look(state, followed.since).await?;
        }
        match state.notices.take() {
            None => {
                self.tell(state).await?;
                Ok(BETWEEN.max(began.elapsed() * (SHARE - 1)))
            }
            Some(mut notices) => {
                let wait = self.listen(state, &mut notices).await;
                let queued = notices.queued();
                // Where more is to be taken at once, what waits is told once it is known.
                let done = !matches!(wait, Ok(Duration::ZERO)) || queued.messages == 0;
                (state.queued, state.notices) = (Some(queued), Some(notices));
                if done {
                    self.tell(state).await?;
                }
                wait
            }
        }
    }

    /// Lists, and ships what is due.
    async fn look(&self, state: &mut State, since: Time) -> Result<(), DbError> {
        let mut wait = BETWEEN_TOLD;
        match look::look(self, since).await {
            Ok(sight) => {
                (state.sight, state.error) = (sight, None);
                // Told before it is shipped, as that may take its time, and again afterwards.
                self.tell(state).await?;
                let due = state.patience.due(&state.sight);
                if !due.is_empty() {
                    let shipped = shipping::ship(self, due.clone()).await;
                    state.patience.after(&due, &shipped.whole);
                    state.sight.shipped(&shipped.whole);
                    state.error = shipped.error;
                }
                if state.error.is_some() || state.sight.goes_on() {
                    wait = BETWEEN_TRIES;
                }
            }
            Err(why) => {
                (state.sight, state.error) = (Sight::default(), Some(why));
                wait = BETWEEN_TRIES;
            }
        }
        state.look_at = Some(Instant::now() + wait);
        Ok(())
    }

    /// Takes what the queue tells of, and ships it.
    async fn listen(&self, state: &mut State, notices: &mut Notices) -> Result<Duration, DbError> {
        let gathered = tokio::select! {
            gathered = notices.gather(self.context.db.now()) => gathered,
            // What was taken by then comes back by itself.
            () = self.shutdown.cancelled() => return Ok(Duration::ZERO),
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
            if batch.objects.is_empty() { HashSet::new() } else { self.ship_told(state, notices, &batch).await? };
        let settled = notices.settle(batch, &whole, self.shutdown.is_cancelled()).await;
        Ok(settled.map_or_else(|error| state.refused(&error), |()| Duration::ZERO))
    }

    async fn ship_told(
        &self,
        state: &mut State,
        notices: &Notices,
        batch: &Batch,
    ) -> Result<HashSet<model::Key>, DbError> {
        state.queued = Some(notices.queued());
        state.sight.told(&batch.objects);
        self.tell(state).await?;
        let shipped = tokio::select! {
            shipped = shipping::ship(self, batch.objects.keys().cloned().collect()) => shipped,
            never = notices.hold(batch) => match never {},
        };
        state.sight.shipped(&shipped.whole);
        state.queue_error = shipped.error;
        Ok(shipped.whole)
    }

    async fn tell(&self, state: &State) -> Result<(), DbError> {
        let seen = LookedAt {
            waiting: state.sight.waiting(),
            oldest: state.sight.oldest(),
            error: state.error.clone().or_else(|| state.queue_error.clone()),
            queue: state.queued.clone(),
        };
        self.context.db.looked(&self.pipeline.name, &self.context.holder, LEASE_MS, &seen).await?;
        Ok(())
    }
}
