//! What `serve` and `worker` have in common: a database, the stores, and a name under which leases are held.

use std::{fs, sync::Arc, time::Duration};

use rand::Rng;
use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Failure;
use crate::{config::Config, groups::LogGroups, runner, sinks::Sinks, stores::Stores};

/// The database's clock is asked for this often: clocks drift.
const CLOCK: Duration = Duration::from_mins(1);

/// Opens the database and follows its clock until `stop`.
pub async fn database(config: &Config, stop: &CancellationToken) -> Result<Store, Failure> {
    let store = Store::open(&config.database.url).await.map_err(|error| match &error {
        StoreError::Unreachable(cause) | StoreError::Busy(cause) => {
            Failure::unreachable(format!("{error}: {cause}. Check database.url, and that the database is up."))
        }
        StoreError::Refused(cause) => Failure::usage(format!("{error}: {cause}")),
        _ => Failure::usage(error),
    })?;
    let (clock, stop) = (store.clone(), stop.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(CLOCK) => {}
            }
            if let Err(error) = clock.sync_clock().await {
                warn!(%error, "the database's clock could not be read");
            }
        }
    });
    Ok(store)
}

pub fn runner_context(config: &Config, store: &Store, stores: &Stores) -> runner::Context {
    runner::Context {
        store: store.clone(),
        stores: stores.clone(),
        sinks: Sinks::new(&config.sinks),
        groups: LogGroups::new(config, stores),
        data_dir: config.server.data_dir.clone(),
        config: config.runner.clone(),
        holder: holder(),
    }
}

/// `host/process-random`: containers share process ids, and a restarted process must not take itself for the old one.
pub fn holder() -> Arc<str> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "logyard" } else { host.trim() };
    format!("{host}/{}-{:04x}", std::process::id(), rand::rng().random::<u16>()).into()
}
