//! Who writes to tables of a MySQL server.
//!
//! InnoDB tells its transactions and which of them have written, but not to which table: any transaction that writes
//! anywhere on the server is waited for. It learns of a transaction's first write a moment after the statement has
//! taken its version (in a `BEFORE` trigger, from a sequence); so statements that are under way count for writers, too,
//! unless their transaction can only read. They are told first, and the transactions after them, so that one which
//! becomes the other in between is seen.
//!
//! Always: a list of transactions counts only if our own question stands in it. InnoDB answers from a copy that it
//! renews when nobody has looked for a tenth of a second.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use rand::Rng as _;
use sqlx::{FromRow, MySqlConnection};

use super::{MysqlTable, Shape, all, one, run};
use crate::{
    TableError,
    error::at,
    horizon::{Open, Writers},
};

pub use crate::horizon::Horizon;

/// Times that a fresh list is waited for; about five seconds.
const LOOKS: u32 = 20;

/// Numbers the questions.
static QUESTIONS: AtomicU64 = AtomicU64::new(0);

/// Connections that are at work. Without its privilege a user is told of its own only; but see [`transactions`].
const AT_WORK: &str = "SELECT CAST(ID AS UNSIGNED) FROM information_schema.PROCESSLIST
    WHERE COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID') AND ID <> CONNECTION_ID()";

#[derive(FromRow)]
struct Transaction {
    number: u64,
    connection: u64,
    only_reads: i64,
    ours: i64,
}

impl Transaction {
    /// InnoDB numbers a transaction as it begins to write; before, it shows 0 or a number beyond all of those.
    fn has_written(&self) -> bool {
        self.number != 0 && self.number < 1 << 48
    }
}

impl MysqlTable {
    pub async fn find_horizon(&self) -> Result<u64, TableError> {
        let Shape { table, version, .. } = &self.shape;
        let failed = at(&self.place);
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        let sql = format!("SELECT @@GLOBAL.read_only, CAST(MAX({version}) AS SIGNED) FROM {table}");
        let found: Option<(i64, Option<i64>)> = one(&mut connection, &sql).await.map_err(&failed)?;
        drop(connection);
        let (read_only, highest) = found.unwrap_or_default();
        if read_only != 0 {
            return Err(TableError::Standby { place: self.place.clone() });
        }
        self.read.add(1);
        self.horizon.find(self, &self.server.id, highest).await
    }

    /// A list that is not older than this call.
    async fn transactions(&self, connection: &mut MySqlConnection) -> Result<Vec<Transaction>, TableError> {
        let failed = at(&self.place);
        for _ in 0..LOOKS {
            let question = format!("logyard {}", QUESTIONS.fetch_add(1, Ordering::Relaxed));
            let sql = transactions(&question);
            // By which this connection has a transaction in the list.
            run(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await.map_err(&failed)?;
            let found = all::<Transaction>(connection, &sql).await;
            run(connection, "COMMIT").await.map_err(&failed)?;
            let found = found.map_err(&failed)?;
            if found.iter().any(|transaction| transaction.ours != 0) {
                return Ok(found);
            }
            // Not in step with others that look as often.
            let pause = rand::rng().random_range(110..400);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Err(TableError::Unsettled {
            place: self.place.clone(),
            writer: "not told, as others ask for INNODB_TRX so often that it is never renewed".to_owned(),
        })
    }
}

#[async_trait]
impl Writers for MysqlTable {
    const BETWEEN: Duration = Duration::from_millis(120);

    fn location(&self) -> &str {
        &self.place
    }

    async fn open(&self) -> Result<Open, TableError> {
        let mut connection = self.pool.acquire().await.map_err(at(&self.place))?;
        let at_work: Vec<(u64,)> = all(&mut connection, AT_WORK).await.map_err(at(&self.place))?;
        let transactions = self.transactions(&mut connection).await?;
        let name = |transaction: &Transaction| format!("transaction {}", transaction.number);
        let mut open = Open { writers: HashSet::new(), renamed: HashMap::new() };
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

    async fn oldest(&self) -> Result<String, TableError> {
        let mut connection = self.pool.acquire().await.map_err(at(&self.place))?;
        let sql = "SELECT CONCAT('connection ', trx_mysql_thread_id, ' (', COALESCE(USER, 'unknown'), '), open since ',
                          CAST(trx_started AS CHAR))
                   FROM information_schema.INNODB_TRX LEFT JOIN information_schema.PROCESSLIST ON ID = trx_mysql_thread_id
                   WHERE trx_id <> 0 AND trx_id < 1 << 48 ORDER BY trx_started LIMIT 1";
        let found: Option<(String,)> = one(&mut connection, sql).await.map_err(at(&self.place))?;
        Ok(found.map_or_else(|| "one that has ended by now".to_owned(), |(writer,)| writer))
    }
}

/// Asks for all transactions, and for which of them asks. Needs the privilege PROCESS, and is refused without.
fn transactions(question: &str) -> String {
    format!(
        "SELECT /* {question}. */ CAST(trx_id AS UNSIGNED) AS number,
                CAST(trx_mysql_thread_id AS UNSIGNED) AS connection,
                trx_is_read_only = 1 OR trx_autocommit_non_locking = 1 AS only_reads,
                trx_mysql_thread_id = CONNECTION_ID() AND COALESCE(trx_query, '') LIKE '%{question}.%' AS ours
         FROM information_schema.INNODB_TRX"
    )
}
