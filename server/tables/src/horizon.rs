//! Below which version everything is committed: what the databases that let writers overlap have in common.
//!
//! A writer that took version 7 may commit after one that took 8. Who compares up to 8 in between overlooks a row, and
//! who settles 8 never sends it. So: read the highest version *V*; then see who has written and not ended. Whoever took
//! a version below *V* and is not among them has ended. Once those are gone too, everything up to *V* is committed for
//! good; until then an earlier *V* is the answer, whose writers are gone.
//!
//! Safe are writers whose version is taken by the very statement that writes the row, from something that only grows: a
//! column's default, a trigger, `SET row_version = …`; and any number of such statements in a transaction of any length.
//! Not safe are versions that were taken earlier (by a `SELECT` of the next one and then an `INSERT`, sequences that
//! hand out many at once, blocks of numbers, the time at which a transaction began, its number).
//!
//! Always: the horizon never says more than that. Where nothing is known yet, because a transaction has been open since
//! before we came, it waits a little and then says who it waits for.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use crate::TableError;

/// How long short transactions are waited for, if an older horizon is known, and if none is.
const BRIEFLY: Duration = Duration::from_millis(200);
const PATIENTLY: Duration = Duration::from_secs(5);
/// Versions waited for at once.
const MOST: usize = 64;

/// Who writes to a table.
#[async_trait]
pub trait Writers: Sync {
    /// Between two looks at them.
    const BETWEEN: Duration;

    fn location(&self) -> &str;
    /// Whoever is not told has ended, and what it wrote is seen by every later snapshot.
    async fn open(&self) -> Result<Open, TableError>;
    /// The one that has been open longest, for people.
    async fn oldest(&self) -> Result<String, TableError>;
}

/// Writers that have not ended, by names that no other will have.
#[derive(Clone, Debug, Default)]
pub struct Open {
    pub writers: HashSet<String>,
    /// Those that were told under another name before.
    pub renamed: HashMap<String, String>,
}

#[derive(Default)]
pub struct Horizon {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// What answered; another, or one that was started anew, knows nothing of the transactions of this one.
    server: String,
    safe: Option<u64>,
    /// In the order of versions.
    waiting: Vec<Waiting>,
}

/// Everything below a version will be committed once these transactions have ended.
struct Waiting {
    below: u64,
    writers: HashSet<String>,
}

impl Horizon {
    /// The horizon, where the highest version that was committed before this call is known. Returns an earlier one
    /// where writers have been open for long, and [`TableError::Unsettled`] where there is none.
    pub async fn find(&self, table: &impl Writers, server: &str, highest: Option<i64>) -> Result<u64, TableError> {
        let below = highest.map_or(0, |highest| u64::try_from(highest).map_or(0, |highest| highest + 1));
        let now = table.open().await?;
        self.with(|known| known.learn(server, below, &now));
        let started = Instant::now();
        loop {
            let (safe, settled) = self.with(|known| (known.safe, known.waiting.is_empty()));
            let patience = if safe.is_some() { BRIEFLY } else { PATIENTLY };
            match safe {
                Some(safe) if settled || started.elapsed() > patience => return Ok(safe),
                None if started.elapsed() > patience => {
                    let (place, writer) = (table.location().to_owned(), table.oldest().await?);
                    return Err(TableError::Unsettled { place, writer });
                }
                _ => wait(table).await,
            }
            let now = table.open().await?;
            self.with(|known| known.settle(&now));
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn wait<W: Writers>(_: &W) {
    tokio::time::sleep(W::BETWEEN).await;
}

impl Known {
    fn learn(&mut self, server: &str, below: u64, now: &Open) {
        if self.server != server {
            *self = Self { server: server.to_owned(), ..Self::default() };
        }
        if self.waiting.len() >= MOST {
            // Every other one: old ones are kept, or with long transactions none would ever come true.
            let mut odd = false;
            self.waiting.retain(|_| {
                odd = !odd;
                odd
            });
        }
        self.waiting.push(Waiting { below, writers: now.writers.clone() });
        self.settle(now);
    }

    /// With the writers that there are now.
    fn settle(&mut self, now: &Open) {
        for waiting in &mut self.waiting {
            let renamed = waiting.writers.drain().map(|writer| now.renamed.get(&writer).cloned().unwrap_or(writer));
            waiting.writers = renamed.filter(|writer| now.writers.contains(writer)).collect();
        }
        let safe = self.waiting.iter().filter(|waiting| waiting.writers.is_empty()).map(|waiting| waiting.below).max();
        self.safe = self.safe.max(safe);
        self.waiting.retain(|waiting| !waiting.writers.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writers(names: &[&str]) -> Open {
        Open { writers: names.iter().map(|name| (*name).to_owned()).collect(), ..Open::default() }
    }

    #[test]
    fn a_version_is_safe_once_those_who_wrote_when_it_was_seen_are_gone() {
        let mut known = Known::default();
        known.learn("up", 10, &writers(&["a"]));
        assert_eq!(known.safe, None);
        known.learn("up", 20, &writers(&["a", "b"]));
        known.settle(&writers(&["b", "c"]));
        assert_eq!(known.safe, Some(10));
        known.learn("up", 30, &writers(&["c"]));
        assert_eq!(known.safe, Some(20), "b is gone, and c came later");
    }

    #[test]
    fn under_writers_that_overlap_for_ever_it_still_moves() {
        let mut known = Known::default();
        for second in 0..1_000u64 {
            let open: Vec<_> = (second..second + 100).map(|writer| writer.to_string()).collect();
            known.learn("up", second, &Open { writers: open.into_iter().collect(), ..Open::default() });
        }
        assert!(known.safe.is_some_and(|safe| safe > 700), "{:?}", known.safe);
        assert!(known.waiting.len() <= MOST);
    }

    #[test]
    fn a_restarted_server_is_known_nothing_of() {
        let mut known = Known::default();
        known.learn("up", 10, &writers(&[]));
        known.learn("up again", 5, &writers(&["a"]));
        assert_eq!(known.safe, None);
    }

    #[test]
    fn a_writer_that_is_known_by_another_name_is_still_waited_for() {
        let mut known = Known::default();
        known.learn("up", 10, &writers(&["connection 7"]));
        let renamed = [("connection 7".to_owned(), "transaction 99".to_owned())].into();
        known.settle(&Open { renamed, ..writers(&["transaction 99"]) });
        assert_eq!(known.safe, None);
        known.settle(&writers(&["connection 7"]));
        assert_eq!(known.safe, Some(10), "what the connection does now is another");
    }
}
