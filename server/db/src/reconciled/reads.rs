//! Usual amounts that runs read of their objects, and marking of unusual runs.

use model::{Outcome, PipelineName, RunId};

use crate::{Db, DbError, database::Statement, sums::Change};

/// Runs searched for usable ones.
const NEWEST: i64 = 2_000;

impl Db {
    /// Sizes of objects and numbers of records read, of the newest complete runs with a known size, the oldest first.
    pub async fn usual_reads(&self, pipeline: &PipelineName) -> Result<Vec<(u64, u64)>, DbError> {
        let statement = Statement::new(
            "SELECT size, lines FROM (SELECT started_at, size, lines, outcome, source FROM runs WHERE pipeline = $1 \
             ORDER BY started_at DESC LIMIT $2) AS newest WHERE source = 'lambda' AND size IS NOT NULL AND lines > 0 \
             AND outcome IN ",
        )
        .bind(pipeline.as_str())
        .bind(NEWEST)
        .list([Outcome::Delivered, Outcome::Sent].map(Outcome::as_str))
        .push(" ORDER BY started_at");
        let rows = self.database().read(statement).await?;
        let read = rows
            .iter()
            .map(|row| Ok((row.get::<i64>("size")?.unsigned_abs(), row.get::<i64>("lines")?.unsigned_abs())));
        read.collect()
    }

    /// Marks a run that reported success as suspicious. Reading its log again does not change that, unless the log has
    /// new content.
    pub async fn suspect(&self, run: RunId, reason: &str) -> Result<(), DbError> {
        let mut transaction = self.database().begin().await?;
        let mut change = Change::default();
        let this = |statement: Statement| statement.push("id = ").value(run);
        change.subtract(&mut transaction, this).await?;
        let statement = Statement::new("UPDATE runs SET outcome = $1, reason = $2, whole = 0, again = 1 WHERE id = $3")
            .bind(Outcome::Suspicious.as_str())
            .bind(reason)
            .bind(run);
        transaction.run(statement).await?;
        change.add(&mut transaction, this).await?;
        change.apply(&mut transaction).await?;
        transaction.commit().await
    }
}
