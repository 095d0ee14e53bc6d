//! The horizon: the version below which everything is committed, for databases with concurrent writers.
//!
//! A writer that took version 7 may commit after a writer that took 8. A comparison up to 8 in between would miss that
//! row, and marking 8 as settled would never send it. The algorithm: read the highest version *V*, then list the open
//! writers. A writer that took a version below *V* and is not in the list has ended. Once the listed writers have ended
//! too, everything up to *V* is final; until then an earlier *V* whose writers have ended is the answer.
//!
//! Safe: versions taken by the statement that writes the row, from a source that only grows (a column default, a
//! trigger, `SET row_version = …`), in transactions of any length. Not safe: versions taken earlier (a `SELECT` of the
//! next value followed by an `INSERT`, sequences with a cache, reserved blocks of numbers, the start time or the number
//! of a transaction).
//!
//! Always: no row below a reported horizon is committed later by a safe writer. If no horizon is known, because a
//! transaction was open before the first call, the call waits briefly and then fails with the name of that transaction.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use engine::sync::HeldBack;

use crate::{TableError, database};

/// Longest wait for open transactions if an older horizon is known.
const WAIT_IF_KNOWN: Duration = Duration::from_millis(200);
/// Longest wait for open transactions if no horizon is known.
const WAIT_IF_UNKNOWN: Duration = Duration::from_secs(5);
/// Most versions that wait for their writers at once.
const MAX_PENDING: usize = 64;

/// Lists the open writers of a table.
#[async_trait]
pub trait Writers: Sync {
    /// Time between two lists of open writers.
    const POLL_INTERVAL: Duration;

    fn location(&self) -> &str;
    /// Open writers. A writer that is not listed has ended, and every later snapshot sees what it committed.
    async fn open_writers(&self) -> Result<OpenWriters, TableError>;
    /// Description of the writer that has been open longest, and its start in Unix milliseconds.
    async fn oldest_writer(&self) -> Result<(String, Option<u64>), TableError>;
}

/// Writers that have not ended, by unique names.
#[derive(Clone, Debug, Default)]
pub struct OpenWriters {
    pub writers: HashSet<String>,
    /// New name by old name, for writers that were listed under another name before.
    pub renamed: HashMap<String, String>,
}

/// Finds the horizon of a table over successive calls.
#[derive(Default)]
pub struct Horizon {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Identity of the server process: another or restarted server has other transactions.
    server: String,
    safe: Option<u64>,
    /// Versions waiting for their writers, in order.
    pending: Vec<PendingHorizon>,
}

/// A version that becomes the horizon once its writers have ended.
struct PendingHorizon {
    below: u64,
    writers: HashSet<String>,
}

impl Horizon {
    /// Returns the horizon. `highest` is the highest version committed before this call. Falls back to an earlier
    /// horizon if writers stay open for long; fails with [`TableError::Unsettled`] if there is none.
    pub async fn find(
        &self,
        table: &impl Writers,
        server: &str,
        highest: Option<i64>,
    ) -> Result<database::Horizon, TableError> {
        let below = highest.map_or(0, |highest| u64::try_from(highest).map_or(0, |highest| highest + 1));
        let now = table.open_writers().await?;
        self.with(|known| known.learn(server, below, &now));
        let started = Instant::now();
        loop {
            let (safe, settled) = self.with(|known| (known.safe, known.pending.is_empty()));
            let wait_limit = if safe.is_some() { WAIT_IF_KNOWN } else { WAIT_IF_UNKNOWN };
            match safe {
                Some(safe) if settled || started.elapsed() > wait_limit => {
                    let mut horizon = database::Horizon { below: safe, held_back: None };
                    if safe < below {
                        let (by, since) = table.oldest_writer().await?;
                        horizon.held_back = Some(HeldBack { rows: 0, by, since });
                    }
                    return Ok(horizon);
                }
                None if started.elapsed() > wait_limit => {
                    let (location, (writer, _)) = (table.location().to_owned(), table.oldest_writer().await?);
                    return Err(TableError::Unsettled { location, writer });
                }
                _ => pause(table).await,
            }
            let now = table.open_writers().await?;
            self.with(|known| known.settle(&now));
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn pause<W: Writers>(_: &W) {
    tokio::time::sleep(W::POLL_INTERVAL).await;
}

impl Known {
    fn learn(&mut self, server: &str, below: u64, now: &OpenWriters) {
        if self.server != server {
            *self = Self { server: server.to_owned(), ..Self::default() };
        }
        if self.pending.len() >= MAX_PENDING {
            // Drop every other entry: keeping old ones lets the horizon advance despite long transactions.
            let mut odd = false;
            self.pending.retain(|_| {
                odd = !odd;
                odd
            });
        }
        self.pending.push(PendingHorizon { below, writers: now.writers.clone() });
        self.settle(now);
    }

    /// Updates the pending versions with the current writers.
    fn settle(&mut self, now: &OpenWriters) {
        for waiting in &mut self.pending {
            let renamed = waiting.writers.drain().map(|writer| now.renamed.get(&writer).cloned().unwrap_or(writer));
            waiting.writers = renamed.filter(|writer| now.writers.contains(writer)).collect();
        }
        let safe = self.pending.iter().filter(|waiting| waiting.writers.is_empty()).map(|waiting| waiting.below).max();
        self.safe = self.safe.max(safe);
        self.pending.retain(|waiting| !waiting.writers.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writers(names: &[&str]) -> OpenWriters {
        OpenWriters { writers: names.iter().map(|name| (*name).to_owned()).collect(), ..OpenWriters::default() }
    }

    #[test]
    fn version_is_final_once_its_writers_have_ended() {
        let mut known = Known::default();
        known.learn("up", 10, &writers(&["a"]));
        assert_eq!(known.safe, None);
        known.learn("up", 20, &writers(&["a", "b"]));
        known.settle(&writers(&["b", "c"]));
        assert_eq!(known.safe, Some(10));
        known.learn("up", 30, &writers(&["c"]));
        assert_eq!(known.safe, Some(20), "b has ended, and c began later");
    }

    #[test]
    fn horizon_advances_under_always_overlapping_writers() {
        let mut known = Known::default();
        for second in 0..1_000u64 {
            let open: Vec<_> = (second..second + 100).map(|writer| writer.to_string()).collect();
            known.learn("up", second, &OpenWriters { writers: open.into_iter().collect(), ..OpenWriters::default() });
        }
        assert!(known.safe.is_some_and(|safe| safe > 700), "{:?}", known.safe);
        assert!(known.pending.len() <= MAX_PENDING);
    }

    #[test]
    fn restarted_server_resets_the_horizon() {
        let mut known = Known::default();
        known.learn("up", 10, &writers(&[]));
        known.learn("up again", 5, &writers(&["a"]));
        assert_eq!(known.safe, None);
    }

    #[test]
    fn renamed_writer_is_still_waited_for() {
        let mut known = Known::default();
        known.learn("up", 10, &writers(&["connection 7"]));
        let renamed = [("connection 7".to_owned(), "transaction 99".to_owned())].into();
        known.settle(&OpenWriters { renamed, ..writers(&["transaction 99"]) });
        assert_eq!(known.safe, None);
        known.settle(&writers(&["connection 7"]));
        assert_eq!(known.safe, Some(10), "the connection now has another transaction");
    }
}
