//! Folds the changes that the triggers recorded into the blocks.
//!
//! Always: one connection folds at a time, and each fold is one transaction, so that a snapshot sees all or nothing of
//! it.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use sqlx::MySqlConnection;

use super::{MysqlTable, all, migration::COMPLETE_LEVEL, one, read::sum, run, sql::numbers};
use crate::{
    TableError,
    error::at,
    range_sums::Sum,
    read_plan::{LEVELS, NARROW},
};

/// Most changes folded in one transaction.
const FOLD_BATCH: usize = 10_000;
/// Most transactions per call.
const MAX_FOLDS: usize = 100;
/// Most blocks in one statement.
const MAX_PER_STATEMENT: usize = 500;

impl MysqlTable {
    /// Folds pending changes. The next call continues if too many are pending.
    pub async fn fold(&self) -> Result<(), TableError> {
        let mut connection = self.pool.acquire().await.map_err(at(&self.location))?;
        if !self.is_summarised(&mut connection).await? {
            return Ok(());
        }
        drop(connection);
        for _ in 0..MAX_FOLDS {
            match self.fold_some().await {
                Ok(folded) if folded >= FOLD_BATCH => {}
                Ok(_) => break,
                // Reading continues without the fold.
                Err(error) => {
                    tracing::warn!(%error, location = self.location, "folding changes into the summaries failed; reads stay correct and the next evaluation retries");
                    break;
                }
            }
        }
        if !self.lowest_versions_match().await? {
            tracing::warn!(
                location = self.location,
                "the summaries do not match the rows, for instance after a TRUNCATE; reading rows until an operator migrates again"
            );
            self.summaries_mismatch.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn fold_some(&self) -> Result<usize, sqlx::Error> {
        let (blocks, changes) = (self.shape.get().part("blocks"), self.shape.get().part("changes"));
        let mut transaction = self.pool.begin().await?;
        // Locking this row excludes other connections.
        let lock = format!("SELECT 1 FROM {blocks} WHERE level = {COMPLETE_LEVEL} FOR UPDATE SKIP LOCKED");
        if one::<(i64,)>(&mut transaction, &lock).await?.is_none() {
            return Ok(0);
        }
        let sql = format!("SELECT id, block, `count`, `hash`, `keys`, `versions` FROM {changes} LIMIT {FOLD_BATCH}");
        let found: Vec<(u64, u64, i64, u64, u64, u64)> = all(&mut transaction, &sql).await?;
        let mut narrow: BTreeMap<u64, Sum> = BTreeMap::new();
        for (_, block, count, hash, keys, versions) in &found {
            let (block, sum) = sum((*block, *count, *hash, *keys, *versions));
            narrow.entry(block).or_default().add(&sum);
        }
        for level in LEVELS {
            let mut sums: BTreeMap<u64, Sum> = BTreeMap::new();
            for (block, sum) in &narrow {
                sums.entry(block >> (level - NARROW)).or_default().add(sum);
            }
            put(&mut transaction, &blocks, level, &sums).await?;
        }
        for group in found.chunks(MAX_PER_STATEMENT) {
            let ids = numbers(group.iter().map(|change| change.0));
            run(&mut transaction, &format!("DELETE FROM {changes} WHERE id IN ({ids})")).await?;
        }
        transaction.commit().await?;
        self.read.add(found.len() as u64);
        Ok(found.len())
    }

    /// Whether the lowest versions match the summaries. Rows removed without firing triggers (`TRUNCATE`) leave blocks
    /// below everything written later.
    async fn lowest_versions_match(&self) -> Result<bool, TableError> {
        let failed = at(&self.location);
        let mut transaction = self.pool.begin_with(super::read::BEGIN).await.map_err(&failed)?;
        let (table, version) = (&self.shape.get().table, &self.shape.get().version);
        let lowest = format!("SELECT CAST(MIN({version}) AS SIGNED) FROM {table}");
        let lowest: Option<(Option<i64>,)> = one(&mut transaction, &lowest).await.map_err(&failed)?;
        let lowest = lowest.and_then(|(lowest,)| lowest);
        let block = lowest.map_or(i64::MAX >> NARROW, |lowest| lowest >> NARROW);
        let last = block << NARROW | ((1 << NARROW) - 1);
        let rows = format!("SELECT COUNT(*) FROM {table} WHERE {version} <= {last}");
        let kept = format!(
            "SELECT CAST(COALESCE(SUM(`count`), 0) AS SIGNED) FROM (
                 SELECT `count` FROM {} WHERE level = {NARROW} AND block <= {block}
                 UNION ALL SELECT `count` FROM {} WHERE block <= {block}) AS kept",
            self.shape.get().part("blocks"),
            self.shape.get().part("changes")
        );
        let [rows, kept] = [rows, kept];
        let rows: Option<(i64,)> = one(&mut transaction, &rows).await.map_err(&failed)?;
        let kept: Option<(i64,)> = one(&mut transaction, &kept).await.map_err(&failed)?;
        self.read.add(rows.map_or(0, |(rows,)| rows.unsigned_abs()));
        Ok(rows == kept)
    }
}

/// Adds sums to the blocks of a level, and deletes the blocks that became empty.
async fn put(
    connection: &mut MySqlConnection,
    blocks: &str,
    level: u32,
    sums: &BTreeMap<u64, Sum>,
) -> Result<(), sqlx::Error> {
    let sums: Vec<(&u64, &Sum)> = sums.iter().filter(|(_, sum)| !sum.is_zero()).collect();
    for group in sums.chunks(MAX_PER_STATEMENT) {
        let line = |(block, sum): &(&u64, &Sum)| {
            let Sum { count, hash, keys, versions } = sum;
            format!("({level}, {block}, {count}, {hash}, {keys}, {versions})")
        };
        let lines: Vec<_> = group.iter().map(line).collect();
        let add = format!(
            "INSERT INTO {blocks} (level, block, `count`, `hash`, `keys`, `versions`) VALUES {}
             ON DUPLICATE KEY UPDATE `count` = `count` + VALUES(`count`), `hash` = `hash` ^ VALUES(`hash`),
                 `keys` = `keys` ^ VALUES(`keys`), `versions` = `versions` ^ VALUES(`versions`)",
            lines.join(", ")
        );
        run(connection, &add).await?;
        let touched = numbers(group.iter().map(|(block, _)| **block));
        let clear = format!(
            "DELETE FROM {blocks} WHERE level = {level} AND block IN ({touched})
                 AND (`count`, `hash`, `keys`, `versions`) = (0, 0, 0, 0)"
        );
        run(connection, &clear).await?;
    }
    Ok(())
}
