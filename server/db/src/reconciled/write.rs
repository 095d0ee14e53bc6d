//! Writes the result of a round as a difference to the previous one, which usually is small.

use std::collections::BTreeMap;

use model::{Key, PipelineName, Time};

use super::{COLUMNS, IntervalCounts, Missing, ReconciliationRound, missing};
use crate::{
    Db, DbError,
    database::{Statement, Transaction},
    jobs::row::integer,
    task_leases::{self, task},
};

/// Rows per statement.
const BATCH: usize = 50;

impl Db {
    /// Records a completed round; false if the lease is lost.
    pub async fn record_reconciliation(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        round: &ReconciliationRound,
        error: Option<&str>,
    ) -> Result<bool, DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        if !task_leases::fence(&mut transaction, (task::RECONCILE, pipeline.as_str()), holder).await? {
            return Ok(false);
        }
        let looked = Statement::new(
            "UPDATE reconcilers SET looked_at = $1, listed_at = $1, error = $2, waiting_since = $3 WHERE pipeline = $4",
        )
        .bind(now)
        .bind(error.map(ToOwned::to_owned))
        .bind(round.waiting_since.map(|at| at.0))
        .bind(pipeline.as_str());
        transaction.run(looked).await?;
        write_intervals(&mut transaction, pipeline, round).await?;
        let from = Statement::new(COLUMNS).value(pipeline.as_str()).push(" AND start_at >= ").value(round.from);
        let known = transaction.run(from).await?.iter().map(missing).collect::<Result<Vec<_>, _>>()?;
        let known = known.into_iter().map(|gap| (gap.key.clone(), gap)).collect();
        write_gaps(&mut transaction, pipeline, &known, &round.gaps).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Records a failed round: the previous result stays, with the error.
    pub async fn record_failed_reconciliation(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        error: &str,
    ) -> Result<(), DbError> {
        let mut transaction = self.database().begin().await?;
        if !task_leases::fence(&mut transaction, (task::RECONCILE, pipeline.as_str()), holder).await? {
            return Ok(());
        }
        let statement = Statement::new("UPDATE reconcilers SET looked_at = $1, error = $2 WHERE pipeline = $3")
            .bind(self.now())
            .bind(error)
            .bind(pipeline.as_str());
        transaction.run(statement).await?;
        transaction.commit().await
    }

    /// Gaps of earlier intervals in key order, to be compared with runs again.
    pub async fn older_gaps(
        &self,
        pipeline: &PipelineName,
        before: Time,
        after: Option<&Key>,
        most: u32,
    ) -> Result<BTreeMap<Key, Missing>, DbError> {
        let statement = Statement::new(COLUMNS).value(pipeline.as_str()).push(" AND start_at < ").value(before);
        let statement = match after {
            Some(after) => statement.push(" AND object_key > ").value(after.as_str().as_bytes()),
            None => statement,
        };
        let statement = statement.push(" ORDER BY object_key LIMIT ").value(i64::from(most));
        let rows = self.database().read(statement).await?;
        rows.iter().map(|row| missing(row).map(|gap| (gap.key.clone(), gap))).collect()
    }

    /// Updates such gaps, and closes those that no longer exist. False if the lease is lost.
    pub async fn close_gaps(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        known: &BTreeMap<Key, Missing>,
        left: &BTreeMap<Key, Missing>,
    ) -> Result<bool, DbError> {
        let mut transaction = self.database().begin().await?;
        if !task_leases::fence(&mut transaction, (task::RECONCILE, pipeline.as_str()), holder).await? {
            return Ok(false);
        }
        write_gaps(&mut transaction, pipeline, known, left).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

async fn write_intervals(
    transaction: &mut Transaction,
    pipeline: &PipelineName,
    round: &ReconciliationRound,
) -> Result<(), DbError> {
    let known = Statement::new(
        "SELECT start_at, objects, twice, excepted FROM reconciled WHERE pipeline = $1 AND start_at >= $2",
    )
    .bind(pipeline.as_str())
    .bind(round.from);
    let mut known_intervals = BTreeMap::new();
    for row in transaction.run(known).await? {
        let number = |column| Ok::<_, DbError>(row.get::<i64>(column)?.unsigned_abs());
        let (objects, twice, excepted) = (number("objects")?, number("twice")?, number("excepted")?);
        let counts = IntervalCounts { objects, twice, excepted };
        known_intervals.insert(Time(row.get("start_at")?), counts);
    }
    let gone: Vec<Time> = known_intervals.keys().filter(|at| !round.intervals.contains_key(at)).copied().collect();
    for gone in gone.chunks(BATCH) {
        let statement = Statement::new("DELETE FROM reconciled WHERE pipeline = ").value(pipeline.as_str());
        transaction.run(statement.push(" AND start_at IN ").list(gone.iter().copied())).await?;
    }
    let changed: Vec<_> =
        round.intervals.iter().filter(|(at, counts)| known_intervals.get(at) != Some(counts)).collect();
    for batch in changed.chunks(BATCH) {
        let mut statement =
            Statement::new("INSERT INTO reconciled (pipeline, start_at, objects, twice, excepted) VALUES ")
                .of_any_length();
        for (index, (at, IntervalCounts { objects, twice, excepted })) in batch.iter().enumerate() {
            statement = statement.push(if index == 0 { "" } else { ", " }).tuple([
                pipeline.as_str().into(),
                (**at).into(),
                integer(*objects).into(),
                integer(*twice).into(),
                integer(*excepted).into(),
            ]);
        }
        let statement = statement.push(
            " ON CONFLICT (pipeline, start_at) DO UPDATE SET objects = excluded.objects, twice = excluded.twice, \
                   excepted = excluded.excepted",
        );
        transaction.run(statement).await?;
    }
    Ok(())
}

async fn write_gaps(
    transaction: &mut Transaction,
    pipeline: &PipelineName,
    known: &BTreeMap<Key, Missing>,
    gaps: &BTreeMap<Key, Missing>,
) -> Result<(), DbError> {
    let closed: Vec<&[u8]> =
        known.keys().filter(|key| !gaps.contains_key(*key)).map(|key| key.as_str().as_bytes()).collect();
    for closed in closed.chunks(BATCH) {
        let statement = Statement::new("DELETE FROM gaps WHERE pipeline = ").value(pipeline.as_str());
        transaction.run(statement.push(" AND object_key IN ").list(closed.iter().copied())).await?;
    }
    let changed: Vec<&Missing> =
        gaps.iter().filter(|(key, gap)| known.get(*key) != Some(*gap)).map(|(_, gap)| gap).collect();
    for batch in changed.chunks(BATCH) {
        let mut statement = Statement::new(
            "INSERT INTO gaps (pipeline, object_key, start_at, etag, size, written_at, kind, run_id) VALUES ",
        )
        .of_any_length();
        for (index, gap) in batch.iter().enumerate() {
            statement = statement.push(if index == 0 { "" } else { ", " }).tuple([
                pipeline.as_str().into(),
                gap.key.as_str().as_bytes().into(),
                gap.start_at.into(),
                gap.etag.clone().into(),
                integer(gap.size).into(),
                gap.written_at.into(),
                gap.kind.as_str().into(),
                gap.run.map(|run| run.to_string()).into(),
            ]);
        }
        let statement = statement.push(
            " ON CONFLICT (pipeline, object_key) DO UPDATE SET start_at = excluded.start_at, etag = excluded.etag, \
             size = excluded.size, written_at = excluded.written_at, kind = excluded.kind, run_id = excluded.run_id",
        );
        transaction.run(statement).await?;
    }
    Ok(())
}
