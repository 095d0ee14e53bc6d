//! Alerts: looks at conditions four times a minute, and tells receivers what that changes.
//!
//! Every server and worker has these tasks; by a lease one of them evaluates at a time. What there is to tell is in the
//! store's outbox, from which every process takes: so that neither a receiver that is down nor a process that is killed
//! holds it up or loses it.
//!
//! - `facts`: the one place that knows whence conditions are known
//! - `evaluation`: facts → findings → alerts; `heartbeat`: shows that this happens
//! - `receivers`: webhooks and topics, opened once; `message`: what they are sent; `courier`: takes it there
//! - `canary`: marked events through sinks
//!
//! Always: what cannot be evaluated is not called fine: the time of the last evaluation is kept, and the heartbeat stops
//! with it.

mod canary;
mod courier;
mod evaluation;
mod facts;
mod heartbeat;

use std::{sync::Arc, time::Duration};

use db::Db;
use engine::alerts::{Debounce, Limits};
use model::Pipeline;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    connections::{receivers::Receivers, sinks::Sinks},
    signals::Nudge,
};

/// What the tasks need.
#[derive(Clone)]
pub struct Context {
    pub db: Db,
    pub sinks: Sinks,
    pub receivers: Receivers,
    pub config: Arc<Config>,
    /// The name under which leases are held.
    pub holder: Arc<str>,
    /// To have changes told at once, where there are pages.
    pub hub: Option<Nudge>,
    pub rhythm: Rhythm,
}

/// How often what is done. From event to alert in 60 s: 15 until it is looked at, the rest to tell of it.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    pub evaluate: Duration,
    /// How long another process waits for one that is not heard of.
    pub lease: Duration,
    /// Between looks into the outbox.
    pub deliver: Duration,
    /// So long a process has for an attempt before another may try.
    pub hold: Duration,
    /// After a first failed attempt; twice as long after each other.
    pub again: Duration,
    /// Instead of the one that fits the interval of each pipeline.
    pub debounce: Option<Debounce>,
}

/// Started tasks.
pub struct Alerts {
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            evaluate: Duration::from_secs(15),
            lease: Duration::from_secs(40),
            deliver: Duration::from_secs(2),
            hold: Duration::from_secs(20),
            again: Duration::from_secs(5),
            debounce: None,
        }
    }
}

impl Alerts {
    pub fn start(context: &Context) -> Self {
        let (shutdown, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let told = Nudge::default();
        let stop = || shutdown.clone();
        tasks.spawn(evaluation::run(context.clone(), told.clone(), stop()));
        // Cut off wherever it is: what is not recorded is tried again.
        let courier = stop().run_until_cancelled_owned(courier::run(context.clone(), told));
        tasks.spawn(async move {
            let _ = courier.await; // it never ends by itself
        });
        for (sink, every) in context.config.alerts.canaries.clone() {
            let canary = stop().run_until_cancelled_owned(canary::run(context.clone(), sink, every));
            tasks.spawn(async move {
                let _ = canary.await; // nor does this
            });
        }
        Self { shutdown, tasks }
    }

    /// Returns once nothing more will be done here.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Context {
    fn limits(&self, pipeline: &Pipeline) -> Limits {
        self.config.alerts.limits.get(&pipeline.name).cloned().unwrap_or_default()
    }
}
