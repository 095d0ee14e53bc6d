//! How a reprocess ended: one word for scripts, and an exit code.

use std::process::ExitCode;

use engine::ship::ShipError;
use model::{JobError, Progress, Proof};
use serde::Serialize;

use crate::cli::Exit;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The sink acknowledged every event.
    Delivered,
    /// Every event was written and the connections closed cleanly; the sink does not acknowledge.
    Sent,
    /// A dry run: everything was parsed.
    Rehearsed,
    /// There was no event to send.
    Nothing,
    /// Some records or objects failed.
    ItemsFailed,
    Stopped,
    /// Not started: something must be corrected first.
    Refused,
    Unreachable,
    /// A listing or the sink failed while it ran.
    Failed,
}

/// An outcome, with its proof or error.
pub struct End {
    pub outcome: Outcome,
    pub proof: Option<Proof>,
    pub error: Option<JobError>,
}

impl Outcome {
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Delivered | Self::Sent | Self::Rehearsed | Self::Nothing => Exit::Done.into(),
            Self::ItemsFailed | Self::Failed => Exit::ItemsFailed.into(),
            Self::Refused => Exit::Usage.into(),
            Self::Unreachable => Exit::Unreachable.into(),
            Self::Stopped => ExitCode::from(130), // as a shell reports Ctrl-C
        }
    }
}

impl End {
    pub fn of(result: Result<Proof, ShipError>, progress: &Progress) -> Self {
        let proof = match result {
            Ok(proof) => proof,
            Err(error) => return Self::failed(&error),
        };
        let outcome = match &proof {
            _ if progress.failed > 0 || !proof.holds() => Outcome::ItemsFailed,
            // Kept whole, and not delivered: a script is to notice.
            Proof::Shipped(shipped) if shipped.unparsed > 0 => Outcome::ItemsFailed,
            Proof::Shipped(shipped) if shipped.sink.is_none() => Outcome::Rehearsed,
            proof if proof.is_of_nothing() => Outcome::Nothing,
            Proof::Shipped(shipped) if shipped.acknowledged => Outcome::Delivered,
            _ => Outcome::Sent,
        };
        Self { outcome, proof: Some(proof), error: None }
    }

    fn failed(error: &ShipError) -> Self {
        let outcome = match error.code() {
            _ if error.unreachable() => Outcome::Unreachable,
            "stopped" => Outcome::Stopped,
            "no_bucket" | "denied" | "bad_credentials" | "no_credentials" | "wrong_region" | "plan_changed"
            | "dead_letters" | "sink_settings" | "sink_denied" | "sink_file" => Outcome::Refused,
            _ => Outcome::Failed,
        };
        let error = JobError::new(error.code(), &error.to_string(), error.advice());
        Self { outcome, proof: None, error: Some(error) }
    }

    /// The command line was wrong.
    pub fn usage(message: &str) -> Self {
        let error = JobError::new("usage", message, "See `logyard reprocess --help`.");
        Self { outcome: Outcome::Refused, proof: None, error: Some(error) }
    }
}
