//! Open writers of a table in PostgreSQL: the holders of the table lock that a transaction takes with its first write
//! and keeps until it ends.
//!
//! Sequences with `CACHE` above 1 reserve versions before they are used, and are not safe; see [`crate::horizon`].

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use super::{PostgresTable, Shape};
use crate::{
    TableError, database,
    error::at,
    horizon::{OpenWriters, Writers},
};

impl PostgresTable {
    pub async fn find_horizon(&self) -> Result<database::Horizon, TableError> {
        let shape = self.shape.get();
        let Shape { table, version, oid, .. } = &*shape;
        let sql = format!(
            "SELECT pg_is_in_recovery(), pg_postmaster_start_time()::text, (SELECT max({version})::bigint FROM {table})"
        );
        let (standby, server, highest): (bool, String, Option<i64>) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&self.pool).await.map_err(at(&self.location))?;
        if standby {
            return Err(TableError::Standby { location: self.location.clone() });
        }
        self.read.add(1);
        // Another table under the same name has other writers.
        self.horizon.find(self, &format!("{server}, table {}", oid.0), highest).await
    }
}

#[async_trait]
impl Writers for PostgresTable {
    const POLL_INTERVAL: Duration = Duration::from_millis(20);

    fn location(&self) -> &str {
        &self.location
    }

    /// Transactions that wrote to the table, or to one of its partitions, and have not ended.
    async fn open_writers(&self) -> Result<OpenWriters, TableError> {
        let found: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!("SELECT virtualtransaction {WRITERS}")))
            .bind(self.shape.get().oid)
            .fetch_all(&self.pool)
            .await
            .map_err(at(&self.location))?;
        Ok(OpenWriters { writers: found.into_iter().map(|(writer,)| writer).collect(), renamed: HashMap::new() })
    }

    async fn oldest_writer(&self) -> Result<(String, Option<u64>), TableError> {
        let sql = format!(
            "SELECT format('process %s (%s), open since %s', pid, COALESCE(NULLIF(application_name, ''), 'unnamed'),
                           COALESCE(date_trunc('second', xact_start)::text, 'an unknown time')),
                    (extract(epoch FROM xact_start) * 1000)::bigint
             FROM (SELECT pid {WRITERS}) AS writer LEFT JOIN pg_stat_activity USING (pid) ORDER BY xact_start LIMIT 1"
        );
        let found: Option<(String, Option<i64>)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(self.shape.get().oid)
            .fetch_optional(&self.pool)
            .await
            .map_err(at(&self.location))?;
        let ended = || ("a transaction that has ended meanwhile".to_owned(), None);
        Ok(found.map_or_else(ended, |(writer, since)| (writer, since.and_then(|since| u64::try_from(since).ok()))))
    }
}

const WRITERS: &str = "FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND relation IN (WITH RECURSIVE family (member) AS (
                           SELECT $1::oid UNION SELECT inhrelid FROM pg_inherits JOIN family ON inhparent = member)
                       SELECT member FROM family)";
