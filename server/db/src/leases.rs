//! The runner's side of a job: claim, heartbeat, end of an attempt.
//!
//! A claim grants a lease and raises the attempt number. Once a second the holder writes heartbeat, progress and
//! checkpoint, checks that it still holds the job, and reads whether a stop was requested: all in one statement,
//! `UPDATE … WHERE id AND attempt AND state = 'running' RETURNING stopping`. Ranges and cursors are therefore JSON in
//! the job's row and not a table of their own: they cannot disagree with the progress in the same row, and a heartbeat
//! costs the same for any size of clone. If no row is returned, the lease is lost.
//!
//! Always: claims are serialised, so that limits hold for all servers; every other write to a running job's row carries
//! the attempt number. A job with a pending stop whose holder is gone is ended by the next claim instead of being run
//! again. A job succeeds only here, and only with a valid proof.

use std::collections::HashMap;

use model::{CloneSpec, EventKind, Job, JobId, Spec, State, Stop, StoreName, Time};

use crate::{
    Claimed, Db, DbError, End, JobHeartbeat, Terms,
    database::{Row, Statement, Transaction, json},
    events,
    jobs::row,
};

/// A job that may be claimed, or only has to be stopped.
struct Candidate {
    id: JobId,
    stopping: Option<Stop>,
    /// Previous holder, whose lease expired.
    holder: Option<String>,
}

impl Db {
    /// Claims the running job whose lease expired first, otherwise the oldest queued job. `None` if no job may start
    /// now.
    pub async fn claim(&self, terms: &Terms<'_>) -> Result<Option<Claimed>, DbError> {
        let mut transaction = self.database().begin().await?;
        transaction.lock_claims().await?;
        let now = self.now();
        let free = free_stores(&mut transaction, terms.limits, now).await?;
        let claimed = loop {
            let Some(candidate) = next(&mut transaction, &free, now).await? else { break None };
            match candidate.stopping {
                Some(stop) => end_orphaned(&mut transaction, &candidate, stop, now, terms.holder).await?,
                None => break Some(take(&mut transaction, candidate, now, terms).await?),
            }
        };
        transaction.commit().await?;
        Ok(claimed)
    }

    /// Writes a heartbeat. `None`: the lease is lost, stop at once. `Some(stop)`: the pending request of a user, if
    /// any.
    pub async fn heartbeat(&self, beat: &JobHeartbeat<'_>) -> Result<Option<Option<Stop>>, DbError> {
        let now = self.now();
        let statement = Statement::new(
            "UPDATE jobs SET lease_until = $1, progress = $2, failed_objects = $3, checkpoint = $4, history = $5, \
             updated_at = $6, revision = revision + 1 \
             WHERE id = $7 AND attempt = $8 AND state = 'running' RETURNING stopping",
        )
        .bind(now.0 + beat.lease_ms)
        .bind(json(&row::storable(beat.progress))?)
        .bind(row::integer(beat.progress.failed))
        .bind(beat.checkpoint)
        .bind(json(beat.history)?)
        .bind(now)
        .bind(beat.id)
        .bind(beat.attempt);
        self.database().write(statement).await?.first().map(row::stopping).transpose()
    }

