//! The summary at the end, for a person and for a script.

use std::borrow::Cow;

use model::{
    Compare, Comparison, Failure, JobError, Phase, Progress, Proof, UnreadableTags,
    number::{bytes, count, counted},
};
use serde::Serialize;

use super::{
    Record,
    arguments::Order,
    outcome::{End, Outcome},
};

/// Failures that are listed.
const SHOWN: usize = 10;

/// The last line with `--json`.
#[derive(Serialize)]
pub struct Summary {
    r#type: &'static str,
    pub outcome: Outcome,
    pub progress: Progress,
    proof: Option<Proof>,
    /// The first ten failures.
    failures: Vec<Failure>,
    pub error: Option<JobError>,
    /// The command that resumes the clone.
    pub resume: Option<String>,
    #[serde(skip)]
    title: String,
    /// The selection of objects; empty for all.
    #[serde(skip)]
    only: String,
    /// Whether a HEAD of each named key took the place of the listings.
    #[serde(skip)]
    named: bool,
}

impl Summary {
    pub fn of(order: &Order, record: &Record, end: &End) -> Self {
        Self {
            r#type: "summary",
            outcome: end.outcome,
            progress: record.progress.clone(),
            proof: end.proof.clone(),
            failures: record.failures().take(SHOWN).cloned().collect(),
            error: end.error.clone(),
            resume: None,
            title: order.title(),
            only: order.spec.selection.to_string(),
            named: order.spec.selection.keys_from.is_some(),
        }
    }

    /// The command line was wrong.
    pub fn refused(message: &str) -> Self {
        Self {
            r#type: "summary",
            outcome: Outcome::Refused,
            progress: Progress::default(),
            proof: None,
            failures: Vec::new(),
            error: Some(JobError::new("usage", message, "See `logyard clone --help`.")),
            resume: None,
            title: String::new(),
            only: String::new(),
            named: false,
        }
    }

    /// Prints to standard output, unless nothing was started.
    pub fn print(&self) {
        let verdict = match self.outcome {
            Outcome::Equal if self.named => "Equal as far as named, proven by a HEAD of each key at both places",
            Outcome::Equal if !self.only.is_empty() => "Equal as far as chosen, proven by comparing both listings",
            Outcome::Equal => "Equal, proven by comparing both listings",
            Outcome::Unverified => "Copied, in part unverified",
            Outcome::Copied => "Copied, not proven",
            Outcome::Nothing => "Nothing to do",
            Outcome::Rehearsed => "Dry run, nothing was written",
            Outcome::ItemsFailed => "Done, but for some objects",
            Outcome::NotEqual => "Not equal",
            Outcome::Unproven => "Neither proven equal nor different",
            Outcome::TooManyFailures => "Ended early: too many objects failed",
            Outcome::Stopped => "Stopped",
            Outcome::Failed | Outcome::Unreachable => "Not finished",
            Outcome::Refused => return,
        };
        if self.progress.phase == Phase::Waiting {
            return;
        }
        let verdict = if self.emptied() { "Emptied: neither side has objects" } else { verdict };
        out!("{verdict}: {}", self.title);
        if !self.only.is_empty() {
            let others = if self.named { "no others were looked at" } else { "all others were passed over" };
            out!("  only objects {}; {others}", self.only);
        }
        let progress = &self.progress;
        #[expect(clippy::cast_precision_loss, reason = "seconds for people")]
        let seconds = progress.active_ms as f64 / 1_000.0;
        out!(
            "  {} objects found ({}{}), {} copied ({}), {} skipped, {} failed, in {seconds:.1} s",
            count(progress.found),
            bytes(progress.found_bytes),
            if progress.found_final { "" } else { ", so far" },
            count(progress.done),
            bytes(progress.bytes),
            count(progress.skipped),
            count(progress.failed),
        );
        if progress.deleted > 0 {
            out!("  {} deleted at the destination", count(progress.deleted));
        }
        self.print_proof();
        for failure in &self.failures {
            out!("  failed {:?}: {}", cut(failure.key.as_str()), failure.message);
        }
        let more = self.progress.failed.saturating_sub(self.failures.len() as u64);
        if more > 0 {
            out!("  and {} more; --failures FILE writes them to a file", count(more));
        }
    }

    /// Whether a mirror of a source without objects deleted what the destination had.
    fn emptied(&self) -> bool {
        self.outcome == Outcome::Equal && self.proof.as_ref().is_some_and(Proof::is_of_nothing)
    }

    fn print_proof(&self) {
        match &self.proof {
            Some(proof) if proof.is_of_nothing() => {}
            Some(Proof::Compared(proof)) => out!(
                "  compared {} with {}{}: {}",
                count(proof.source_objects),
                count(proof.destination_objects),
                match (proof.compare, proof.unreadable_tags) {
                    (Compare::Listing | Compare::Content, _) => "",
                    (Compare::Metadata, UnreadableTags::Fail) => ", by metadata and tags too",
                    (Compare::Metadata, _) => ", by metadata too, and by tags where they can be read",
                },
                figures(proof),
            ),
            Some(Proof::DryRun(plan)) => out!(
                "  would copy {} ({}), skip {}, leave {} that are only at the destination",
                count(plan.would_copy),
                bytes(plan.would_copy_bytes),
                count(plan.would_skip),
                count(plan.extra),
            ),
            Some(Proof::Shipped(_) | Proof::Backfilled(_)) | None => {}
        }
        let left_out = match &self.proof {
            Some(Proof::Compared(proof)) => proof.left_out,
            Some(Proof::DryRun(plan)) => plan.left_out,
            _ => 0,
        };
        if left_out > 0 {
            out!(
                "  {} left out: the key equals the source's prefix and would be empty there",
                counted(left_out, "object")
            );
        }
    }

    /// Prints what failed, where, why and what to do now to standard error.
    pub fn print_error(&self) {
        if let Some(error) = self.error.as_ref().filter(|_| self.outcome != Outcome::Stopped) {
            err!("logyard: {} {}", error.message, error.advice);
        }
        if self.outcome == Outcome::Nothing {
            err!(
                "logyard: the source has no {}object: check bucket and prefix. A prefix is the beginning of keys, not a folder.",
                if self.only.is_empty() { "" } else { "chosen " }
            );
        }
        if let Some(command) = &self.resume {
            err!("Resume with:\n  {command}");
        }
    }
}

/// The counts of a comparison; those that are rarely other than 0 only if they are.
fn figures(proof: &Comparison) -> String {
    let always = |number: u64, what: &str| Some(format!("{} {what}", count(number)));
    let rarely = |number: u64, what: &str| (number > 0).then(|| format!("{} {what}", count(number)));
    let figures = [
        always(proof.equal_by_etag, "equal by ETag or checksum"),
        rarely(proof.equal_by_digest, "by the digest taken while copying"),
        rarely(proof.equal_by_content, "by reading both"),
        rarely(proof.unverified, "copied, unverified"),
        rarely(proof.unproven, "neither proven equal nor different"),
        always(proof.missing, "missing"),
        always(proof.different, "different"),
        always(proof.extra, "only at the destination"),
    ];
    figures.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Shortens a key of up to 1,024 bytes for the terminal. Files and JSON contain it in full.
fn cut(key: &str) -> Cow<'_, str> {
    match key.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &key[..end]).into(),
        None => key.into(),
    }
}
