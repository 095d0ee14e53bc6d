//! The table of log readers: the process that reads the log group of a pipeline's function, its cursor and its result.
//!
//! Always: one process at a time, the holder of the lease `read_logs` of the pipeline. The cursor passes only events
//! whose runs are recorded, or which a later poll reads again, so that the next holder continues there and misses
//! nothing. An error stays until a poll succeeds: a log group that cannot be read is not a silent one.

use model::{PipelineName, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement},
    task_leases::{self, task},
};

/// Status of a log reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    /// Time of the last poll.
    pub looked_at: Time,
    /// Error of the last poll; `failing_since` is the first of consecutive errors.
    pub error: Option<String>,
    pub failing_since: Option<Time>,
    /// Events from this time on are read next.
    pub cursor: Time,
    /// Unread part of the log after the last poll in milliseconds; 0 once it was read to its end.
    pub behind_ms: u64,
    pub holder: String,
    /// Whether the lease is valid; if not, no process reads.
    pub held: bool,
}

/// Result of a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub cursor: Time,
    pub behind_ms: u64,
    pub error: Option<String>,
}

impl Db {
    /// Acquires or renews the lease of a pipeline's log group. Returns the cursor, which is `first` at the first time;
    /// `None` if another process holds the lease.
    pub async fn watch(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        lease_ms: i64,
        first: Time,
    ) -> Result<Option<Time>, DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        if !task_leases::take(&mut transaction, (task::READ_LOGS, pipeline.as_str()), holder, lease_ms, now).await? {
            return Ok(None);
        }
        let statement = Statement::new(
            "INSERT INTO watchers (pipeline, read_from, looked_at, behind_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (pipeline) DO UPDATE SET pipeline = excluded.pipeline RETURNING read_from",
        )
        .bind(pipeline.as_str())
        .bind(first)
        .bind(now)
        .bind(now.0.saturating_sub(first.0).max(0));
        let rows = transaction.run(statement).await?;
        transaction.commit().await?;
        rows.first().map(|row| Ok(Time(row.get("read_from")?))).transpose()
    }

    /// Records a poll and renews the lease; false if the lease is lost.
    pub async fn watched(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        lease_ms: i64,
        look: &Watched,
    ) -> Result<bool, DbError> {
        let now = self.now();
        let failing = look.error.is_some().then_some(now.0);
        let (mut transaction, until) = (self.database().begin().await?, Time(now.0 + lease_ms));
        let lease = (task::READ_LOGS, pipeline.as_str());
        if !task_leases::fence_and_renew(&mut transaction, lease, holder, until).await? {
            return Ok(false);
        }
        let statement = Statement::new(
            "UPDATE watchers SET looked_at = $1, read_from = $2, behind_ms = $3, error = $4, \
             failing_since = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN NULL \
             ELSE COALESCE(failing_since, CAST($5 AS BIGINT)) END WHERE pipeline = $6",
        )
        .bind(now)
        .bind(look.cursor)
        .bind(i64::try_from(look.behind_ms).unwrap_or(i64::MAX))
        .bind(look.error.clone())
        .bind(failing)
        .bind(pipeline.as_str());
        transaction.run(statement).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Status of the log reader of a pipeline; `None` if its log was never read.
    pub async fn watching(&self, pipeline: &PipelineName) -> Result<Option<Watching>, DbError> {
        let statement = Statement::new(
            "SELECT COALESCE(holder, '') AS holder, COALESCE(until, 0) AS until, read_from, looked_at, behind_ms, error, \
             failing_since FROM watchers LEFT JOIN leases ON task = 'read_logs' AND key = pipeline WHERE pipeline = $1",
        );
        let now = self.now().0;
        let decode = |row: &Row| {
            Ok(Watching {
                looked_at: Time(row.get("looked_at")?),
                error: row.get("error")?,
                failing_since: row.get::<Option<i64>>("failing_since")?.map(Time),
                cursor: Time(row.get("read_from")?),
                behind_ms: row.get::<i64>("behind_ms")?.unsigned_abs(),
                holder: row.get("holder")?,
                held: row.get::<i64>("until")? > now,
            })
        };
        self.database().read(statement.bind(pipeline.as_str())).await?.first().map(decode).transpose()
    }
}
