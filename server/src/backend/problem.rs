//! From what went wrong inside to what a reader is told: the one place.
//!
//! Always: the cause of what is nobody's fault outside goes to the log, with what a reader is shown instead. No URL of
//! a database, no secret and no SQL gets past here.

use std::{error::Error, time::Duration};

use engine::{
    clone::CloneError,
    s3::{S3Error, S3Fault},
    ship::ShipError,
};
use model::{BucketName, CloneSpec, Pipeline, PipelineName, Problem, ProblemCode, ReprocessSpec, SinkName, StoreName};
use tokio::time::timeout;
use tracing::{error, warn};

use super::AppBackend;
use crate::connections::{
    sinks::Sinks,
    stores::{Entry, Stores},
};

/// To name the buckets there are, a store gets so long.
const SUGGEST_WITHIN: Duration = Duration::from_secs(1);

/// Of Logyard's own database.
pub fn database(error: db::DbError) -> Problem {
    use db::DbError as E;
    match error {
        E::NoJob(id) => Problem::new(ProblemCode::NotFound, format!("There is no job {id}.")),
        E::NoRun(id) => Problem::new(ProblemCode::NotFound, format!("There is no run {id}.")),
        E::NoSchedule(id) => Problem::new(ProblemCode::NotFound, format!("There is no schedule {id}.")),
        E::NoAlert(id) => Problem::new(ProblemCode::NotFound, format!("There is no alert {id}.")),
        E::AlertOver(id) => {
            let detail = format!("Alert {id} is resolved: there is nothing left to do about it.");
            Problem::new(ProblemCode::Conflict, detail)
        }
        E::NameTaken(name) => {
            let detail = format!("Another schedule is called `{name}`. Choose another name, or delete that one first.");
            Problem::new(ProblemCode::Conflict, detail).on("name")
        }
        E::TooManySchedules => {
            let detail = format!("There are {} schedules already. Delete one first.", db::MOST_SCHEDULES);
            Problem::new(ProblemCode::Conflict, detail)
        }
        E::TooManyTables => {
            let most = db::MOST_AGENT_TABLES;
            Problem::new(
                ProblemCode::Conflict,
                format!("Agents report {most} tables already; there is room for no more."),
            )
        }
        E::StillRuns(job) => {
            let detail = format!("Job {job}, the last of this schedule, has not ended. Wait for it, or cancel it.");
            Problem::new(ProblemCode::Conflict, detail)
        }
        E::NotAllowed(refused) => refused.into(),
        E::KeyReused(_) => Problem::new(ProblemCode::Conflict, format!("{error}. Use a new key for a new request.")),
        E::Invalid(invalid) => invalid.into(),
        E::Unreachable(_) | E::Busy(_) => {
            warn!(error = %chain(&error), "the database is away");
            let detail = "Logyard's database does not answer. Try again in a moment; running jobs go on by themselves.";
            Problem::new(ProblemCode::Unavailable, detail)
        }
        other => {
            error!(error = %chain(&other), "the database refused");
            Problem::new(ProblemCode::Internal, "Logyard's database refused this; the log has the cause.")
        }
    }
}

/// Of an S3 endpoint: its own words, and what to do.
pub fn s3(error: &S3Error) -> Problem {
    Problem::new(ProblemCode::Store, format!("{}. {}", capital(&error.to_string()), error.advice()))
}

/// The same where a bucket was asked for by `field`: what does not exist is told with what does.
pub async fn place(error: &S3Error, bucket: &BucketName, entry: &Entry, field: &str) -> Problem {
    match error.fault() {
        S3Fault::NoBucket => {
            let what = match field.split_once('.') {
                Some((side, _)) => format!("{} bucket", capital(side)),
                None => "Bucket".to_owned(),
            };
            let store = &entry.config.name;
            let others = match timeout(SUGGEST_WITHIN, entry.client.hasty().buckets()).await {
                Ok(Ok(Some(buckets))) => match buckets.len() {
                    0 => "there is none yet".to_owned(),
                    1 => format!("pick the one there, `{}`", buckets[0]),
                    many => format!("pick one of the {many} buckets there"),
                },
                _ => "check its name".to_owned(),
            };
            let detail = format!("{what} `{bucket}` does not exist at store `{store}`. Create it, or {others}.");
            Problem::new(ProblemCode::Invalid, detail).on(field)
        }
        _ => s3(error).on(field),
    }
}

