//! The table of followers: the process that ships new objects of a pipeline, and the result of its last poll.
//!
//! Always: one process at a time, the holder of the lease `follow` of the pipeline. A process that lost it records
//! nothing.

use model::{Following, PipelineName, Queued, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement, json},
    task_leases::{self, task},
};

/// State that a follower starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Start of following; older objects are not shipped.
    pub since: Time,
}

/// Result of a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedAt {
    /// Objects found and not shipped completely; `oldest` is the earliest write time among them.
    pub waiting: u64,
    pub oldest: Option<Time>,
    /// Error of the poll.
    pub error: Option<String>,
    /// Status of the queue, if there is one.
    pub queue: Option<Queued>,
    /// Objects that were not shipped completely and are tried again.
    pub retrying: u64,
    /// The last of them, and why it failed.
    pub retrying_because: Option<String>,
}

impl Db {
    /// Acquires or renews the lease of a pipeline; `None` if another process holds it.
    pub async fn follow(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        lease_ms: i64,
    ) -> Result<Option<Followed>, DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        if !task_leases::take(&mut transaction, (task::FOLLOW, pipeline.as_str()), holder, lease_ms, now).await? {
            return Ok(None);
        }
        let statement = Statement::new(
            "INSERT INTO followers (pipeline, since, looked_at) VALUES ($1, $2, $2) \
             ON CONFLICT (pipeline) DO UPDATE SET pipeline = excluded.pipeline RETURNING since",
        )
        .bind(pipeline.as_str())
        .bind(now);
        let rows = transaction.run(statement).await?;
        transaction.commit().await?;
        rows.first().map(|row| Ok(Followed { since: Time(row.get("since")?) })).transpose()
    }

    /// Records a poll and renews the lease; false if the lease is lost.
    pub async fn looked(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        lease_ms: i64,
        seen: &LookedAt,
    ) -> Result<bool, DbError> {
        let now = self.now();
        let queue = seen.queue.as_ref().map(json).transpose()?;
        let (mut transaction, until) = (self.database().begin().await?, Time(now.0 + lease_ms));
        let lease = (task::FOLLOW, pipeline.as_str());
        if !task_leases::fence_and_renew(&mut transaction, lease, holder, until).await? {
            return Ok(false);
        }
        let statement = Statement::new(
            "UPDATE followers SET looked_at = $1, waiting = $2, oldest = $3, error = $4, queue = $5, retrying = $6, \
             retrying_because = $7 WHERE pipeline = $8",
        )
        .bind(now)
        .bind(i64::try_from(seen.waiting).unwrap_or(i64::MAX))
        .bind(seen.oldest.map(|at| at.0))
        .bind(seen.error.clone())
        .bind(queue)
        .bind(i64::try_from(seen.retrying).unwrap_or(i64::MAX))
        .bind(seen.retrying_because.clone())
        .bind(pipeline.as_str());
        transaction.run(statement).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Status of the follower of a pipeline; `None` if it was never followed.
    pub async fn following(&self, pipeline: &PipelineName) -> Result<Option<Following>, DbError> {
        let statement = Statement::new(
            "SELECT COALESCE(holder, '') AS holder, COALESCE(until, 0) AS until, since, looked_at, waiting, oldest, error, \
             queue, retrying, retrying_because FROM followers LEFT JOIN leases ON task = 'follow' AND key = pipeline WHERE pipeline = $1",
        );
        let now = self.now().0;
        let decode = |row: &Row| {
            Ok(Following {
                since: Time(row.get("since")?),
                looked_at: Time(row.get("looked_at")?),
                waiting: row.get::<i64>("waiting")?.unsigned_abs(),
                oldest: row.get::<Option<i64>>("oldest")?.map(Time),
                error: row.get("error")?,
                queue: row.optional_json("queue")?,
                retrying: row.get::<i64>("retrying")?.unsigned_abs(),
                retrying_because: row.get("retrying_because")?,
                holder: row.get("holder")?,
                held: row.get::<i64>("until")? > now,
            })
        };
        self.database().read(statement.bind(pipeline.as_str())).await?.first().map(decode).transpose()
    }
}
