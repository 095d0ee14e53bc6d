//! Polled between evaluations: whether a table has pending requests. Writes nothing.

use model::TableName;

use crate::{Db, DbError, database::Statement};

impl Db {
    /// Whether a table has requests that were not handled yet.
    pub async fn has_sync_requests(&self, table: &TableName) -> Result<bool, DbError> {
        let statement = Statement::new("SELECT id FROM sync_asks WHERE table_name = ").value(table.as_str());
        let rows = self.database().read(statement.push(" LIMIT 1")).await?;
        Ok(!rows.is_empty())
    }
}
