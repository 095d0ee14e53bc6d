//! What pages and API ask, answered from database, engines and configuration: the one implementation of `Backend`.
//!
//! One file a domain implements that domain's trait; the others hold what those files share. Always: errors for readers
//! come from `problem`, and their causes go to the log. A method that changes a job wakes the runner and the hub of this
//! process; those of other processes see the change at their next poll.

// One trait each.
mod alerts;
mod clones;
mod jobs;
mod pipelines;
mod reprocesses;
mod runs;
mod schedules;
mod settings;
mod stores;
mod syncs;

// Shared by them.
mod canary_sizes;
mod commands;
mod dead_letters;
pub mod hub;
mod mirrors;
mod problem;
mod reprocess_commands;
mod reprocess_plans;
mod run_log;
mod sync_report;
mod tally;
mod templates;

use std::sync::Arc;

use db::Db;
use model::Time;

use crate::{
    backend::hub::Hub,
    config::Config,
    connections::{
        log_groups::LogGroups,
        receivers::Receivers,
        sinks::Sinks,
        stores::{StoreHealth, Stores},
        tables::Syncs,
    },
    signals::Nudge,
};

/// Logyard as its pages and its API see it.
pub struct AppBackend {
    pub db: Db,
    pub stores: Stores,
    pub sinks: Sinks,
    pub receivers: Receivers,
    pub groups: LogGroups,
    pub syncs: Syncs,
    pub health: StoreHealth,
    pub hub: Hub,
    pub runner: Nudge,
    pub scheduler: Nudge,
    pub config: Arc<Config>,
    /// How callers reach this server, `http://127.0.0.1:3000`.
    pub origin: String,
    /// The name under which this server holds leases.
    pub holder: Arc<str>,
    pub started_at: Time,
}

impl AppBackend {
    /// Wakes this process's runner and hub after a change of a job.
    fn job_changed(&self) {
        self.runner.nudge();
        self.hub.nudge();
    }
}
