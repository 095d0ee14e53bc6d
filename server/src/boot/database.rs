//! Opens Logyard's own database and keeps to its clock.

use std::time::Duration;

use db::{Db, DbError};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Failure;
use crate::config::Config;

/// Pause between two measurements of the database's clock, as clocks drift.
const CLOCK: Duration = Duration::from_mins(1);

/// Opens the database, and measures its clock again until `stop`.
pub async fn open(config: &Config, stop: &CancellationToken) -> Result<Db, Failure> {
    let db = Db::open(&config.database.url).await.map_err(|error| match &error {
        DbError::Unreachable(cause) | DbError::Busy(cause) => {
            Failure::unreachable(format!("{error}: {cause}. Check database.url, and that the database is up."))
        }
        DbError::Refused(cause) => Failure::usage(format!("{error}: {cause}")),
        _ => Failure::usage(error),
    })?;
    let (clock, stop) = (db.clone(), stop.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(CLOCK) => {}
            }
            if let Err(error) = clock.sync_clock().await {
                warn!(%error, "database clock not read; the last measurement still counts");
            }
        }
    });
    Ok(db)
}
