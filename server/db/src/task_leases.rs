//! The table of leases: which process runs which background task, and how its last round went.
//!
//! A lease belongs to a task and a key, such as `follow` and a pipeline. The holder renews it; another process takes it
//! once it has expired or was released. Jobs have leases of their own in their rows: see `leases`.
//!
//! Always: one holder at a time. Each write of a round locks the lease's row in its own transaction and checks the
//! holder, so that a process that lost its lease writes nothing. A holder whose lease expired but was not taken keeps
//! it: nobody else can have written meanwhile.

use model::{TaskLease, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement, Transaction},
};

/// Names of the tasks whose writes this crate fences; the server's tasks of the same name hold these leases.
pub mod task {
    /// Key: the pipeline.
    pub const FOLLOW: &str = "follow";
    /// Key: the pipeline.
    pub const READ_LOGS: &str = "read_logs";
    /// Key: the pipeline.
    pub const RECONCILE: &str = "reconcile";
    /// Key: [`ALL`].
    pub const EVALUATE: &str = "evaluate";
    /// Key: the table.
    pub const SYNC: &str = "sync";
    /// Key of a task that has one lease only.
    pub const ALL: &str = "all";
}

impl Db {
    /// Takes or keeps a lease; false: another process holds it.
    pub async fn acquire(&self, task: &str, key: &str, holder: &str, lease_ms: i64) -> Result<bool, DbError> {
        let now = self.now();
        Ok(!self.database().write(acquiring(task, key, holder, lease_ms, now)).await?.is_empty())
    }

    /// Prolongs a lease from now on; false: it was released, or another process holds it.
    pub async fn renew(&self, task: &str, key: &str, holder: &str, lease_ms: i64) -> Result<bool, DbError> {
        let until = Time(self.now().0.saturating_add(lease_ms));
        Ok(!self.database().write(renewing(task, key, holder, until)).await?.is_empty())
    }

    /// Gives a lease back at once, so that another process need not wait until it expires.
    pub async fn release(&self, task: &str, key: &str, holder: &str) -> Result<(), DbError> {
        self.database().write(releasing(task, key).push(" AND holder = ").value(holder)).await.map(drop)
    }

    /// Records that a round has ended now, and why it failed. Changes nothing if another process took the lease.
    pub async fn record_round(&self, task: &str, key: &str, holder: &str, error: Option<&str>) -> Result<(), DbError> {
        let statement = Statement::new(
            "UPDATE leases SET last_round_at = $1, last_error = $2 WHERE task = $3 AND key = $4 AND holder = $5",
        )
        .bind(self.now())
        .bind(error.map(ToOwned::to_owned))
        .bind(task)
        .bind(key)
        .bind(holder);
        self.database().write(statement).await.map(drop)
    }

    /// All leases, by task and key.
    pub async fn leases(&self) -> Result<Vec<TaskLease>, DbError> {
        let now = self.now();
        let statement =
            Statement::new("SELECT task, key, holder, until, last_round_at, last_error FROM leases ORDER BY task, key");
        let decode = |row: &Row| {
            Ok(TaskLease {
                task: row.get("task")?,
                key: row.get("key")?,
                holder: row.get("holder")?,
                held: row.get::<i64>("until")? > now.0,
                last_round_at: row.get::<Option<i64>>("last_round_at")?.map(Time),
                last_error: row.get("last_error")?,
            })
        };
        self.database().read(statement).await?.iter().map(decode).collect()
    }

    /// Deletes up to `most` leases that expired or were released and whose last round ended before a time.
    pub async fn sweep_leases(&self, before: Time, most: u32) -> Result<u64, DbError> {
        let statement = Statement::new(
            "DELETE FROM leases WHERE until < $1 AND (task, key) IN (SELECT task, key FROM leases \
             WHERE until < $1 AND COALESCE(last_round_at, 0) < $1 ORDER BY task, key LIMIT $2) RETURNING task",
        )
        .bind(before)
        .bind(i64::from(most));
        Ok(self.database().write(statement).await?.len() as u64)
    }
}

/// Takes or keeps a lease within a transaction; false: another process holds it.
pub async fn take(
    transaction: &mut Transaction,
    (task, key): (&str, &str),
    holder: &str,
    lease_ms: i64,
    now: Time,
) -> Result<bool, DbError> {
    Ok(!transaction.run(acquiring(task, key, holder, lease_ms, now)).await?.is_empty())
}

/// Locks a lease for the rest of the transaction; false: it is not this holder's.
pub async fn fence(transaction: &mut Transaction, (task, key): (&str, &str), holder: &str) -> Result<bool, DbError> {
    let statement =
        Statement::new("SELECT holder FROM leases WHERE task = $1 AND key = $2 AND holder = $3 AND until > 0")
            .bind(task)
            .bind(key)
            .bind(holder)
            .push(transaction.for_update());
    Ok(!transaction.run(statement).await?.is_empty())
}

/// The same, and prolongs the lease.
pub async fn fence_and_renew(
    transaction: &mut Transaction,
    (task, key): (&str, &str),
    holder: &str,
    until: Time,
) -> Result<bool, DbError> {
    Ok(!transaction.run(renewing(task, key, holder, until)).await?.is_empty())
}

/// Gives a lease back within a transaction, whoever holds it.
pub async fn free(transaction: &mut Transaction, (task, key): (&str, &str)) -> Result<(), DbError> {
    transaction.run(releasing(task, key)).await.map(drop)
}

fn acquiring(task: &str, key: &str, holder: &str, lease_ms: i64, now: Time) -> Statement {
    Statement::new(
        "INSERT INTO leases (task, key, holder, until) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (task, key) DO UPDATE SET holder = excluded.holder, until = excluded.until \
         WHERE leases.holder = excluded.holder OR leases.until <= $5 RETURNING holder",
    )
    .bind(task)
    .bind(key)
    .bind(holder)
    .bind(now.0.saturating_add(lease_ms))
    .bind(now)
}

fn renewing(task: &str, key: &str, holder: &str, until: Time) -> Statement {
    Statement::new(
        "UPDATE leases SET until = $1 WHERE task = $2 AND key = $3 AND holder = $4 AND until > 0 RETURNING holder",
    )
    .bind(until)
    .bind(task)
    .bind(key)
    .bind(holder)
}

fn releasing(task: &str, key: &str) -> Statement {
    Statement::new("UPDATE leases SET until = 0 WHERE task = ").value(task).push(" AND key = ").value(key)
}
