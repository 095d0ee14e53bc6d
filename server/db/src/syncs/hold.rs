//! The side of the process that syncs a table: acquiring it for an evaluation, reporting progress, releasing it.
//!
//! Always: one process at a time, the holder of the lease `sync` of the table, which each heartbeat renews. A process
//! that lost it writes nothing.

use model::{SyncEvaluation, SyncSource, SyncStatus, TableName, Time};

use super::{
    HeldSync, SyncHeartbeat, SyncRequests,
    history::{self, EndedEvaluation},
    quarantine, requests,
    row::{self, Kept},
};
use crate::{
    Db, DbError,
    database::{Statement, Transaction, json},
    task_leases::{self, task},
};

impl Db {
    /// Acquires or renews the lease of a table, with its pending requests; `None` if another process holds it. A table
    /// that an agent reported before belongs to Logyard from now on.
    pub async fn acquire_sync(
        &self,
        table: &TableName,
        holder: &str,
        lease_ms: i64,
    ) -> Result<Option<HeldSync>, DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        let kept = row::lock(&mut transaction, table, SyncSource::Logyard, now).await?;
        if !task_leases::take(&mut transaction, (task::SYNC, table.as_str()), holder, lease_ms, now).await? {
            return Ok(None);
        }
        let statement = Statement::new("UPDATE syncs SET holder = $1, heard_until = $2 WHERE table_name = $3");
        let heard_until = kept.heard_until.max(row::heard_until(&kept.status, now));
        let statement = statement.bind(holder).bind(heard_until).bind(table.as_str());
        transaction.run(statement).await?;
        let requests = requests::take(&mut transaction, table).await?;
        let quarantine = quarantine::entries(&mut transaction, table).await?;
        transaction.commit().await?;
        Ok(Some(HeldSync { checkpoint: kept.checkpoint, quarantine, requests, paused: kept.status.paused }))
    }

    /// Writes a heartbeat with progress and checkpoint, about once a second, and before work continues past a
    /// checkpoint. False: the lease is lost, stop at once.
    pub async fn sync_heartbeat(
        &self,
        table: &TableName,
        holder: &str,
        lease_ms: i64,
        beat: &SyncHeartbeat,
    ) -> Result<bool, DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        let Some(kept) = held(&mut transaction, table, holder, now).await? else { return Ok(false) };
        let status = row::merged(&kept.status, &beat.status, now);
        let until = Time(now.0.saturating_add(lease_ms));
        if !task_leases::fence_and_renew(&mut transaction, (task::SYNC, table.as_str()), holder, until).await? {
            return Ok(false);
        }
        write(&mut transaction, &status, beat, kept.verdict.as_deref(), now).await?;
        history::add(&mut transaction, table, now, &beat.minute).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends an evaluation: stores it if notable, deletes the requests that it handled, and releases the table. False:
    /// the lease is lost, and nothing was recorded.
    pub async fn end_sync(
        &self,
        table: &TableName,
        holder: &str,
        beat: &SyncHeartbeat,
        evaluation: &SyncEvaluation,
        answered: &SyncRequests,
    ) -> Result<bool, DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        let Some(kept) = held(&mut transaction, table, holder, now).await? else { return Ok(false) };
        let told = row::merged(&kept.status, &beat.status, now);
        let status = SyncStatus { verified: row::newer(told.verified, evaluation.verified), ..told };
        let verdict = json(&evaluation.state)?;
        write(&mut transaction, &status, beat, Some(&verdict), now).await?;
        task_leases::free(&mut transaction, (task::SYNC, table.as_str())).await?;
        history::add(&mut transaction, table, now, &beat.minute).await?;
        let requests = requests::answer(&mut transaction, table, answered).await?;
        let told = EndedEvaluation { evaluation, requests, another_verdict: kept.verdict.as_ref() != Some(&verdict) };
        history::remember(&mut transaction, table, told).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// The table's row, if its lease is still this holder's; both are locked for the rest of the transaction.
async fn held(
    transaction: &mut Transaction,
    table: &TableName,
    holder: &str,
    now: Time,
) -> Result<Option<Kept>, DbError> {
    let statement = row::select_kept().push("WHERE source = 'logyard' AND table_name = ").value(table.as_str());
    let lock = transaction.for_update();
    let rows = transaction.run(statement.push(lock)).await?;
    if !task_leases::fence(transaction, (task::SYNC, table.as_str()), holder).await? {
        return Ok(None);
    }
    rows.first().map(|found| row::kept(found, now)).transpose()
}

async fn write(
    transaction: &mut Transaction,
    status: &SyncStatus,
    beat: &SyncHeartbeat,
    verdict: Option<&str>,
    now: Time,
) -> Result<(), DbError> {
    quarantine::write(transaction, &status.table, &beat.quarantine).await?;
    let statement = Statement::new(
        "UPDATE syncs SET status = $1, heard_until = $2, checkpoint = COALESCE($3, checkpoint), verdict = $4, \
         key_map = COALESCE($5, key_map), updated_at = $6, revision = revision + 1 WHERE table_name = $7",
    )
    .bind(json(status)?)
    .bind(row::heard_until(status, now))
    .bind(beat.checkpoint.clone())
    .bind(verdict.map(str::to_owned))
    .bind(beat.map.as_ref().map(json).transpose()?)
    .bind(now)
    .bind(status.table.as_str());
    transaction.run(statement).await.map(drop)
}
