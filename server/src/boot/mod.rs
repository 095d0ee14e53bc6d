//! The composition root: builds every part once, in order, and starts a server or a worker.
//!
//! - `serve`: everything in one process; `worker`: the tasks without pages and API
//! - `database`: opens Logyard's own; `stop`: signals; `log`: format and level of log lines; `failure`: exit codes
//!
//! Always: a part is given what it needs; it finds nothing by itself.

pub mod database;
mod failure;
pub mod log;
pub mod serve;
pub mod stop;
pub mod worker;

use std::{fs, sync::Arc};

use db::Db;
use rand::Rng;

pub use self::failure::{Exit, Failure};
use crate::{
    config::Config,
    connections::{log_groups::LogGroups, sinks::Sinks, stores::Stores, transforms::Transforms},
    tasks::runner,
};

fn runner_context(config: &Config, store: &Db, stores: &Stores) -> runner::Context {
    runner::Context {
        db: store.clone(),
        stores: stores.clone(),
        sinks: Sinks::new(&config.sinks),
        groups: LogGroups::new(config, stores),
        transforms: Transforms::new(&config.pipelines),
        data_dir: config.server.data_dir.clone(),
        config: config.runner.clone(),
        holder: holder(),
    }
}

/// The name under which a process holds leases: `host/process-random`. Containers share process ids, and a restarted
/// process must not hold the leases of the old one.
pub fn holder() -> Arc<str> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "logyard" } else { host.trim() };
    format!("{host}/{}-{:04x}", std::process::id(), rand::rng().random::<u16>()).into()
}
