//! The table of copies on record: batches of what clones between the same places have written.
//!
//! Always: a batch is written before the heartbeat that reports its objects as done. Batches are read from the latest on, up
//! to a bound; older ones are deleted then.

use crate::{Db, DbError, database::Statement};

/// Batches read at once.
const PAGE: i64 = 500;

impl Db {
    /// Stores a batch of records.
    pub async fn add_copies(&self, places: &[u8; 16], records: &[u8]) -> Result<(), DbError> {
        let statement = Statement::new("INSERT INTO copies (places, id, records) VALUES ($1, $2, $3)");
        let id = self.new_run_id().to_string();
        self.database().write(statement.bind(&places[..]).bind(id).bind(records)).await?;
        Ok(())
    }

    /// Reads the latest batches, up to about `most` bytes, and deletes all older ones.
    pub async fn copies(&self, places: &[u8; 16], most: usize) -> Result<Vec<Vec<u8>>, DbError> {
        let (mut batches, mut bytes, mut before) = (Vec::new(), 0, None::<String>);
        while bytes < most {
            let statement = Statement::new("SELECT id, records FROM copies WHERE places = ").value(&places[..]);
            let statement = match &before {
                Some(id) => statement.push(" AND id < ").value(id.clone()),
                None => statement,
            };
            let rows = self.database().read(statement.push(" ORDER BY id DESC LIMIT ").value(PAGE)).await?;
            if rows.is_empty() {
                return Ok(batches);
            }
            for row in rows {
                if bytes >= most {
                    break;
                }
                let records: Vec<u8> = row.get("records")?;
                bytes += records.len();
                batches.push(records);
                before = Some(row.get("id")?);
            }
        }
        if let Some(last) = before {
            let outdated = Statement::new("DELETE FROM copies WHERE places = $1 AND id < $2");
            self.database().write(outdated.bind(&places[..]).bind(last)).await?;
        }
        Ok(batches)
    }
}
