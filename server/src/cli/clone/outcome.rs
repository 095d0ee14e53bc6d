//! How a clone ended: one word for scripts, and an exit code.

use std::process::ExitCode;

use engine::clone::CloneError;
use model::{JobError, Proof};
use serde::Serialize;

use super::Record;
use crate::cli::Exit;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Both listings were compared, and all objects are proven equal.
    Equal,
    /// The same, but for copies whose content nothing compared.
    Unverified,
    /// Everything was copied; nothing was compared.
    Copied,
    /// The source has no object that is chosen.
    Nothing,
    /// A dry run: the proof says what would be done.
    Rehearsed,
    /// Some objects failed, the others are done.
    ItemsFailed,
    /// The comparison found differences.
    NotEqual,
    /// The comparison found no difference, and objects of which nothing tells whether they are equal.
    Unproven,
    /// More objects failed than `--max-failures` allows; the rest was not begun.
    TooManyFailures,
    Stopped,
    /// Not started or not resumed: something must be corrected first.
    Refused,
    Unreachable,
    /// A listing failed, or another error that a retry may pass.
    Failed,
}

/// An outcome, with its proof or error.
pub struct End {
    pub outcome: Outcome,
    pub proof: Option<Proof>,
    pub error: Option<JobError>,
}

impl Outcome {
    pub fn is_done(self) -> bool {
        matches!(self, Self::Equal | Self::Unverified | Self::Copied | Self::Nothing | Self::Rehearsed)
    }

    pub fn exit(self) -> ExitCode {
        match self {
            Self::Equal | Self::Unverified | Self::Copied | Self::Nothing | Self::Rehearsed => Exit::Done.into(),
            Self::ItemsFailed | Self::NotEqual | Self::Unproven | Self::TooManyFailures | Self::Failed => {
                Exit::ItemsFailed.into()
            }
            Self::Refused => Exit::Usage.into(),
            Self::Unreachable => Exit::Unreachable.into(),
            Self::Stopped => ExitCode::from(130), // as a shell reports Ctrl-C
        }
    }

    /// There is no state to resume: another run lists everything again.
    pub fn finished(self) -> bool {
        !matches!(self, Self::TooManyFailures | Self::Stopped | Self::Refused | Self::Unreachable | Self::Failed)
    }
}

impl End {
    pub fn of(result: Result<Option<Proof>, CloneError>, record: &Record) -> Self {
        let proof = match result {
            Ok(proof) => proof,
            Err(error) => return Self::failed(&error),
        };
        let failed = record.progress.failed;
        let outcome = match &proof {
            Some(Proof::Compared(compared)) if compared.has_only_unproven() => Outcome::Unproven,
            Some(proof) if !proof.holds() => Outcome::NotEqual,
            _ if failed > 0 => Outcome::ItemsFailed,
            Some(proof) if proof.is_of_nothing() && record.progress.deleted == 0 => Outcome::Nothing,
            None if record.progress.found == 0 && record.progress.deleted == 0 => Outcome::Nothing,
            Some(Proof::Compared(compared)) if compared.equal || compared.is_of_nothing() => Outcome::Equal,
            Some(Proof::Compared(_)) => Outcome::Unverified,
            Some(Proof::DryRun(_)) => Outcome::Rehearsed,
            Some(Proof::Shipped(_) | Proof::Backfilled(_)) | None => Outcome::Copied,
        };
        Self { outcome, proof, error: None }
    }

    fn failed(error: &CloneError) -> Self {
        let outcome = match error.code() {
            _ if error.unreachable() => Outcome::Unreachable,
            "stopped" => Outcome::Stopped,
            "items_failed" => Outcome::ItemsFailed,
            "too_many_failures" => Outcome::TooManyFailures,
            "plan_changed" | "no_plan" | "no_bucket" | "denied" | "bad_credentials" | "no_credentials"
            | "wrong_region" | "same_place" | "overlap" | "named_like_folder" => Outcome::Refused,
            _ => Outcome::Failed,
        };
        Self { outcome, proof: None, error: Some(job_error(error)) }
    }

    /// Refused by the check: nothing was started.
    pub fn refused(error: &CloneError) -> Self {
        let end = Self::failed(error);
        Self { outcome: if end.outcome == Outcome::Failed { Outcome::Refused } else { end.outcome }, ..end }
    }

    /// A mirror whose resuming would be refused again.
    pub fn needs_another_plan(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.code == "plan_changed")
    }

    /// Refused with this error, before anything was started.
    pub fn told(error: JobError) -> Self {
        Self { outcome: Outcome::Refused, proof: None, error: Some(error) }
    }

    pub fn stopped_early() -> Self {
        Self { outcome: Outcome::Stopped, proof: None, error: Some(job_error(&CloneError::Stopped)) }
    }
}

fn job_error(error: &CloneError) -> JobError {
    JobError::new(error.code(), &error.to_string(), error.advice())
}
