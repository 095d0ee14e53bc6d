//! What recorded runs say of objects, as the shipping engine queries it: which were delivered, what an earlier run of the
//! same job counted, and which dead letters a later run has replaced.

use std::sync::{Arc, Mutex, PoisonError};

use db::Db;
use engine::{
    s3::{ETag, Listed},
    ship::{Ledger, LedgerError, Standing},
};
use futures::future::BoxFuture;
use model::{BucketName, JobId, Key, PipelineName, ReprocessSpec, Run, SinkName, Summary, Time, Window};

/// Runs of one pipeline over one bucket, into one sink.
pub struct Records {
    db: Db,
    pipeline: Option<PipelineName>,
    sink: SinkName,
    bucket: BucketName,
    window: Option<Window>,
    /// The job whose own earlier runs are replaced when it retries.
    job: Option<JobId>,
}

impl Records {
    pub fn of(db: &Db, spec: &ReprocessSpec) -> Arc<dyn Ledger> {
        Self::of_attempt(db, spec, None)
    }

    pub fn of_attempt(db: &Db, spec: &ReprocessSpec, job: Option<JobId>) -> Arc<dyn Ledger> {
        Arc::new(Self {
            job,
            db: db.clone(),
            pipeline: spec.pipeline.clone(),
            sink: spec.sink.clone(),
            bucket: spec.source.bucket.clone(),
            window: spec.window,
        })
    }
}

impl Ledger for Records {
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        Box::pin(async move {
            let etag = |object: &Listed| object.etag.as_ref().map(ETag::to_string).unwrap_or_default();
            let asked: Vec<_> = objects.iter().map(|object| (object.key.clone(), etag(object))).collect();
            let found = self
                .db
                .delivered(self.pipeline.as_ref(), &self.sink, self.bucket.as_str(), self.window, &asked)
                .await
                .map_err(|error| LedgerError(error.to_string()))?;
            Ok(objects.iter().map(|object| found.contains(&object.key)).collect())
        })
    }

    fn earlier<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Summary>, LedgerError>> {
        Box::pin(async move {
            let Some(job) = self.job else { return Ok(None) };
            let run = self.db.run_over(job, key).await.map_err(|error| LedgerError(error.to_string()))?;
            Ok(run.and_then(|run| run.summary))
        })
    }
}

/// The runs of a job that left dead letters.
pub struct Letters {
    db: Db,
    job: JobId,
    /// The last key asked for: letters of one object follow one another.
    last: Mutex<Option<(Key, Option<Run>)>>,
}

impl Letters {
    pub fn of(db: &Db, job: JobId) -> Self {
        Self { db: db.clone(), job, last: Mutex::default() }
    }

    async fn run(&self, key: &Key) -> Result<Option<Run>, LedgerError> {
        if let Some((last, run)) = &*self.last.lock().unwrap_or_else(PoisonError::into_inner)
            && last == key
        {
            return Ok(run.clone());
        }
        let run = self.db.run_over(self.job, key).await.map_err(|error| LedgerError(error.to_string()))?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((key.clone(), run.clone()));
        Ok(run)
    }
}

impl Standing for Letters {
    /// A letter stands unless the job's last run over its object is another one than left it, or delivered everything.
    fn stands<'a>(&'a self, key: &'a Key, started_at: Option<Time>) -> BoxFuture<'a, Result<bool, LedgerError>> {
        Box::pin(async move {
            let Some(run) = self.run(key).await? else { return Ok(true) };
            Ok(!run.outcome.whole() && started_at.is_none_or(|at| at == run.started_at))
        })
    }
}
