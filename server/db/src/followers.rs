//! The table of followers: which process ships what appears for a pipeline, and what it saw when it looked last.
//!
//! Always: one process at a time. Whoever holds a pipeline renews its lease at each look; another takes over once the
//! lease has expired. What is recorded names the holder, so that one that was asleep past its lease records nothing.

use model::{Following, PipelineName, Queued, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement, json},
};

/// What a follower goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// When the pipeline was followed for the first time: objects written before are not its business.
    pub since: Time,
}

/// What it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedAt {
    /// Objects found and not shipped whole, and when the oldest of them was written.
    pub waiting: u64,
    pub oldest: Option<Time>,
    /// Why the look came to nothing.
    pub error: Option<String>,
    /// Of a pipeline with a queue.
    pub queue: Option<Queued>,
}

impl Db {
    /// Takes or keeps a pipeline for a time; `None`: another holds it.
    pub async fn follow(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        lease_ms: i64,
    ) -> Result<Option<Followed>, DbError> {
        let now = self.now();
        let statement = Statement::new(
            "INSERT INTO followers (pipeline, holder, lease_until, since, looked_at) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT (pipeline) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until \
             WHERE followers.holder = excluded.holder OR followers.lease_until <= $4 RETURNING since",
        )
        .bind(pipeline.as_str())
        .bind(holder)
        .bind(now.0 + lease_ms)
        .bind(now);
        let rows = self.database().write(statement).await?;
        rows.first().map(|row| Ok(Followed { since: Time(row.get("since")?) })).transpose()
    }

    /// False if another holds it by now.
    pub async fn looked(
        &self,
        pipeline: &PipelineName,
        holder: &str,
        lease_ms: i64,
        seen: &LookedAt,
    ) -> Result<bool, DbError> {
        let now = self.now();
        let queue = seen.queue.as_ref().map(json).transpose()?;
        let statement = Statement::new(
            "UPDATE followers SET lease_until = $1, looked_at = $2, waiting = $3, oldest = $4, error = $5, queue = $6 \
             WHERE pipeline = $7 AND holder = $8 RETURNING pipeline",
        )
        .bind(now.0 + lease_ms)
        .bind(now)
        .bind(i64::try_from(seen.waiting).unwrap_or(i64::MAX))
        .bind(seen.oldest.map(|at| at.0))
        .bind(seen.error.clone())
        .bind(queue)
        .bind(pipeline.as_str())
        .bind(holder);
        Ok(!self.database().write(statement).await?.is_empty())
    }

    /// Gives a pipeline back at once, as a process does that ends.
    pub async fn unfollow(&self, pipeline: &PipelineName, holder: &str) -> Result<(), DbError> {
        let statement = Statement::new("UPDATE followers SET lease_until = 0 WHERE pipeline = $1 AND holder = $2");
        self.database().write(statement.bind(pipeline.as_str()).bind(holder)).await?;
        Ok(())
    }

    /// How it stands; `None` if nobody ever followed it.
    pub async fn following(&self, pipeline: &PipelineName) -> Result<Option<Following>, DbError> {
        let statement = Statement::new(
            "SELECT holder, lease_until, since, looked_at, waiting, oldest, error, queue FROM followers \
             WHERE pipeline = $1",
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
                holder: row.get("holder")?,
                held: row.get::<i64>("lease_until")? > now,
            })
        };
        self.database().read(statement.bind(pipeline.as_str())).await?.first().map(decode).transpose()
    }
}
