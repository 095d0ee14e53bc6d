//! The summary at the end, for a person and for a script.

use model::{
    Failure, JobError, Progress, Proof, Window,
    number::{bytes, count, counted},
};
use serde::Serialize;

use super::{
    arguments::Order,
    drive::Record,
    outcome::{End, Outcome},
};

/// Failures that are listed.
pub const SHOWN: usize = 10;

/// The last line with `--json`. Lines, connections, failures and bytes are sums over all objects, in the shape that the
/// shipping functions log.
#[derive(Serialize)]
pub struct Summary {
    r#type: &'static str,
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
    progress: Progress,
    #[serde(flatten)]
    all: model::Summary,
    /// Records per second, on average.
    lines_per_second: u64,
    proof: Option<Proof>,
    /// The first ten failures.
    failed_objects: Vec<Failure>,
    error: Option<JobError>,
    #[serde(skip)]
    title: String,
}

impl Summary {
    pub fn of(order: &Order, record: Record, end: End) -> Self {
        let Record { progress, failures, summary } = record;
        let lines_per_second = summary.lines.encountered * 1_000 / summary.duration_ms.max(1);
        Self {
            r#type: "summary",
            outcome: end.outcome,
            window: order.window,
            progress,
            all: summary,
            lines_per_second,
            proof: end.proof,
            failed_objects: failures,
            error: end.error,
            title: order.title.clone(),
        }
    }

    /// Nothing was started.
    pub fn refused(end: End) -> Self {
        Self {
            r#type: "summary",
            outcome: end.outcome,
            window: None,
            progress: Progress::default(),
            all: model::Summary::default(),
            lines_per_second: 0,
            proof: end.proof,
            failed_objects: Vec::new(),
            error: end.error,
            title: String::new(),
        }
    }

    /// Prints to standard output, unless nothing was started.
    pub fn print(&self) {
        let verdict = match self.outcome {
            Outcome::Delivered => "Delivered, every event acknowledged",
            Outcome::Sent => "Sent, every connection closed cleanly; the sink does not acknowledge",
            Outcome::Rehearsed => "Dry run, nothing was sent",
            Outcome::Nothing => "Nothing to send: no object, or none of its records in the window",
            Outcome::ItemsFailed => "Done, but for some records or objects",
            Outcome::Stopped => "Stopped",
            Outcome::Failed | Outcome::Unreachable => "Not finished",
            Outcome::Refused => return,
        };
        let model::Summary { lines, failures, bytes: volume, duration_ms, .. } = &self.all;
        out!("{verdict}: {}", self.title);
        if let Some(window) = self.window {
            out!("  window {window}");
        }
        out!(
            "  {}: {} shipped, {} failed; {} read in {duration_ms} ms, {} a second",
            counted(self.progress.found, "object"),
            count(self.progress.done),
            count(self.progress.failed),
            bytes(volume.read),
            counted(self.lines_per_second, "record"),
        );
        out!(
            "  {}: {} parsed, {} not; {} outside the window, {} sent, {} acknowledged, {} there already, {} not delivered",
            counted(lines.encountered, "record"),
            count(lines.parsed),
            count(failures.parsing.total),
            count(lines.filtered),
            count(lines.sent),
            count(lines.acknowledged),
            count(lines.duplicate),
            count(failures.sending.total),
        );
        if let Some(Proof::Shipped(proof)) = &self.proof
            && proof.left_out > 0
        {
            out!("  {} left out: not load balancer logs", counted(proof.left_out, "object"));
        }
        for failure in &self.failed_objects {
            out!("  failed {:?}: {}", failure.key.as_str(), failure.message);
        }
        let more = self.progress.failed.saturating_sub(self.failed_objects.len() as u64);
        if more > 0 {
            out!("  and {} more", count(more));
        }
    }

    /// Prints what failed, where, why and what to do now to standard error.
    pub fn print_error(&self) {
        if let Some(error) = self.error.as_ref().filter(|_| self.outcome != Outcome::Stopped) {
            err!("logyard: {} {}", error.message, error.advice);
        }
    }
}
