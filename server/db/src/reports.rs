//! The table of completion reports: what a clone copied or deleted, in pieces of some seconds each.
//!
//! Always: only the holder of the job's lease adds a piece, and does so before the heartbeat that reports its objects as
//! done.

use model::JobId;

use crate::{Db, DbError, database::Statement, leases};

/// A piece of a report.
pub struct ReportPiece {
    /// Pieces are in the order of their ids.
    pub id: String,
    /// A gzip member.
    pub lines: Vec<u8>,
}

impl Db {
    /// Adds a piece, a gzip member. False if the lease was lost.
    pub async fn add_report(&self, job: JobId, attempt: i64, lines: &[u8]) -> Result<bool, DbError> {
        let mut transaction = self.database().begin().await?;
        if leases::held(&mut transaction, job, attempt).await?.is_none() {
            return Ok(false);
        }
        let statement = Statement::new("INSERT INTO reports (job_id, id, lines) VALUES ($1, $2, $3)");
        transaction.run(statement.bind(job).bind(self.new_run_id().to_string()).bind(lines)).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The piece after the one with this id; `None` after the last.
    pub async fn report_piece(&self, job: JobId, after: Option<&str>) -> Result<Option<ReportPiece>, DbError> {
        let statement =
            Statement::new("SELECT id, lines FROM reports WHERE job_id = $1 AND id > $2 ORDER BY id LIMIT 1");
        let rows = self.database().read(statement.bind(job).bind(after.unwrap_or_default())).await?;
        let piece = |row: &crate::database::Row| Ok(ReportPiece { id: row.get("id")?, lines: row.get("lines")? });
        rows.first().map(piece).transpose()
    }
}
