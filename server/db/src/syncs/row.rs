//! How a sync lies in its row, and how what is told goes together with what was known.

use model::{SyncSource, SyncStatus, TableName, Time, Verified};

use super::quarantine;
use crate::{
    DbError,
    database::{Row, Statement, Transaction, json},
    task_leases::{self, task},
};

/// A table of which nothing was heard for five times its usual pause, and at least so long, is kept by nobody. One
/// whose ends do not answer is tried every minute or so.
const QUIET_MS: i64 = 120_000;
const QUIET_AGENT_MS: i64 = 300_000;

/// A row before a change.
pub struct Kept {
    pub status: SyncStatus,
    pub heard_until: i64,
    pub checkpoint: Option<String>,
    /// Verdict of the last evaluation as JSON.
    pub verdict: Option<String>,
}

/// The start of a statement that reads the columns of [`decode`] and these. Checkpoints may be long.
pub fn select(more: &'static str) -> Statement {
    Statement::new("SELECT table_name, source, status, holder, heard_until, paused").push(more).push(" FROM syncs ")
}

/// The start of a statement that reads the columns of [`kept`].
pub fn select_kept() -> Statement {
    select(", checkpoint, verdict")
}

pub fn decode(row: &Row, now: Time) -> Result<SyncStatus, DbError> {
    let holder: Option<String> = row.get("holder")?;
    Ok(SyncStatus {
        table: row.word("table_name")?,
        paused: row.get::<i64>("paused")? == 1,
        held: holder.is_some() && row.get::<i64>("heard_until")? > now.0,
        holder,
        ..row.json("status")?
    })
}

/// Locks the row of a table, and creates it if missing. A row of another source is reset.
pub async fn lock(
    transaction: &mut Transaction,
    table: &TableName,
    source: SyncSource,
    now: Time,
) -> Result<Kept, DbError> {
    let unseen = json(&SyncStatus::unseen(table.clone(), source, now))?;
    let statement = Statement::new("INSERT INTO syncs (table_name, source, status, updated_at) VALUES ")
        .tuple([table.as_str().into(), word(source).into(), unseen.as_str().into(), now.into()])
        .push(" ON CONFLICT (table_name) DO NOTHING");
    transaction.run(statement).await?;
    let lock = transaction.for_update();
    let mut found = transaction.run(select_kept().push("WHERE table_name = ").value(table.as_str()).push(lock)).await?;
    if found.first().map(|row| row.get::<String>("source")).transpose()?.as_deref() != Some(word(source)) {
        let statement = Statement::new(
            "UPDATE syncs SET source = $1, status = $2, holder = NULL, heard_until = 0, paused = 0, \
             checkpoint = NULL, verdict = NULL, key_map = '[]' WHERE table_name = $3",
        );
        transaction.run(statement.bind(word(source)).bind(unseen).bind(table.as_str())).await?;
        quarantine::clear(transaction, table).await?;
        task_leases::free(transaction, (task::SYNC, table.as_str())).await?;
        found = transaction.run(select_kept().push("WHERE table_name = ").value(table.as_str())).await?;
    }
    let row = found.first().ok_or_else(|| DbError::Corrupt(format!("no row of table {table}")))?;
    kept(row, now)
}

pub fn kept(row: &Row, now: Time) -> Result<Kept, DbError> {
    Ok(Kept {
        status: decode(row, now)?,
        heard_until: row.get("heard_until")?,
        checkpoint: row.get("checkpoint")?,
        verdict: row.get("verdict")?,
    })
}

/// Merges a report into the known status; absent values stay unchanged.
pub fn merged(known: &SyncStatus, told: &SyncStatus, now: Time) -> SyncStatus {
    SyncStatus {
        table: known.table.clone(),
        source: known.source,
        since: if told.state == known.state { known.since } else { now },
        local: told.local.or(known.local),
        remote: told.remote.or(known.remote),
        batch: told.batch.or(known.batch),
        verified: newer(known.verified, told.verified),
        compared: newer(known.compared, told.compared),
        looked_at: Some(now),
        every_ms: if told.every_ms == 0 { known.every_ms } else { told.every_ms },
        ..told.clone()
    }
}

pub fn newer(one: Option<Verified>, other: Option<Verified>) -> Option<Verified> {
    [one, other].into_iter().flatten().max_by_key(|verified| verified.at)
}

/// Time until which the last report counts as recent.
pub fn heard_until(status: &SyncStatus, now: Time) -> i64 {
    let least = match status.source {
        SyncSource::Logyard => QUIET_MS,
        SyncSource::Agent => QUIET_AGENT_MS,
    };
    let usual = i64::try_from(status.every_ms).unwrap_or(i64::MAX);
    now.0.saturating_add(usual.saturating_mul(5).max(least))
}

pub fn word(source: SyncSource) -> &'static str {
    match source {
        SyncSource::Logyard => "logyard",
        SyncSource::Agent => "agent",
    }
}
