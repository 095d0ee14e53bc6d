//! Turns internal errors into the problems that readers see: the one place.
//!
//! Always: the cause of an internal error goes to the log only. No database URL, no secret and no SQL reaches a reader.

use std::{error::Error, time::Duration};

use engine::{
    clone::CloneError,
    s3::{S3Error, S3Fault},
    ship::ShipError,
};
use model::{
    BucketName, CloneSpec, Pipeline, PipelineName, Problem, ProblemCode, ReprocessSpec, Schedule, SinkName, StoreName,
    sentence,
};
use tokio::time::timeout;
use tracing::{error, warn};

use super::AppBackend;
use crate::connections::{
    sinks::Sinks,
    stores::{Entry, Stores},
};

/// Longest wait for the list of buckets that a refusal suggests.
const SUGGEST_WITHIN: Duration = Duration::from_secs(1);

/// An error of Logyard's own database.
pub fn database(error: db::DbError) -> Problem {
    use db::DbError as E;
    match error {
        E::NoJob(id) => Problem::new(ProblemCode::NotFound, format!("There is no job {id}.")),
        E::NoRun(id) => Problem::new(ProblemCode::NotFound, format!("There is no run {id}.")),
        E::NoSchedule(id) => Problem::new(ProblemCode::NotFound, format!("There is no schedule {id}.")),
        E::NoAlert(id) => Problem::new(ProblemCode::NotFound, format!("There is no alert {id}.")),
        E::AlertOver(id) => {
            let detail = format!("Alert {id} is already resolved, so it cannot be changed.");
            Problem::new(ProblemCode::Conflict, detail)
        }
        E::Edited(now) => edited(&now),
        E::NothingWaits(_) => Problem::new(
            ProblemCode::Conflict,
            "No plan of this schedule waits for a confirmation: it was confirmed, a later job followed, the schedule was \
             edited, or 72 hours passed. Nothing was started.",
        )
        .on("plan"),
        E::OtherPlanWaits(id) => {
            let detail = format!("Another plan waits for a confirmation by now: {id}. Nothing was started. Look at that one.");
            Problem { plan: Some(id), ..Problem::new(ProblemCode::Conflict, detail).on("plan") }
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
                format!(
                    "Agents report {most} tables already, the most that Logyard records. Stop reporting one first."
                ),
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
            warn!(error = %chain(&error), "database does not answer; the request failed");
            let detail = "Logyard's database does not answer. Try again in a moment; running jobs go on by themselves.";
            Problem::new(ProblemCode::Unavailable, detail)
        }
        other => {
            error!(error = %chain(&other), "database refused a statement; the request failed");
            Problem::new(ProblemCode::Internal, "Logyard's database refused this. The log has the cause.")
        }
    }
}

fn edited(now: &Schedule) -> Problem {
    let when = now.edited_at.map(|at| format!(" at {at}")).unwrap_or_default();
    let detail = format!(
        "The schedule was edited by {}{when}, and has revision {}. Nothing was changed. Read it again, then edit that.",
        now.edited_by.as_deref().unwrap_or("somebody"),
        now.revision
    );
    Problem::new(ProblemCode::Conflict, detail).on("revision")
}

/// An error of an S3 endpoint: its own words, and what to do now.
pub fn s3(error: &S3Error) -> Problem {
    Problem::new(ProblemCode::Store, format!("{} {}", sentence(&error.to_string()), error.advice()))
}

/// The same for the bucket named by `field`. If it does not exist, the existing ones are suggested.
pub async fn place(error: &S3Error, bucket: &BucketName, entry: &Entry, field: &str) -> Problem {
    match error.fault() {
        S3Fault::NoBucket => {
            let what = match field.split_once('.') {
                Some(("source", _)) => "Source bucket",
                Some(("destination", _)) => "Destination bucket",
                Some(_) | None => "Bucket",
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
        [] => format!("Add it as [[{list}]]; none is configured yet."),
        known => format!("Add it as [[{list}]], or pick one of {}.", known.join(", ")),
    }
}

/// Why a reprocess cannot be previewed, with the field at fault.
pub async fn shipping(error: &ShipError, spec: &ReprocessSpec, entry: &Entry) -> Problem {
    match error {
        ShipError::Store(error) => place(error, &spec.source.bucket, entry, "source.bucket").await,
        ShipError::Key { .. } => {
            let detail = format!("{} {}", sentence(&error.to_string()), error.advice());
            Problem::new(ProblemCode::Invalid, detail).on("keys")
        }
        ShipError::Ledger(_) => {
            Problem::new(ProblemCode::Unavailable, format!("{} {}", sentence(&error.to_string()), error.advice()))
        }
        other => {
            error!(error = %chain(other), "shipping engine failed; the request was refused");
            Problem::new(ProblemCode::Internal, "The shipping engine failed. The log has the cause.")
        }
    }
}

pub fn unlistable(store: &StoreName) -> Problem {
    let detail = format!(
        "The credentials of store `{store}` may not list its buckets. Type the bucket's name, or allow \
         s3:ListAllMyBuckets."
    );
    Problem::new(ProblemCode::Store, detail)
}

pub fn no_answer(within: Duration) -> Problem {
    let detail = format!("The store did not answer within {} s. Check its endpoint and the network.", within.as_secs());
    Problem::new(ProblemCode::Store, detail)
}

impl AppBackend {
    /// Why a clone is not started or previewed, with the field at fault.
    pub(super) async fn clone_refused(&self, error: CloneError, spec: &CloneSpec) -> Problem {
        match error {
            CloneError::SamePlace { .. } | CloneError::Overlap { .. } => {
                let detail = format!("{} {}", sentence(&error.to_string()), error.advice());
                Problem::new(ProblemCode::Invalid, detail).on("destination")
            }
            CloneError::NamedLikeFolder { .. } => {
                let detail = format!("{} {}", sentence(&error.to_string()), error.advice());
                Problem::new(ProblemCode::Invalid, detail).on("destination.prefix")
            }
            CloneError::NoCopyByStore => {
                let detail = format!("{} {}", sentence(&error.to_string()), error.advice());
                Problem::new(ProblemCode::Invalid, detail).on("fidelity.copy_by")
            }
            CloneError::BadLimits(invalid) => invalid.into(),
            CloneError::TagsUnknown { .. } => {
                let detail = format!("{} {}", sentence(&error.to_string()), error.advice());
                Problem::new(ProblemCode::Store, detail).on("fidelity.unreadable_tags")
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
            | CloneError::NoKeys
            | CloneError::PlanChanged { .. }
            | CloneError::SourceEmpty { .. }
            | CloneError::NotAllCopied { .. }
            | CloneError::AllRefused { .. }
            | CloneError::TooManyFailures { .. }
            | CloneError::NothingDeleted(_)
            | CloneError::HalfDeleted { .. }
            | CloneError::Broke(_) => {
                error!(error = %chain(&error), "clone engine failed; the request was refused");
                Problem::new(ProblemCode::Internal, "The clone engine failed. The log has the cause.")
            }
        }
    }
}

/// An error and its causes in one line, for the log.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
