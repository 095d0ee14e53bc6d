//! The table of watchers: which process reads the log group of a pipeline's function, how far it got, and how it went.
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

/// How reading a log group stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    /// When it was read last, or tried to.
    pub looked_at: Time,
    /// Why it could not be read, and since when that has been so.
    pub error: Option<String>,
    pub failing_since: Option<Time>,
    /// Events from here on are read next.
    pub cursor: Time,
    /// How much of the log was left to read after the last look: 0 once it is read to its end.
    pub behind_ms: u64,
    pub holder: String,
    /// Whether the holder was heard of lately: if not, nobody reads.
    pub held: bool,
}

/// How a look went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub cursor: Time,
    pub behind_ms: u64,
    pub error: Option<String>,
}

impl Db {
    /// Takes or keeps the log group of a pipeline for a time: from where on to read. That is `first` where nobody ever
    /// did. `None`: another holds it.
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

    /// False if another holds it by now.
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

    /// How it stands; `None` if nobody ever read it.
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
