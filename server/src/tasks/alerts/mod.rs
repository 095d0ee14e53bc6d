//! Alerts: evaluates conditions four times a minute, and notifies receivers of changes.
//!
//! One process at a time evaluates, by a lease. Notifications are written to the outbox of the database, from which
//! every process sends, so that neither a receiver that is down nor a process that is killed delays or loses one.
//!
//! - `facts`: gathers what conditions are judged by
//! - `evaluation`: facts → findings → alerts; `heartbeat`: shows that evaluations happen
//! - `sender`: sends the outbox to webhooks and topics
//! - `canary`: canary events through sinks
//!
//! Always: a condition that cannot be evaluated is not called fine. The time of the last evaluation is kept, and the
//! heartbeat stops when evaluations stop.

mod canary;
mod evaluation;
mod facts;
mod heartbeat;
mod sender;

use std::{sync::Arc, time::Duration};

use db::Db;
use engine::alerts::{Debounce, Limits};
use model::Pipeline;

use self::{canary::Canary, evaluation::Evaluator};
use crate::{
    config::Config,
    connections::{receivers::Receivers, sinks::Sinks},
    signals::Nudge,
    tasks::leased::{LeaseTerms, Started},
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
    /// Wakes the pages of this process, if it serves any.
    pub hub: Option<Nudge>,
    pub rhythm: Rhythm,
}

/// How often each step is done. From event to notification in 60 s: 15 s until the evaluation, the rest for sending.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    pub evaluate: Duration,
    /// Pause between two reads of the outbox.
    pub deliver: Duration,
    /// How long a process has for an attempt before another process may try.
    pub hold: Duration,
    /// Pause after a first failed attempt; it doubles with each further one.
    pub again: Duration,
    /// Replaces the debounce that fits the interval of each pipeline.
    pub debounce: Option<Debounce>,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            evaluate: Duration::from_secs(15),
            deliver: Duration::from_secs(2),
            hold: Duration::from_secs(20),
            again: Duration::from_secs(5),
            debounce: None,
        }
    }
}

/// Starts the tasks of alerts.
pub struct Alerts;

impl Alerts {
    /// Starts those that `[tasks]` of the configuration allows.
    pub fn start(context: &Context) -> Started {
        let (mut started, on) = (Started::default(), context.config.tasks);
        let terms = LeaseTerms::new(context.db.clone(), Arc::clone(&context.holder), context.config.runner.lease_ms);
        let written = Nudge::default();
        if on.evaluate {
            started.lease(&terms, [Evaluator::new(context.clone(), written.clone())]);
        }
        if on.canary {
            let canaries = context.config.alerts.canaries.clone().into_iter();
            started.lease(&terms, canaries.map(|(sink, every)| Canary { context: context.clone(), sink, every }));
        }
        if on.send_alerts {
            started.spawn(sender::run(context.clone(), written));
        }
        started
    }
}

impl Context {
    fn limits(&self, pipeline: &Pipeline) -> Limits {
        self.config.alerts.limits.get(&pipeline.name).cloned().unwrap_or_default()
    }
}
