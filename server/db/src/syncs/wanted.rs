//! Whether somebody asked for something: read again and again between evaluations, so it writes nothing.

use model::TableName;

use crate::{Db, DbError, database::Statement};

impl Db {
    /// Whether anything that was asked of a table waits for an answer.
    pub async fn sync_is_asked(&self, table: &TableName) -> Result<bool, DbError> {
        let statement = Statement::new("SELECT id FROM sync_asks WHERE table_name = ").value(table.as_str());
        let rows = self.database().read(statement.push(" LIMIT 1")).await?;
        Ok(!rows.is_empty())
    }
}
