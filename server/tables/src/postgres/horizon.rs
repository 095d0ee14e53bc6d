//! Below which version everything is committed.
//!
//! A writer that took version 7 may commit after one that took 8. Who compares up to 8 in between overlooks a row, and
//! who settles 8 never sends it. What a plain table offers against that is the lock which a transaction holds on a
//! table from its first write until it has ended. So: read the highest version *V*; then see who holds such a lock.
//! Whoever took a version below *V* and is not among them has ended. Once those are gone too, everything up to *V* is
//! committed for good; until then an earlier *V* is the answer, whose writers are gone.
//!
//! Safe are writers whose version is taken by the very statement that writes the row, from something that only grows: a
//! column's `DEFAULT nextval(…)`, a trigger, `SET row_version = nextval(…)`; and any number of such statements in a
//! transaction of any length. Not safe are versions that were taken earlier (`SELECT nextval(…)` and then an `INSERT`,
//! sequences with `CACHE` above 1, blocks of numbers, the time at which a transaction began, its number).
//!
//! Always: the horizon never says more than that. Where nothing is known yet, because a transaction has been open since
//! before we came, it waits a little and then says who it waits for.

use std::{
    collections::HashSet,
    sync::Mutex,
    time::{Duration, Instant},
};

use sqlx::AssertSqlSafe;

use super::{PostgresTable, Shape};
use crate::{TableError, error::at};

/// How long short transactions are waited for, if an older horizon is known, and if none is.
const BRIEFLY: Duration = Duration::from_millis(200);
const PATIENTLY: Duration = Duration::from_secs(5);
const BETWEEN: Duration = Duration::from_millis(20);
/// Versions waited for at once.
const MOST: usize = 64;

#[derive(Default)]
pub struct Horizon {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// When the server was started; it forgets its transactions with that.
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

impl Known {
    fn learn(&mut self, server: &str, below: u64, writers: &HashSet<String>) {
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
        self.waiting.push(Waiting { below, writers: writers.clone() });
        self.settle(writers);
    }

    /// With the writers that there are now.
    fn settle(&mut self, writers: &HashSet<String>) {
        for waiting in &mut self.waiting {
            waiting.writers.retain(|writer| writers.contains(writer));
        }
        let safe = self.waiting.iter().filter(|waiting| waiting.writers.is_empty()).map(|waiting| waiting.below).max();
        self.safe = self.safe.max(safe);
        self.waiting.retain(|waiting| !waiting.writers.is_empty());
    }
}

impl PostgresTable {
    pub async fn find_horizon(&self) -> Result<u64, TableError> {
        let Shape { table, version, .. } = &self.shape;
        let sql = format!(
            "SELECT pg_is_in_recovery(), pg_postmaster_start_time()::text, (SELECT max({version})::bigint FROM {table})"
        );
        let (standby, server, highest): (bool, String, Option<i64>) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&self.pool).await.map_err(at(&self.place))?;
        if standby {
            return Err(TableError::Standby { place: self.place.clone() });
        }
        self.read.add(1);
        let below = highest.map_or(0, |highest| u64::try_from(highest).map_or(0, |highest| highest + 1));
        // Only now: who is not among them any more has ended, and is in every later snapshot.
        let mut writers = self.writers().await?;
        self.with(|known| known.learn(&server, below, &writers));
        let started = Instant::now();
        loop {
            let (safe, settled) = self.with(|known| (known.safe, known.waiting.is_empty()));
            let patience = if safe.is_some() { BRIEFLY } else { PATIENTLY };
            match safe {
                Some(safe) if settled || started.elapsed() > patience => return Ok(safe),
                None if started.elapsed() > patience => {
                    return Err(TableError::Unsettled {
                        place: self.place.clone(),
                        writer: self.oldest_writer().await?,
                    });
                }
                _ => tokio::time::sleep(BETWEEN).await,
            }
            writers = self.writers().await?;
            self.with(|known| known.settle(&writers));
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.horizon.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The transactions that wrote to the table, or to one that is a part of it, and have not ended.
    async fn writers(&self) -> Result<HashSet<String>, TableError> {
        let found: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!("SELECT virtualtransaction {WRITERS}")))
            .bind(self.shape.oid)
            .fetch_all(&self.pool)
            .await
            .map_err(at(&self.place))?;
        Ok(found.into_iter().map(|(writer,)| writer).collect())
    }

    async fn oldest_writer(&self) -> Result<String, TableError> {
        let sql = format!(
            "SELECT format('process %s (%s), open since %s', pid, COALESCE(NULLIF(application_name, ''), 'unnamed'),
                           COALESCE(date_trunc('second', xact_start)::text, 'an unknown time'))
             FROM (SELECT pid {WRITERS}) AS writer LEFT JOIN pg_stat_activity USING (pid) ORDER BY xact_start LIMIT 1"
        );
        let found: Option<(String,)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(self.shape.oid)
            .fetch_optional(&self.pool)
            .await
            .map_err(at(&self.place))?;
        Ok(found.map_or_else(|| "one that has ended by now".to_owned(), |(writer,)| writer))
    }
}

const WRITERS: &str = "FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND relation IN (WITH RECURSIVE family (member) AS (
                           SELECT $1::oid UNION SELECT inhrelid FROM pg_inherits JOIN family ON inhparent = member)
                       SELECT member FROM family)";

#[cfg(test)]
mod tests {
    use super::*;

    fn writers(names: &[&str]) -> HashSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
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
            known.learn("up", second, &open.into_iter().collect());
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
}
