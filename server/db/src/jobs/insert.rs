//! Creates a job, once per idempotency key, and reads one.

use model::{EventKind, Job, JobId, Point, Progress, Spec, State};

use super::row;
use crate::{
    Db, DbError, NewJob,
    database::{Row, Statement, Transaction, json},
    events,
};

impl Db {
    /// Creates a job. Returns it with true if it is new, or the earlier job with false if the author has sent the same
    /// idempotency key and request before. The same key with another request is [`DbError::KeyReused`]. Keys are
    /// separate for each author.
    pub async fn insert(&self, new: NewJob) -> Result<(Job, bool), DbError> {
        let job = self.queued(new.spec, new.author);
        let (id, created_at) = (job.id, job.created_at);
        let mut transaction = self.database().begin().await?;
        let statement = insert_statement(std::slice::from_ref(&job), new.idempotency.as_ref())?;
        let inserted = transaction.run(statement.push(" ON CONFLICT DO NOTHING RETURNING id")).await?;
        if inserted.is_empty() {
            let Some((key, hash)) = new.idempotency else {
                return Err(DbError::Corrupt(format!("the id {id} is taken")));
            };
            return Ok((repeated(&mut transaction, &job.author, &key, &hash).await?, false));
        }
        events::append(&mut transaction, &[id], created_at, &job.author, EventKind::Created, String::new()).await?;
        transaction.commit().await?;
        Ok((job, true))
    }

    /// The job created earlier with the author's idempotency key, as [`Db::insert`] would return it.
    pub async fn job_by_idempotency_key(&self, author: &str, key: &str, hash: &str) -> Result<Option<Job>, DbError> {
        let rows = self.database().read(by_key(author, key)).await?;
        rows.first().map(|row| of_request(row, hash)).transpose()
    }

    pub async fn job(&self, id: JobId) -> Result<Job, DbError> {
        let rows = self.database().read(row::select().push("WHERE id = ").value(id)).await?;
        row::decode(rows.first().ok_or(DbError::NoJob(id))?)
    }

    /// A new queued job, not yet inserted.
    pub(crate) fn queued(&self, spec: Spec, author: String) -> Job {
        let (id, created_at) = self.clock().new_id();
        Job {
            id,
            kind: spec.kind(),
            state: State::Queued,
            spec,
            attempt: 0,
            author,
            created_at,
            started_at: None,
            ended_at: None,
            updated_at: created_at,
            revision: 1,
            stopping: None,
            holder: None,
            progress: Progress::default(),
            proof: None,
            error: None,
        }
    }

    /// Points of the rate chart of a job, oldest first.
    pub async fn history(&self, id: JobId) -> Result<Vec<Point>, DbError> {
        let statement = Statement::new("SELECT history FROM jobs WHERE id = $1").bind(id);
        row::history(self.database().read(statement).await?.first().ok_or(DbError::NoJob(id))?)
    }
}

/// Inserts a job from [`Db::queued`] with its first event, within a larger transaction.
pub async fn insert_queued(transaction: &mut Transaction, job: &Job, detail: String) -> Result<(), DbError> {
    transaction.run(insert_statement(std::slice::from_ref(job), None)?).await?;
    events::append(transaction, &[job.id], job.created_at, &job.author, EventKind::Created, detail).await
}

async fn repeated(transaction: &mut Transaction, author: &str, key: &str, hash: &str) -> Result<Job, DbError> {
    let rows = transaction.run(by_key(author, key)).await?;
    let found = rows.first().ok_or_else(|| DbError::Corrupt("an idempotency key without its job".to_owned()))?;
    of_request(found, hash)
}

fn by_key(author: &str, key: &str) -> Statement {
    Statement::new("SELECT request_hash, ")
        .push(row::COLUMNS)
        .push(" FROM jobs WHERE author = ")
        .value(author)
        .push(" AND idempotency_key = ")
        .value(key)
}

fn of_request(found: &Row, hash: &str) -> Result<Job, DbError> {
    let job = row::decode(found)?;
    if found.get::<String>("request_hash")? == hash { Ok(job) } else { Err(DbError::KeyReused(job.id)) }
}

/// SQL that inserts jobs in any state, so that benchmarks use the same statement. A running job gets an expired lease.
pub fn insert_statement(jobs: &[Job], idempotency: Option<&(String, String)>) -> Result<Statement, DbError> {
    let mut statement = Statement::new(
        "INSERT INTO jobs (id, kind, state, spec, author, source_store, source_bucket, destination_store, \
         destination_bucket, attempt, holder, lease_until, created_at, started_at, ended_at, updated_at, progress, \
         failed_objects, proof, error, search_text, search_error, idempotency_key, request_hash) VALUES ",
    );
    for (index, job) in jobs.iter().enumerate() {
        let (source, destination) = (job.spec.source(), job.spec.destination());
        let error = job.error.as_ref().map_or("", |error| &error.message);
        statement = statement.push(if index == 0 { "" } else { ", " }).tuple([
            job.id.into(),
            job.kind.as_str().into(),
            job.state.as_str().into(),
            json(&job.spec)?.into(),
            job.author.as_str().into(),
            source.store.as_str().into(),
            source.bucket.as_str().into(),
            destination.store.as_str().into(),
            destination.bucket.as_str().into(),
            job.attempt.into(),
            job.holder.clone().into(),
            (job.state == State::Running).then_some(job.updated_at.0).into(),
            job.created_at.into(),
            job.started_at.map(|at| at.0).into(),
            job.ended_at.map(|at| at.0).into(),
            job.updated_at.into(),
            json(&row::storable(&job.progress))?.into(),
            row::integer(job.progress.failed).into(),
            job.proof.as_ref().map(json).transpose()?.into(),
            job.error.as_ref().map(json).transpose()?.into(),
            row::folded(&format!("{}\n{}\n{}", job.title(), job.author, job.id)).into(),
            row::folded(error).into(),
            idempotency.map(|(key, _)| key.clone()).into(),
            idempotency.map(|(_, hash)| hash.clone()).into(),
        ]);
    }
    Ok(statement)
}
