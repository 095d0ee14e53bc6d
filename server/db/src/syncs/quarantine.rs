//! Quarantined rows, one row each: written as they change, read whole by the next holder, and page by page by people.

use model::{Page, Quarantined, TableName};

use super::QuarantineChanges;
use crate::{
    Db, DbError,
    database::{Row, Statement, Transaction, json},
};

/// Rows written by one statement.
const ROWS: usize = 200;
/// Longest page.
const MAX_PAGE: u32 = 200;

impl Db {
    /// A page of a table's quarantined rows, in the order of their keys as texts; `limit` 1 to 200.
    pub async fn quarantined(
        &self,
        table: &TableName,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Quarantined>, DbError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let statement = Statement::new("SELECT shown FROM sync_quarantine WHERE table_name = ").value(table.as_str());
        let statement = statement.push(" AND row_key > ").value(after.unwrap_or_default());
        // One more row shows whether there is a next page.
        let statement = statement.push(" ORDER BY row_key LIMIT ").value(i64::from(limit) + 1);
        let rows = self.database().read(statement).await?;
        let mut items = rows.iter().map(|row| row.json("shown")).collect::<Result<Vec<Quarantined>, _>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|row| row.key.clone());
        Ok(Page { items, next })
    }

    /// Whether the row with this key is quarantined.
    pub async fn is_quarantined(&self, table: &TableName, key: &str) -> Result<bool, DbError> {
        let statement =
            Statement::new("SELECT 1 AS one FROM sync_quarantine WHERE table_name = ").value(table.as_str());
        Ok(!self.database().read(statement.push(" AND row_key = ").value(key)).await?.is_empty())
    }
}

/// The engine's entries of all rows.
pub async fn entries(transaction: &mut Transaction, table: &TableName) -> Result<Vec<String>, DbError> {
    let statement = Statement::new("SELECT entry FROM sync_quarantine WHERE table_name = ").value(table.as_str());
    let rows = transaction.run(statement).await?;
    rows.iter().map(|row: &Row| row.get("entry")).collect()
}

pub async fn write(
    transaction: &mut Transaction,
    table: &TableName,
    changes: &QuarantineChanges,
) -> Result<(), DbError> {
    let QuarantineChanges { refused, released } = changes;
    for keys in released.chunks(ROWS) {
        let statement = Statement::new("DELETE FROM sync_quarantine WHERE table_name = ").value(table.as_str());
        transaction.run(statement.push(" AND row_key IN ").list(keys.iter().cloned())).await?;
    }
    for rows in refused.chunks(ROWS) {
        let mut statement = Statement::new("INSERT INTO sync_quarantine (table_name, row_key, shown, entry) VALUES ");
        for (at, (row, entry)) in rows.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            let values = [table.as_str().into(), row.key.as_str().into(), json(row)?.into(), entry.as_str().into()];
            statement = statement.push(comma).tuple(values);
        }
        let newer = " ON CONFLICT (table_name, row_key) DO UPDATE SET shown = excluded.shown, entry = excluded.entry";
        transaction.run(statement.push(newer)).await?;
    }
    Ok(())
}

pub async fn clear(transaction: &mut Transaction, table: &TableName) -> Result<(), DbError> {
    let statement = Statement::new("DELETE FROM sync_quarantine WHERE table_name = ").value(table.as_str());
    transaction.run(statement).await.map(drop)
}
