//! Syncs read: all of them, one with what its page shows, and which changed.

use model::{KeySpan, Quarantined, SyncChange, SyncStatus, TableName, Time};

use super::row;
use crate::{
    Db, DbError,
    database::{Row, Statement},
};

impl Db {
    /// All of which anything was ever heard, by name.
    pub async fn syncs(&self) -> Result<Vec<SyncStatus>, DbError> {
        let now = self.now();
        let rows = self.database().read(row::select("").push("ORDER BY table_name")).await?;
        rows.iter().map(|found| row::decode(found, now)).collect()
    }

    /// With its map and its rows in quarantine; `None` if nothing was ever heard of it.
    pub async fn sync(
        &self,
        table: &TableName,
    ) -> Result<Option<(SyncStatus, Vec<KeySpan>, Vec<Quarantined>)>, DbError> {
        let now = self.now();
        let statement = row::select(", key_map, quarantine").push("WHERE table_name = ").value(table.as_str());
        let rows = self.database().read(statement).await?;
        let whole = |found: &Row| Ok((row::decode(found, now)?, found.json("key_map")?, found.json("quarantine")?));
        rows.first().map(whole).transpose()
    }

    /// Tables that changed at `since` or later.
    pub async fn changed_syncs(&self, since: Time) -> Result<Vec<SyncChange>, DbError> {
        let statement = Statement::new("SELECT table_name, revision FROM syncs WHERE updated_at >= $1");
        let change = |row: &Row| Ok(SyncChange { table: row.word("table_name")?, revision: row.get("revision")? });
        self.database().read(statement.bind(since)).await?.iter().map(change).collect()
    }
}
