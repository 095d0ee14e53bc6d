//! Background tasks of servers and workers, each described in its own module.
//!
//! `[tasks]` of the configuration says which of them a process runs. All but the runner and the alert sender are leased
//! tasks: see `leased`.
//!
//! Always: on shutdown a task gives its leases back. Nothing here answers a request.

pub mod alerts;
pub mod follower;
pub mod leased;
pub mod log_reader;
pub mod reconciler;
pub mod runner;
pub mod scheduler;
pub mod sweeper;
pub mod syncer;

use std::sync::Arc;

use engine::ship::queue::Queue;

use self::{
    alerts::Alerts, follower::Follower, leased::Started, log_reader::LogReader, reconciler::Reconciler, runner::Runner,
    scheduler::Scheduler, sweeper::Sweeper, syncer::Syncer,
};
use crate::{
    config::Config,
    connections::{receivers::Receivers, tables::Syncs},
    signals::{Nudge, Pulse},
};

/// The running tasks of a process.
pub struct Tasks {
    /// `None`: this process runs no jobs.
    runner: Option<Runner>,
    leased: Started,
    alerts: Started,
    scheduler: Nudge,
}

impl Tasks {
    /// Starts the tasks that `[tasks]` allows. `hub`: woken after each change, in a process that serves pages.
    pub fn start(
        config: &Arc<Config>,
        context: &runner::Context,
        syncs: Syncs,
        receivers: Receivers,
        hub: Option<Nudge>,
    ) -> Self {
        let (on, terms, mut leased) = (config.tasks, context.terms(), Started::default());
        let (db, stores, holder) = (context.db.clone(), context.stores.clone(), Arc::clone(&context.holder));
        let (lease_ms, pipelines) = (config.runner.lease_ms, config.pipelines.clone());
        let runner = on.run_jobs.then(|| Runner::start(context.clone()));
        let nudge = runner.as_ref().map_or_else(Nudge::default, Runner::nudge);
        let scheduler = Nudge::default();
        if on.follow {
            let (runner, pipelines) = (context.clone(), pipelines.clone());
            leased.lease(&terms, Follower::all(follower::Context { runner, pipelines, messages_held: Queue::HELD }));
        }
        if on.read_logs {
            leased.lease(&terms, LogReader::all(log_reader::Context::of(context)));
        }
        if on.reconcile {
            let (db, stores, holder) = (db.clone(), stores.clone(), Arc::clone(&holder));
            leased.lease(&terms, Reconciler::all(reconciler::Context { db, stores, holder, lease_ms, pipelines }));
        }
        if on.sync {
            let (db, holder) = (db.clone(), Arc::clone(&holder));
            leased.lease(&terms, Syncer::all(syncer::Context { db, syncs, holder, lease_ms }));
        }
        if on.sweep {
            leased.lease(&terms, [Sweeper { db: db.clone(), retention: config.retention }]);
        }
        let alerts = Alerts::start(&alerts::Context {
            db: db.clone(),
            sinks: context.sinks.clone(),
            receivers,
            config: Arc::clone(config),
            holder: Arc::clone(&holder),
            hub: hub.clone(),
            rhythm: alerts::Rhythm::default(),
        });
        if on.schedule {
            let context = scheduler::Context { db, stores, holder, lease_ms, runner: nudge, hub };
            leased.lease(&terms, [Scheduler::new(context, scheduler.clone())]);
        }
        Self { runner, leased, alerts, scheduler }
    }

    /// Wakes the runner of this process, if it has one.
    pub fn runner(&self) -> Nudge {
        self.runner.as_ref().map_or_else(Nudge::default, Runner::nudge)
    }

    /// Wakes the scheduler of this process, if it holds the lease.
    pub fn scheduler(&self) -> Nudge {
        self.scheduler.clone()
    }

    /// Whether the runner is alive; `None`: this process runs no jobs.
    pub fn pulse(&self) -> Option<Pulse> {
        self.runner.as_ref().map(Runner::pulse)
    }

    /// Lets what is in flight end, each task within its limit, and releases all leases.
    pub async fn stop(self) {
        let Self { runner, leased, alerts, .. } = self;
        let runner = async {
            if let Some(runner) = runner {
                runner.stop().await;
            }
        };
        tokio::join!(runner, leased.stop(), alerts.stop());
    }
}
