//! The outcome of an attempt: the one rule for success, and the words for failures.

use db::End;
use model::{
    Comparison, JobError, Mode, Progress, Proof, Stop,
    number::{count, counted},
};

use super::dispatch::AttemptFault;

/// Why the engine was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// A person asked, through the job's row.
    Asked(Stop),
    /// The process stops.
    Shutdown,
}

/// [`End`] as a value that can be written again if the database does not answer.
#[derive(Clone, Debug)]
pub enum Outcome {
    Succeeded(Proof),
    Failed(JobError, Option<Proof>),
    Paused,
    Cancelled,
    Released,
}

impl Outcome {
    /// Success needs a proof that holds and no failed items. An engine that finished although it was asked to stop has
    /// finished.
    pub fn judge(result: Result<Option<Proof>, AttemptFault>, progress: &Progress, halt: Option<Halt>) -> Self {
        match result {
            Err(AttemptFault::Failed(error)) => Self::Failed(error, None),
            Err(AttemptFault::AtTheEnd(ended)) => {
                let (error, proof) = *ended;
                match Self::judge(Ok(proof), progress, halt) {
                    Self::Succeeded(proof) => Self::Failed(error, Some(proof)),
                    not_copied => not_copied,
                }
            }
            Err(AttemptFault::Stopped) => match halt {
                Some(Halt::Asked(Stop::Pause)) => Self::Paused,
                Some(Halt::Asked(Stop::Cancel)) => Self::Cancelled,
                Some(Halt::Shutdown) | None => Self::Released,
            },
            Ok(Some(proof)) if proof.holds() && progress.failed == 0 => Self::Succeeded(proof),
            Ok(proof) => Self::Failed(shortfall(proof.as_ref(), progress), proof),
        }
    }

    pub fn end(&self) -> End {
        match self.clone() {
            Self::Succeeded(proof) => End::Succeeded { proof },
            Self::Failed(error, proof) => End::Failed { error, proof },
            Self::Paused => End::Paused,
            Self::Cancelled => End::Cancelled,
            Self::Released => End::Released,
        }
    }

    pub fn word(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "succeeded",
            Self::Failed(..) => "failed",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
        }
    }
}

fn shortfall(proof: Option<&Proof>, progress: &Progress) -> JobError {
    match proof {
        Some(Proof::Compared(comparison)) if comparison.mode == Mode::Verify => not_equal(comparison),
        _ if progress.failed > 0 => JobError {
            code: "items_failed".to_owned(),
            message: format!("{} of {} failed.", count(progress.failed), counted(progress.found, "object")),
            advice: "See why under failures, then retry what failed; everything else is done.".to_owned(),
        },
        Some(Proof::Compared(comparison)) => not_equal(comparison),
        Some(Proof::Shipped(_)) => JobError {
            code: "unaccounted".to_owned(),
            message: "What was sent does not add up to what was read.".to_owned(),
            advice: "Retry all: what recorded runs have delivered is skipped.".to_owned(),
        },
        Some(Proof::DryRun(_) | Proof::Backfilled(_)) | None => JobError {
            code: "unproven".to_owned(),
            message: "The work ended without a proof that it is complete.".to_owned(),
            advice: "Retry all: what is equal already is skipped, and the comparison is made again.".to_owned(),
        },
    }
}

