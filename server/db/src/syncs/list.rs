//! Reads syncs: all of them, one with the details of its page, and the changed ones.

use model::{KeySpan, Quarantined, SyncChange, SyncStatus, TableName, Time};

use super::row;
use crate::{
    Db, DbError,
    database::{Row, Statement},
};

/// Quarantined rows that are read with their sync.
const QUARANTINE: u32 = 100;

impl Db {
    /// All known syncs, by table name.
    pub async fn syncs(&self) -> Result<Vec<SyncStatus>, DbError> {
        let now = self.now();
        let rows = self.database().read(row::select("").push("ORDER BY table_name")).await?;
        rows.iter().map(|found| row::decode(found, now)).collect()
    }

    /// A sync with its map and its first quarantined rows; `None` if the table is unknown.
    pub async fn sync(
        &self,
        table: &TableName,
    ) -> Result<Option<(SyncStatus, Vec<KeySpan>, Vec<Quarantined>)>, DbError> {
        let now = self.now();
        let statement = row::select(", key_map").push("WHERE table_name = ").value(table.as_str());
        let rows = self.database().read(statement).await?;
        let Some(found) = rows.first() else { return Ok(None) };
        let (status, map) = (row::decode(found, now)?, found.json("key_map")?);
        Ok(Some((status, map, self.quarantined(table, None, QUARANTINE).await?.items)))
    }

    /// Tables changed at `since` or later, with their revision.
    pub async fn changed_syncs(&self, since: Time) -> Result<Vec<SyncChange>, DbError> {
        let statement = Statement::new("SELECT table_name, revision FROM syncs WHERE updated_at >= $1");
        let change = |row: &Row| Ok(SyncChange { table: row.word("table_name")?, revision: row.get("revision")? });
        self.database().read(statement.bind(since)).await?.iter().map(change).collect()
    }
}
