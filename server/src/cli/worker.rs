//! `logyard worker`: runs jobs of a database that servers share; no pages, no API.

use std::sync::Arc;

use tracing::info;

use super::{Failure, hold, stop};
use crate::{alerts::Receivers, config::Config, demo, stores::Stores, syncs::Syncs, tasks::Tasks};

pub const AFTER_HELP: &str = "\
Examples:
  LOGYARD_DATABASE_URL=postgres://logyard@db/logyard logyard --config logyard.toml worker
  LOGYARD_RUNNER_JOBS=8 logyard worker

A worker needs the same configuration and the same database as the servers; runner.jobs says how many jobs it runs at
once. It also starts the jobs of schedules, follows pipelines and looks after alerts. Any number of workers may
run. SIGTERM gives its jobs back within 5 seconds.";

pub async fn run(mut config: Config) -> Result<(), Failure> {
    if config.runner.jobs == 0 {
        return Err(Failure::usage("runner.jobs is 0: a worker needs at least 1"));
    }
    let shutdown = stop::on_signal();
    let store = hold::database(&config, &shutdown).await?;
    demo::find(&mut config);
    let stores = Stores::connect(&config).await;
    let context = hold::runner_context(&config, &store, &stores);
    println!("Working as {} on {}.", context.holder, store.describe());
    info!(holder = %context.holder, jobs = config.runner.jobs, "working");
    let config = Arc::new(config);
    let receivers = Receivers::open(&config.alerts, &stores, config.server.public_url.clone()).await;
    let tasks = Tasks::start(&config, context, Syncs::new(&config), receivers, None);
    shutdown.cancelled().await;
    tasks.stop().await;
    Ok(())
}