fn not_equal(comparison: &Comparison) -> JobError {
    let counts = [
        (comparison.missing, "missing at the destination"),
        (comparison.different, "different"),
        (comparison.unproven, "neither proven equal nor different"),
        (if comparison.mode == Mode::Copy { 0 } else { comparison.extra }, "only at the destination"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{} {words}", count(*number)))
        .collect();
    let only_unproven = comparison.has_only_unproven();
    let advice = match comparison.mode {
        _ if only_unproven => {
            "Compare contents, which reads both sides: ETags and checksums do not tell whether these objects are equal."
        }
        Mode::Verify => "Copy the source again to bring over what is missing or different, then verify again.",
        Mode::Mirror => {
            "See under failures what was left and why. Somebody may have written to source or destination meanwhile: look at \
             a new preview, and mirror again."
        }
        Mode::Copy => "Retry all: somebody may have written to source or destination meanwhile.",
    };
    let compared = if comparison.selection.is_all() { "object" } else { "chosen object" };
    JobError {
        code: if only_unproven { "unproven" } else { "not_equal" }.to_owned(),
        message: format!("Of {}: {}.", counted(comparison.source_objects, compared), parts.join(", ")),
        advice: advice.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use model::{DryRun, Selection, Time};

    use super::*;

    fn comparison(mode: Mode, missing: u64, extra: u64) -> Proof {
        let comparison = Comparison {
            at: Time(0),
            mode,
            source_objects: 7_500,
            source_bytes: 0,
            destination_objects: 0,
            equal_by_etag: 0,
            equal_by_digest: 0,
            equal_by_content: 0,
            unverified: 0,
            equal_by_size: 0,
            unproven: 0,
            missing,
            different: 0,
            extra,
            left_out: 0,
            equal: false,
            nothing: false,
            selection: Selection::default(),
            compare: model::Compare::default(),
            unreadable_tags: model::UnreadableTags::default(),
        };
        Proof::Compared(comparison.judged())
    }

    fn judge(proof: Option<Proof>, failed: u64) -> Outcome {
        let progress = Progress { failed, found: 7_500, ..Progress::default() };
        Outcome::judge(Ok(proof), &progress, None)
    }

    fn error(outcome: Outcome) -> JobError {
        let Outcome::Failed(error, _) = outcome else { panic!("{outcome:?}") };
        error
    }

    #[test]
    fn nothing_is_green_without_a_proof_that_holds_and_no_failures() {
        assert!(matches!(judge(Some(comparison(Mode::Copy, 0, 9)), 0), Outcome::Succeeded(_)));
        assert_eq!(error(judge(None, 0)).code, "unproven");
        assert_eq!(error(judge(Some(comparison(Mode::Copy, 1, 0)), 0)).code, "not_equal");
        assert_eq!(error(judge(Some(comparison(Mode::Copy, 0, 0)), 1)).code, "items_failed");
        assert_eq!(error(judge(Some(comparison(Mode::Verify, 0, 1)), 0)).code, "not_equal");
        let mirror = error(judge(Some(comparison(Mode::Mirror, 0, 2)), 0));
        assert_eq!(mirror.message, "Of 7,500 objects: 2 only at the destination.");
    }

    #[test]
    fn a_shortfall_is_said_in_numbers() {
        assert_eq!(error(judge(Some(comparison(Mode::Copy, 3, 0)), 3)).message, "3 of 7,500 objects failed.");
        let verify = error(judge(Some(comparison(Mode::Verify, 1_004, 2)), 1_006));
        assert_eq!(verify.message, "Of 7,500 objects: 1,004 missing at the destination, 2 only at the destination.");
    }

    #[test]
    fn a_stopped_engine_ends_as_it_was_asked() {
        let stopped = |halt| Outcome::judge(Err(AttemptFault::Stopped), &Progress::default(), halt).word();
        assert_eq!(stopped(Some(Halt::Asked(Stop::Pause))), "paused");
        assert_eq!(stopped(Some(Halt::Asked(Stop::Cancel))), "cancelled");
        assert_eq!(stopped(Some(Halt::Shutdown)), "released");
    }

    #[test]
    fn what_finished_before_it_could_stop_has_finished() {
        let proof = Proof::DryRun(DryRun {
            at: Time(0),
            source_objects: 0,
            source_bytes: 0,
            would_copy: 0,
            would_copy_bytes: 0,
            would_skip: 0,
            extra: 0,
            left_out: 0,
            selection: Selection::default(),
        });
        let outcome = Outcome::judge(Ok(Some(proof)), &Progress::default(), Some(Halt::Asked(Stop::Cancel)));
        assert!(matches!(outcome, Outcome::Succeeded(_)));
    }
}
