//! Open writers of a MySQL server.
//!
//! InnoDB lists its transactions and whether they have written, but not to which table: the horizon waits for any
//! transaction that writes anywhere on the server. InnoDB records the first write of a transaction shortly after the
//! statement has taken its version (in a `BEFORE` trigger, from a sequence). Running statements therefore count as
//! writers too, unless they only read: a nightly dump, a session that sleeps or waits for a lock by name. Statements are
//! listed first and transactions second, so that a statement that becomes a transaction in between is seen.
//!
//! Always: a list of transactions counts only if it contains our own query. InnoDB answers from a cached copy, renewed
//! only when nobody has queried it for a tenth of a second.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use rand::Rng as _;
use sqlx::{MySqlConnection, mysql::MySqlRow};

use super::{MysqlTable, Shape, all, one, run};
use crate::{
    TableError, database,
    error::at,
    horizon::{OpenWriters, Writers},
    rows::from_row,
};

pub use crate::horizon::Horizon;

/// Most polls for a fresh list; about five seconds.
const MAX_POLLS: u32 = 20;

/// Numbers the queries, so that each is recognised in the list.
static QUESTIONS: AtomicU64 = AtomicU64::new(0);

/// Connections that run a statement. Without the PROCESS privilege a user sees only its own connections; see
/// [`transactions`], which fails then.
const AT_WORK: &str = "SELECT CAST(ID AS UNSIGNED) FROM information_schema.PROCESSLIST
    WHERE COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID') AND ID <> CONNECTION_ID()
      AND COALESCE(INFO, '') NOT REGEXP '^[[:space:](]*(/[*][^!].*[*]/[[:space:](]*)?(SELECT|SHOW|DO|EXPLAIN|DESC|DESCRIBE)[[:space:]]'";

struct Transaction {
    number: u64,
    connection: u64,
    only_reads: i64,
    ours: i64,
}

from_row!(MySqlRow => Transaction { number, connection, only_reads, ours });

impl Transaction {
    /// InnoDB numbers a transaction when it begins to write; before, it shows 0 or a number above all of those.
    fn has_written(&self) -> bool {
        self.number != 0 && self.number < 1 << 48
    }
}

impl MysqlTable {
    pub async fn find_horizon(&self) -> Result<database::Horizon, TableError> {
        let shape = self.shape.get();
        let Shape { table, version, .. } = &*shape;
        let failed = at(&self.location);
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        let sql = format!("SELECT @@GLOBAL.read_only, CAST(MAX({version}) AS SIGNED) FROM {table}");
        let found: Option<(i64, Option<i64>)> = one(&mut connection, &sql).await.map_err(&failed)?;
        drop(connection);
        let (read_only, highest) = found.unwrap_or_default();
        if read_only != 0 {
            return Err(TableError::Standby { location: self.location.clone() });
        }
        self.read.add(1);
        self.horizon.find(self, &self.server.get().id, highest).await
    }

    /// The open transactions, from a list not older than this call.
    async fn transactions(&self, connection: &mut MySqlConnection) -> Result<Vec<Transaction>, TableError> {
        let failed = at(&self.location);
        for _ in 0..MAX_POLLS {
            let question = format!("logyard {}", QUESTIONS.fetch_add(1, Ordering::Relaxed));
            let sql = transactions(&question);
            // This puts a transaction of this connection into the list.
            run(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await.map_err(&failed)?;
            let found = all::<Transaction>(connection, &sql).await;
            run(connection, "COMMIT").await.map_err(&failed)?;
            let found = found.map_err(&failed)?;
            if found.iter().any(|transaction| transaction.ours != 0) {
                return Ok(found);
            }
            // A random pause avoids polling in lockstep with others.
            let pause = rand::rng().random_range(110..400);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Err(TableError::Unsettled {
            location: self.location.clone(),
            writer: "unknown, because other clients query INNODB_TRX so often that its copy is never renewed"
                .to_owned(),
        })
    }
}

#[async_trait]
impl Writers for MysqlTable {
    const POLL_INTERVAL: Duration = Duration::from_millis(120);

    fn location(&self) -> &str {
        &self.location
    }

    async fn open_writers(&self) -> Result<OpenWriters, TableError> {
        let mut connection = self.pool.acquire().await.map_err(at(&self.location))?;
        let at_work: Vec<(u64,)> = all(&mut connection, AT_WORK).await.map_err(at(&self.location))?;
        let transactions = self.transactions(&mut connection).await?;
        let name = |transaction: &Transaction| format!("transaction {}", transaction.number);
        let mut open = OpenWriters { writers: HashSet::new(), renamed: HashMap::new() };
        let mut accounted = HashSet::new();
        for transaction in &transactions {
            if transaction.has_written() {
                open.writers.insert(name(transaction));
                open.renamed.insert(format!("connection {}", transaction.connection), name(transaction));
            }
            if transaction.has_written() || transaction.only_reads != 0 {
                accounted.insert(transaction.connection);
            }
        }
        let others = at_work.into_iter().filter(|(connection,)| !accounted.contains(connection));
        open.writers.extend(others.map(|(connection,)| format!("connection {connection}")));
        Ok(open)
    }

    async fn oldest_writer(&self) -> Result<(String, Option<u64>), TableError> {
        let mut connection = self.pool.acquire().await.map_err(at(&self.location))?;
        let sql = "SELECT CONCAT('connection ', trx_mysql_thread_id, ' (', COALESCE(USER, 'unknown'), '), open since ',
                          CAST(trx_started AS CHAR)), CAST(UNIX_TIMESTAMP(trx_started) * 1000 AS UNSIGNED)
                   FROM information_schema.INNODB_TRX LEFT JOIN information_schema.PROCESSLIST ON ID = trx_mysql_thread_id
                   WHERE trx_id <> 0 AND trx_id < 1 << 48 ORDER BY trx_started LIMIT 1";
        let found: Option<(String, Option<u64>)> = one(&mut connection, sql).await.map_err(at(&self.location))?;
        Ok(found.unwrap_or_else(|| ("a transaction that has ended meanwhile".to_owned(), None)))
    }
}

/// SQL that lists all transactions and marks the one that runs it. Fails without the PROCESS privilege.
fn transactions(question: &str) -> String {
    format!(
        "SELECT /* {question}. */ CAST(trx_id AS UNSIGNED) AS number,
                CAST(trx_mysql_thread_id AS UNSIGNED) AS connection,
                trx_is_read_only = 1 OR trx_autocommit_non_locking = 1 AS only_reads,
                trx_mysql_thread_id = CONNECTION_ID() AND COALESCE(trx_query, '') LIKE '%{question}.%' AS ours
         FROM information_schema.INNODB_TRX"
    )
}