    /// Ends an attempt; false if the lease was lost and nothing was written. A stop requested since the last heartbeat
    /// applies if the job would otherwise be queued again, and a cancel if it would be paused.
    pub async fn end(&self, beat: &JobHeartbeat<'_>, end: End, holder: &str) -> Result<bool, DbError> {
        let mut transaction = self.database().begin().await?;
        let Some(stopping) = held(&mut transaction, beat.id, beat.attempt).await? else { return Ok(false) };
        let ended = Ended::of(beat.id, end, stopping)?;
        let now = self.now();
        let state = ended.state;
        let statement = Statement::new(
            "UPDATE jobs SET state = $1, holder = NULL, lease_until = NULL, stopping = NULL, progress = $2, \
             failed_objects = $3, checkpoint = $4, history = $5, proof = $6, error = $7, search_error = $8, \
             ended_at = $9, updated_at = $10, revision = revision + 1 WHERE id = $11",
        )
        .bind(state.as_str())
        .bind(json(&row::storable(beat.progress))?)
        .bind(row::integer(beat.progress.failed))
        // A job that can only restart needs no checkpoint.
        .bind((!matches!(state, State::Succeeded | State::Cancelled)).then(|| beat.checkpoint.to_owned()))
        .bind(json(beat.history)?)
        .bind(ended.proof)
        .bind(ended.error)
        .bind(ended.search_error)
        .bind(state.ended().then_some(now.0))
        .bind(now)
        .bind(beat.id);
        transaction.run(statement).await?;
        events::append(&mut transaction, &[beat.id], now, holder, ended.event, ended.detail).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

impl Db {
    /// Writes what was decided by a mirror's standing consent into its spec; false if the lease of this attempt is lost.
    pub async fn record_decision(
        &self,
        (id, attempt): (JobId, i64),
        spec: &CloneSpec,
        holder: &str,
        detail: &str,
    ) -> Result<bool, DbError> {
        let mut transaction = self.database().begin().await?;
        if held(&mut transaction, id, attempt).await?.is_none() {
            return Ok(false);
        }
        let now = self.now();
        let statement =
            Statement::new("UPDATE jobs SET spec = $1, updated_at = $2, revision = revision + 1 WHERE id = $3");
        let spec = json(&Spec::Clone(spec.clone()))?;
        transaction.run(statement.bind(spec).bind(now).bind(id)).await?;
        events::append(&mut transaction, &[id], now, holder, EventKind::Decided, detail.to_owned()).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// Columns written at the end of an attempt.
struct Ended {
    state: State,
    event: EventKind,
    detail: String,
    proof: Option<String>,
    error: Option<String>,
    search_error: String,
}

impl Ended {
    fn of(id: JobId, end: End, stopping: Option<Stop>) -> Result<Self, DbError> {
        let plain = |state, event| Self {
            state,
            event,
            detail: String::new(),
            proof: None,
            error: None,
            search_error: String::new(),
        };
        Ok(match (end, stopping) {
            (End::Succeeded { proof }, _) if proof.holds() => {
                Self { proof: Some(json(&proof)?), ..plain(State::Succeeded, EventKind::Succeeded) }
            }
            (End::Succeeded { .. }, _) => return Err(DbError::Unproven(id)),
            (End::Failed { error, proof }, _) => Self {
                proof: proof.as_ref().map(json).transpose()?,
                error: Some(json(&error)?),
                search_error: row::folded(&error.message),
                detail: error.message,
                ..plain(State::Failed, EventKind::Failed)
            },
            (End::Cancelled, _) | (End::Paused | End::Released, Some(Stop::Cancel)) => {
                plain(State::Cancelled, EventKind::Cancelled)
            }
            (End::Paused, _) | (End::Released, Some(Stop::Pause)) => plain(State::Paused, EventKind::Paused),
            (End::Released, None) => plain(State::Queued, EventKind::Released),
        })
    }
}

/// Locks the row of a job and returns its pending stop; `None` if the lease of this attempt is lost.
pub async fn held(transaction: &mut Transaction, id: JobId, attempt: i64) -> Result<Option<Option<Stop>>, DbError> {
    let statement = Statement::new("SELECT stopping FROM jobs WHERE id = $1 AND attempt = $2 AND state = 'running'")
        .bind(id)
        .bind(attempt)
        .push(transaction.for_update());
    transaction.run(statement).await?.first().map(row::stopping).transpose()
}

/// Stores at which another job may start. A job with an expired lease does not count.
async fn free_stores(
    transaction: &mut Transaction,
    limits: &[(StoreName, u32)],
    now: Time,
) -> Result<Vec<StoreName>, DbError> {
    let statement = Statement::new(
        "SELECT source_store, destination_store, COUNT(*) AS jobs FROM jobs \
         WHERE lease_until > $1 GROUP BY source_store, destination_store",
    )
    .bind(now);
    let mut running: HashMap<String, i64> = HashMap::new();
    for row in transaction.run(statement).await? {
        let (source, destination): (String, String) = (row.get("source_store")?, row.get("destination_store")?);
        let jobs: i64 = row.get("jobs")?;
        if source != destination {
            *running.entry(destination).or_default() += jobs;
        }
        *running.entry(source).or_default() += jobs;
    }
    let jobs_at = |store: &StoreName| running.get(store.as_str()).copied().unwrap_or_default();
    let free = limits.iter().filter(|(store, limit)| jobs_at(store) < i64::from(*limit));
    Ok(free.map(|(store, _)| store.clone()).collect())
}

async fn next(transaction: &mut Transaction, free: &[StoreName], now: Time) -> Result<Option<Candidate>, DbError> {
    let at_free_stores = |statement: Statement| match free {
        [] => statement.push("0 = 1"),
        _ => statement
            .push("source_store IN ")
            .list(free.iter().map(StoreName::as_str))
            .push(" AND destination_store IN ")
            .list(free.iter().map(StoreName::as_str)),
    };
    // Only running jobs have a lease. A job to be stopped needs no free slot at its stores.
    let expired = Statement::new("SELECT id, stopping, holder FROM jobs WHERE lease_until <= ")
        .value(now)
        .push(" AND (stopping IS NOT NULL OR (");
    let expired =
        at_free_stores(expired).push(")) ORDER BY lease_until LIMIT 1").push(transaction.for_update_skip_locked());
    let mut rows = transaction.run(expired).await?;
    if rows.is_empty() && !free.is_empty() {
        let queued = Statement::new("SELECT id, stopping, holder FROM jobs WHERE state = 'queued' AND ");
        let queued = at_free_stores(queued).push(" ORDER BY id LIMIT 1").push(transaction.for_update_skip_locked());
        rows = transaction.run(queued).await?;
    }
    let candidate =
        |row: &Row| Ok(Candidate { id: row::id(row)?, stopping: row::stopping(row)?, holder: row.get("holder")? });
    rows.first().map(candidate).transpose()
}

async fn take(
    transaction: &mut Transaction,
    candidate: Candidate,
    now: Time,
    terms: &Terms<'_>,
) -> Result<Claimed, DbError> {
    let statement = Statement::new(
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, holder = $1, lease_until = $2, \
         started_at = COALESCE(started_at, $3), updated_at = $3, revision = revision + 1 WHERE id = $4 \
         RETURNING checkpoint, history, ",
    )
    .bind(terms.holder)
    .bind(now.0 + terms.lease_ms)
    .bind(now)
    .bind(candidate.id)
    .push(row::COLUMNS);
    let rows = transaction.run(statement).await?;
    let taken = rows.first().ok_or(DbError::NoJob(candidate.id))?;
    let job: Job = row::decode(taken)?;
    let taken_over = candidate.holder.is_some();
    let (kind, detail) = match candidate.holder {
        Some(lost) => (EventKind::TakenOver, format!("attempt {}, from {lost}, whose lease had expired", job.attempt)),
        None => (EventKind::Started, format!("attempt {}, by {}", job.attempt, terms.holder)),
    };
    events::append(transaction, &[job.id], now, terms.holder, kind, detail).await?;
    Ok(Claimed { job, checkpoint: taken.get("checkpoint")?, history: row::history(taken)?, taken_over })
}

/// Ends a job with a pending stop whose holder is gone.
async fn end_orphaned(
    transaction: &mut Transaction,
    candidate: &Candidate,
    stop: Stop,
    now: Time,
    actor: &str,
) -> Result<(), DbError> {
    let (state, kind) = match stop {
        Stop::Pause => (State::Paused, EventKind::Paused),
        Stop::Cancel => (State::Cancelled, EventKind::Cancelled),
    };
    let statement = Statement::new(
        "UPDATE jobs SET state = $1, holder = NULL, lease_until = NULL, stopping = NULL, ended_at = $2, \
         updated_at = $3, revision = revision + 1 WHERE id = $4",
    )
    .bind(state.as_str())
    .bind(state.ended().then_some(now.0))
    .bind(now)
    .bind(candidate.id);
    transaction.run(statement).await?;
    let detail = format!("{} had let its lease expire", candidate.holder.as_deref().unwrap_or("its worker"));
    events::append(transaction, &[candidate.id], now, actor, kind, detail).await
}
