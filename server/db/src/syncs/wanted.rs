//! Polled between evaluations: whether a table has pending requests. Writes nothing.

use model::TableName;

use crate::{Db, DbError, database::Statement};

impl Db {
    /// Whether a table has requests that were not handled yet.
    pub async fn sync_is_asked(&self, table: &TableName) -> Result<bool, DbError> {
        let statement = Statement::new("SELECT id FROM sync_asks WHERE table_name = ").value(table.as_str());
        let rows = self.database().read(statement.push(" LIMIT 1")).await?;
        Ok(!rows.is_empty())
    }
}
