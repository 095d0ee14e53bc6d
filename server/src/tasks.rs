//! What servers and workers do by themselves, each task described in its own module.
//!
//! Always: what holds a lease gives it back on stopping; nothing here answers a request.

use std::sync::Arc;

use engine::ship::queue::Queue;

use crate::{
    alerts::{self, Alerts, Receivers},
    config::Config,
    follower::{self, Follower},
    hub::Hub,
    reconciler::{self, Reconciler},
    runner::{self, Nudge, Pulse, Runner},
    scheduler::{self, Scheduler},
    sweeper::Sweeper,
    syncer::{self, Syncer},
    syncs::Syncs,
    watcher::{self, Watcher},
};

pub struct Tasks {
    alerts: Alerts,
    follower: Follower,
    reconciler: Reconciler,
    runner: Runner,
    scheduler: Scheduler,
    sweeper: Sweeper,
    syncer: Syncer,
    watcher: Watcher,
}

impl Tasks {
    /// `hub`: to have changes told at once, where there are pages.
    pub fn start(
        config: &Arc<Config>,
        context: runner::Context,
        syncs: Syncs,
        receivers: Receivers,
        hub: Option<Hub>,
    ) -> Self {
        let (store, stores, holder) = (context.store.clone(), context.stores.clone(), context.holder.clone());
        let watcher = Watcher::start(watcher::Context::of(&context));
        let follower = Follower::start(follower::Context {
            runner: context.clone(),
            pipelines: config.pipelines.clone(),
            messages_held: Queue::HELD,
        });
        let reconciler = Reconciler::start(reconciler::Context {
            store: store.clone(),
            stores: stores.clone(),
            holder: holder.clone(),
            pipelines: config.pipelines.clone(),
        });
        let alerts = Alerts::start(&alerts::Context {
            store: store.clone(),
            sinks: context.sinks.clone(),
            receivers,
            config: Arc::clone(config),
            holder,
            hub: hub.clone(),
            rhythm: alerts::Rhythm::default(),
        });
        let sweeper = Sweeper::start(store.clone(), config.retention);
        let syncer = Syncer::start(syncer::Context {
            store: store.clone(),
            syncs,
            holder: context.holder.clone(),
            lease_ms: context.config.lease_ms,
        });
        let runner = Runner::start(context);
        let scheduler = Scheduler::start(scheduler::Context { store, stores, runner: runner.nudge(), hub });
        Self { alerts, follower, reconciler, runner, scheduler, sweeper, syncer, watcher }
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
        let Self { alerts, follower, reconciler, runner, scheduler, sweeper, syncer, watcher } = self;
        drop(sweeper);
        tokio::join!(
            alerts.stop(),
            follower.stop(),
            reconciler.stop(),
            runner.stop(),
            scheduler.stop(),
            syncer.stop(),
            watcher.stop()
        );
    }
}