pub fn no_store(name: &StoreName, stores: &Stores) -> String {
    let known: Vec<String> = stores.iter().map(|entry| format!("`{}`", entry.config.name)).collect();
    format!("Store `{name}` is not configured. Add it as [[stores]], or pick one of {}.", known.join(", "))
}

pub fn no_pipeline(name: &PipelineName, pipelines: &[Pipeline]) -> String {
    let known: Vec<String> = pipelines.iter().map(|pipeline| format!("`{}`", pipeline.name)).collect();
    format!("Pipeline `{name}` is not configured. {}", or_one_of("pipelines", &known))
}

pub fn no_sink(name: &SinkName, sinks: &Sinks) -> String {
    let known: Vec<String> = sinks.iter().map(|sink| format!("`{}`", sink.name)).collect();
    format!("Sink `{name}` is not configured. {}", or_one_of("sinks", &known))
}

fn or_one_of(list: &str, known: &[String]) -> String {
    match known {
        [] => format!("Add it as [[{list}]]; there is none yet."),
        known => format!("Add it as [[{list}]], or pick one of {}.", known.join(", ")),
    }
}

/// Why a reprocess cannot be previewed, at the field that is at fault.
pub async fn shipping(error: &ShipError, spec: &ReprocessSpec, entry: &Entry) -> Problem {
    match error {
        ShipError::Store(error) => place(error, &spec.source.bucket, entry, "source.bucket").await,
        ShipError::Key { .. } => {
            let detail = format!("{}. {}", capital(&error.to_string()), error.advice());
            Problem::new(ProblemCode::Invalid, detail).on("keys")
        }
        ShipError::Ledger(_) => Problem::new(ProblemCode::Unavailable, format!("{error}. {}", error.advice())),
        other => {
            error!(error = %chain(other), "the shipping engine broke");
            Problem::new(ProblemCode::Internal, "The shipping engine broke; the log has the cause.")
        }
    }
}

pub fn unlistable(store: &StoreName) -> Problem {
    let detail = format!(
        "The credentials of store `{store}` may not list its buckets: type the bucket's name, or allow \
         s3:ListAllMyBuckets."
    );
    Problem::new(ProblemCode::Store, detail)
}

pub fn no_answer(within: Duration) -> Problem {
    let detail = format!("The store did not answer within {} s. Check its endpoint and the network.", within.as_secs());
    Problem::new(ProblemCode::Store, detail)
}

impl AppBackend {
    /// Why a clone is not started or previewed, at the field that is at fault.
    pub(super) async fn refused(&self, error: CloneError, spec: &CloneSpec) -> Problem {
        match error {
            CloneError::SamePlace { .. } | CloneError::Overlap { .. } => {
                let detail = format!("{}. {}", capital(&error.to_string()), error.advice());
                Problem::new(ProblemCode::Invalid, detail).on("destination")
            }
            CloneError::Store(error) => {
                for (location, field) in [(&spec.source, "source.bucket"), (&spec.destination, "destination.bucket")] {
                    let Some(entry) = self.stores.get(&location.store) else { continue };
                    let client = entry.client.hasty();
                    if let Err(error) = client.peek(&location.bucket, &location.prefix, 1).await {
                        return place(&error, &location.bucket, entry, field).await;
                    }
                }
                s3(&error)
            }
            CloneError::Stopped
            | CloneError::NoPlan
            | CloneError::PlanChanged { .. }
            | CloneError::SourceEmpty { .. }
            | CloneError::NotAllCopied { .. }
            | CloneError::NothingDeleted(_)
            | CloneError::HalfDeleted { .. }
            | CloneError::Broke(_) => {
                error!(error = %chain(&error), "the clone engine broke");
                Problem::new(ProblemCode::Internal, "The clone engine broke; the log has the cause.")
            }
        }
    }
}

/// An error with its causes, for the log.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// As a sentence starts.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
