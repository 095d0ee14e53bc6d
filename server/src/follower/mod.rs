//! The follower: ships the log objects of a pipeline as they appear.
//!
//! One task per pipeline with `follow = true`, in every server and worker; the store lets one of them at a time do it.
//! A look lists the last day of the source (what is delivered late is not missed), leaves out what runs are recorded of,
//! and ships the rest as runs of the pipeline. What was there before a pipeline was followed for the first time is not
//! its business: that is what a reprocess is for.
//!
//! Always: a run is recorded by whoever holds the pipeline. What could not be parsed is recorded and left; what could
//! not be read or sent is tried again, ever more rarely. Killed at any moment, it sends again what was in flight.

mod look;
mod shipping;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use model::{Pipeline, Time};
use store::LookedAt;
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span, warn};

use self::look::{Patience, Sight};
use crate::{config::DEMO_PIPELINE, runner};

/// Between looks, at least; a look that takes long makes for longer ones.
const BETWEEN: Duration = Duration::from_secs(5);
/// Looking takes one part in so many of the time.
const SHARE: u32 = 10;
/// How long a pipeline stays with a process that is not heard of.
const LEASE_MS: i64 = 30_000;
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// Of a process that ends.
const STOP_WITHIN: Duration = Duration::from_secs(3);
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// So long runs of no job are kept. Those of the demo, which never ends, for a day.
const KEPT_MS: i64 = 30 * 86_400_000;
const KEPT_OF_DEMO_MS: i64 = 86_400_000;

pub struct Context {
    /// What a runner needs, too: the same stores, sinks and name.
    pub runner: runner::Context,
    pub pipelines: Vec<Pipeline>,
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
    shutdown: CancellationToken,
    /// As of the last look.
    ours: AtomicBool,
}

impl Follower {
    pub fn start(context: Context) -> Self {
        let (shutdown, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let runner = Arc::new(context.runner);
        for pipeline in context.pipelines.into_iter().filter(|pipeline| pipeline.follow) {
            let span = info_span!("follower", pipeline = %pipeline.name);
            let watch =
                Watch { context: Arc::clone(&runner), pipeline, shutdown: shutdown.clone(), ours: false.into() };
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
        if let Err(error) = self.context.store.unfollow(&self.pipeline.name, &self.context.holder).await {
            warn!(%error, "the pipeline could not be given back; its lease expires by itself");
        }
    }

    /// Renews the lease for as long as it is ours; never ends by itself.
    async fn keep(&self) {
        loop {
            sleep(RENEW_EVERY).await;
            let (store, name) = (&self.context.store, &self.pipeline.name);
            if self.ours.load(Ordering::Relaxed)
                && let Err(error) = store.follow(name, &self.context.holder, LEASE_MS).await
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
        let mut patience = Patience::default();
        let mut forgotten = None::<Instant>;
        while !self.shutdown.is_cancelled() {
            let began = Instant::now();
            match self.turn(&mut patience).await {
                Ok(()) => {}
                Err(error) => warn!(%error, "could not look after the pipeline; trying again"),
            }
            if forgotten.is_none_or(|at| at.elapsed() > FORGET_EVERY) {
                self.forget().await;
                forgotten = Some(Instant::now());
            }
            let wait = BETWEEN.max(began.elapsed() * (SHARE - 1));
            tokio::select! {
                () = sleep(wait) => {}
                () = self.shutdown.cancelled() => {}
            }
        }
    }

    /// One look and what comes of it, if the pipeline is ours.
    async fn turn(&self, patience: &mut Patience) -> Result<(), store::StoreError> {
        let (store, holder) = (&self.context.store, &self.context.holder);
        let followed = store.follow(&self.pipeline.name, holder, LEASE_MS).await?;
        self.ours.store(followed.is_some(), Ordering::Relaxed);
        let Some(followed) = followed else { return Ok(()) };
        let seen = match look::look(self, followed.since).await {
            Ok(sight) => {
                // Told before it is shipped, as that may take its time, and again afterwards.
                let before = LookedAt { waiting: sight.waiting(), oldest: sight.oldest(), error: None };
                store.looked(&self.pipeline.name, holder, LEASE_MS, &before).await?;
                self.ship(sight, patience).await
            }
            Err(why) => LookedAt { waiting: 0, oldest: None, error: Some(why) },
        };
        store.looked(&self.pipeline.name, holder, LEASE_MS, &seen).await?;
        Ok(())
    }

    /// What is still waiting afterwards, and why.
    async fn ship(&self, mut sight: Sight, patience: &mut Patience) -> LookedAt {
        let due = patience.due(&sight);
        let mut error = None;
        if !due.is_empty() {
            let shipped = shipping::ship(self, due.clone()).await;
            sight.shipped(&shipped.whole);
            patience.after(&due, &shipped.whole);
            error = shipped.error;
        }
        LookedAt { waiting: sight.waiting(), oldest: sight.oldest(), error }
    }

    async fn forget(&self) {
        let kept = if self.pipeline.name.as_str() == DEMO_PIPELINE { KEPT_OF_DEMO_MS } else { KEPT_MS };
        let before = Time(self.context.store.now().0 - kept);
        if let Err(error) = self.context.store.forget_followed(&self.pipeline.name, before).await {
            warn!(%error, "old runs could not be forgotten");
        }
    }
}
