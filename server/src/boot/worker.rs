//! `logyard worker`: runs jobs and tasks of a database that servers share; no pages, no API.

use std::{
    io::{self, Write},
    sync::Arc,
};

use tracing::info;

use super::{Failure, database, runner_context, stop};
use crate::{
    config::Config,
    connections::{receivers::Receivers, stores::Stores, tables::Syncs},
    demo,
    tasks::Tasks,
};

pub async fn run(mut config: Config) -> Result<(), Failure> {
    if config.runner.jobs == 0 {
        return Err(Failure::usage("runner.jobs is 0: a worker needs at least 1, or run_jobs = false under [tasks]"));
    }
    if config.tasks.names().is_empty() {
        return Err(Failure::usage("every task under [tasks] is false: a worker needs at least one"));
    }
    let shutdown = stop::on_signal();
    let db = database::open(&config, &shutdown).await?;
    demo::find(&mut config);
    let stores = Stores::connect(&config).await;
    let context = runner_context(&config, &db, &stores);
    let _ = writeln!(io::stdout(), "Working as {} on {}.", context.holder, db.describe());
    info!(holder = %context.holder, jobs = config.runner.jobs, "working");
    let config = Arc::new(config);
    let receivers = Receivers::open(&config.alerts, &stores, config.server.public_url.clone()).await;
    let tasks = Tasks::start(&config, &context, Syncs::new(&config), receivers, None);
    shutdown.cancelled().await;
    tasks.stop().await;
    Ok(())
}
