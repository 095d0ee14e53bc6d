//! Starts the engine for a job's kind: the only place in the runner that knows what a clone or a reprocess is.

use db::{Claimed, Db};
use engine::{
    clone::{self, CloneError, CopyRecord},
    ship,
};
use model::{Job, JobError, JobId, Key, Proof, Spec, StoreName};
use serde::de::DeserializeOwned;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Duration, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, warn};

use super::{Context, backfill, consent::CloneWork, reprocess, work::Tracker};
use crate::connections::stores::{Entry, Stores};

/// Page size of keys to retry, and length of the queue in which they wait.
const RETRY_PAGE: u32 = 500;

/// An engine that runs in a task of its own.
pub struct Running {
    pub tracker: Tracker,
    pub task: JoinHandle<Result<Option<Proof>, AttemptFault>>,
}

/// Why an engine returned before its end.
#[derive(Clone, Debug)]
pub enum AttemptFault {
    /// Its token was cancelled.
    Stopped,
    Failed(JobError),
    /// It reached its end, with this proof, and the job fails all the same: a mirror needs a person's confirmation to
    /// delete, or the report could not be written.
    AtTheEnd(Box<(JobError, Option<Proof>)>),
}

/// Starts the engine, or says why it cannot be started.
pub async fn start(context: &Context, claimed: &Claimed, stop: &CancellationToken) -> Result<Running, JobError> {
    let progress = claimed.job.progress.clone();
    let retry = retry(&context.db, claimed.job.id, stop).await;
    let (tracker, task) = match &claimed.job.spec {
        Spec::Clone(spec) => {
            let source = client(&context.stores, &spec.source.store)?.client.clone();
            let destination = client(&context.stores, &spec.destination.store)?.client.clone();
            let options = context.config.clone_options();
            let places = clone::places(spec, &source, &destination);
            let known = records(&context.db, &places).await;
            let tracker = clone::Tracker::resume_knowing(known, progress, checkpoint(claimed)?);
            let report_to = spec.report.as_ref().and_then(|report| report.to.clone());
            let report_store = report_to.as_ref().map(|to| client(&context.stores, &to.store)).transpose()?;
            if spec.report.is_some() {
                tracker.report_since(claimed.job.created_at);
            }
            let work = CloneWork {
                db: context.db.clone(),
                job: claimed.job.id,
                attempt: claimed.job.attempt,
                holder: context.holder.to_string(),
                spec: spec.clone(),
                source,
                destination,
                options,
                report: report_store.map(|store| store.client.clone()).zip(report_to),
                tracker: tracker.clone(),
                stop: stop.clone(),
            };
            let work = work.carry_out(retry);
            (Tracker::Clone(tracker, places), tokio::spawn(work.instrument(Span::current())))
        }
        Spec::Reprocess(spec) => {
            let work = reprocess::Work::of(context, claimed.job.id, spec)?;
            let letters = spec.dead_letters_of.and_then(|job| format!("dead letters of job {job}").parse().ok());
            let tracker = ship::Tracker::resume(progress, checkpoint(claimed)?);
            let (at_work, stop) = (tracker.clone(), stop.clone());
            let work = async move { work.carry_out(retry, &at_work, &stop).await };
            (Tracker::Ship(tracker, letters), tokio::spawn(work.instrument(Span::current())))
        }
        Spec::Backfill(spec) => {
            let work = backfill::Work::of(context, claimed, spec)?;
            let tracker = backfill::Tracker::resume(progress, checkpoint(claimed)?);
            let (at_work, stop) = (tracker.clone(), stop.clone());
            let work = async move { work.carry_out(&at_work, &stop).await };
            (Tracker::Backfill(tracker), tokio::spawn(work.instrument(Span::current())))
        }
    };
    Ok(Running { tracker, task })
}

/// Copies on record of earlier clones between the same places. Without them, the clone copies again what they would prove.
async fn records(db: &Db, places: &[u8; 16]) -> Vec<CopyRecord> {
    let batches = db.copies(places, CopyRecord::MOST * CopyRecord::BYTES).await.unwrap_or_else(|error| {
        warn!(%error, "records of earlier copies not read");
        Vec::new()
    });
    let records = batches.iter().flat_map(|batch| batch.as_chunks().0);
    records.map(|record| CopyRecord::from_bytes(*record)).collect()
}

/// Where an earlier attempt stopped.
fn checkpoint<T: DeserializeOwned + Default>(claimed: &Claimed) -> Result<T, JobError> {
    let Some(json) = &claimed.checkpoint else { return Ok(T::default()) };
    serde_json::from_str(json).map_err(|error| unreadable(&error))
}

/// The error in the job's row of an engine that panicked; the panic itself is in the log.
pub fn broken(job: &Job) -> JobError {
    JobError::new(
        "internal",
        &format!("The {} engine failed while it worked on {}.", job.kind, job.title()),
        "Retry it. If it happens again, report it with the worker's log of that time.",
    )
}

pub fn fault(error: CloneError) -> AttemptFault {
    match error {
        CloneError::Stopped => AttemptFault::Stopped,
        error => AttemptFault::Failed(JobError::new(error.code(), &error.to_string(), error.advice())),
    }
}

pub fn client<'a>(stores: &'a Stores, name: &StoreName) -> Result<&'a Entry, JobError> {
    let advice = "Add it as [[stores]] to the configuration of every server and worker, then retry.";
    stores
        .get(name)
        .ok_or_else(|| JobError::new("no_store", &format!("Store `{name}` is not configured here."), advice))
}

fn unreadable(error: &serde_json::Error) -> JobError {
    warn!(%error, "checkpoint unreadable; the job fails");
    JobError::new(
        "checkpoint",
        "The checkpoint of an earlier attempt cannot be read.",
        "Retry all: what is equal already is skipped.",
    )
}

/// The keys marked for retry, if there are any, fed page by page while the engine takes them.
async fn retry(db: &Db, id: JobId, stop: &CancellationToken) -> Option<mpsc::Receiver<Key>> {
    let mut page = retry_page(db, id, None, stop).await?;
    if page.is_empty() {
        return None;
    }
    let (sender, receiver) = mpsc::channel(RETRY_PAGE as usize);
    let (db, stop) = (db.clone(), stop.clone());
    tokio::spawn(async move {
        while let Some(last) = page.last().cloned() {
            for key in page {
                if sender.send(key).await.is_err() {
                    return;
                }
            }
            let Some(next) = retry_page(&db, id, Some(&last), &stop).await else { return };
            page = next;
        }
    });
    Some(receiver)
}

/// Retries until the database answers: a page left out would be an object left out. `None` once stopped.
async fn retry_page(db: &Db, id: JobId, after: Option<&Key>, stop: &CancellationToken) -> Option<Vec<Key>> {
    while !stop.is_cancelled() {
        match db.to_retry(id, after, RETRY_PAGE).await {
            Ok(page) => return Some(page),
            Err(error) => warn!(%error, "keys to retry not read; retrying"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(Duration::from_secs(1)) => {}
        }
    }
    None
}
