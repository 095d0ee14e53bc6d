//! What servers and workers do by themselves, each task described in its own module.
//!
//! Always: what holds a lease gives it back on stopping; nothing here answers a request.

pub mod alerts;
pub mod follower;
pub mod log_reader;
pub mod reconciler;
pub mod runner;
pub mod scheduler;
pub mod sweeper;
pub mod syncer;

use std::sync::Arc;

use engine::ship::queue::Queue;

use self::{
    alerts::Alerts, follower::Follower, log_reader::LogReader, reconciler::Reconciler, runner::Runner,
    scheduler::Scheduler, sweeper::Sweeper, syncer::Syncer,
};
use crate::{
    config::Config,
    connections::{receivers::Receivers, tables::Syncs},
    signals::{Nudge, Pulse},
};

pub struct Tasks {
    alerts: Alerts,
    follower: Follower,
    reconciler: Reconciler,
    runner: Runner,
    scheduler: Scheduler,
    sweeper: Sweeper,
    syncer: Syncer,
    log_reader: LogReader,
}

impl Tasks {
    /// `hub`: woken after each change, in a process that serves pages.
    pub fn start(
        config: &Arc<Config>,
        context: runner::Context,
        syncs: Syncs,
        receivers: Receivers,
        hub: Option<Nudge>,
    ) -> Self {
        let (db, stores, holder) = (context.db.clone(), context.stores.clone(), context.holder.clone());
        let log_reader = LogReader::start(log_reader::Context::of(&context));
        let follower = Follower::start(follower::Context {
            runner: context.clone(),
            pipelines: config.pipelines.clone(),
            messages_held: Queue::HELD,
        });
        let reconciler = Reconciler::start(reconciler::Context {
            db: db.clone(),
            stores: stores.clone(),
            holder: holder.clone(),
            pipelines: config.pipelines.clone(),
        });
        let alerts = Alerts::start(&alerts::Context {
            db: db.clone(),
            sinks: context.sinks.clone(),
            receivers,
            config: Arc::clone(config),
            holder,
            hub: hub.clone(),
            rhythm: alerts::Rhythm::default(),
        });
        let sweeper = Sweeper::start(db.clone(), config.retention);
        let syncer = Syncer::start(syncer::Context {
            db: db.clone(),
            syncs,
            holder: context.holder.clone(),
            lease_ms: context.config.lease_ms,
        });
        let runner = Runner::start(context);
        let scheduler = Scheduler::start(scheduler::Context { db, stores, runner: runner.nudge(), hub });
        Self { alerts, follower, reconciler, runner, scheduler, sweeper, syncer, log_reader }
    }

    pub fn runner(&self) -> Nudge {
        self.runner.nudge()
    }

    pub fn scheduler(&self) -> Nudge {
        self.scheduler.nudge()
    }

    pub fn pulse(&self) -> Pulse {
        self.runner.pulse()
    }

    /// Lets what is in flight come to its end, for a while.
    pub async fn stop(self) {
        let Self { alerts, follower, reconciler, runner, scheduler, sweeper, syncer, log_reader } = self;
        drop(sweeper);
        tokio::join!(
            alerts.stop(),
            follower.stop(),
            reconciler.stop(),
            runner.stop(),
            scheduler.stop(),
            syncer.stop(),
            log_reader.stop()
        );
    }
}
