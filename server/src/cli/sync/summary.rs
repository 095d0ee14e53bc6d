//! The summary at the end, for a person and for a script.

use model::{
    JobError, Quarantined, SyncStatus, TableName,
    number::{bytes, count, counted},
};
use serde::Serialize;
use tokio::time::Instant;

use super::outcome::{End, Outcome};
use crate::tasks::syncer::Ended;

/// Quarantined rows that are listed.
const SHOWN: usize = 10;

/// The last line with `--json`: the status of the table, and the work of all evaluations of this command.
#[derive(Serialize)]
pub struct Summary {
    r#type: &'static str,
    pub outcome: Outcome,
    table: TableName,
    /// Status after the last evaluation; null if there was none.
    status: Option<SyncStatus>,
    evaluations: u64,
    uploaded: u64,
    deleted: u64,
    found: u64,
    rounds: u64,
    /// Bytes sent to the remote.
    requests: u64,
    bytes_sent: u64,
    bytes_received: u64,
    local_rows: u64,
    remote_rows: u64,
    duration_ms: u64,
    /// The first hundred quarantined rows.
    quarantine: Vec<Quarantined>,
    error: Option<JobError>,
    #[serde(skip)]
    began: Instant,
}

impl Summary {
    pub fn new(table: &TableName) -> Self {
        Self {
            r#type: "summary",
            outcome: Outcome::Stopped,
            table: table.clone(),
            status: None,
            evaluations: 0,
            uploaded: 0,
            deleted: 0,
            found: 0,
            rounds: 0,
            requests: 0,
            bytes_sent: 0,
            bytes_received: 0,
            local_rows: 0,
            remote_rows: 0,
            duration_ms: 0,
            quarantine: Vec::new(),
            error: None,
            began: Instant::now(),
        }
    }

    /// Nothing was started.
    pub fn refused(table: &TableName, end: End) -> Self {
        Self::new(table).end(end)
    }

    /// Adds the work of one more evaluation.
    pub fn add(&mut self, ended: &Ended) {
        let Ended { status, evaluation, quarantine, .. } = ended;
        self.evaluations += 1;
        self.uploaded += evaluation.uploaded;
        self.deleted += evaluation.deleted;
        self.found += evaluation.found;
        self.rounds += u64::from(evaluation.rounds);
        self.requests += evaluation.requests;
        self.bytes_sent += evaluation.bytes_sent;
        self.bytes_received += evaluation.bytes_received;
        self.local_rows += evaluation.local_rows;
        self.remote_rows += evaluation.remote_rows;
        self.quarantine.clone_from(quarantine);
        self.status = Some(status.clone());
    }

    #[must_use]
    pub fn end(self, End { outcome, error }: End) -> Self {
        let duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Self { outcome, duration_ms, error, ..self }
    }

    /// Prints to standard output, unless nothing was started.
    pub fn print(&self) {
        let Some(status) = &self.status else { return };
        let verdict = match self.outcome {
            Outcome::InSync => "In sync",
            Outcome::HeldBack => "In sync except rows that an open transaction holds back",
            Outcome::Quarantined => "In sync except quarantined rows",
            Outcome::Differs => "Not in sync",
            Outcome::Waiting => "A deletion waits for a yes",
            Outcome::Paused => "Paused",
            Outcome::EpochChanged => "The local database is another than before",
            Outcome::Refused => "Refused",
            Outcome::Unreachable => "Not finished",
            Outcome::Stopped => "Stopped; running the command again goes on from here",
        };
        out!("{verdict}: {}", self.table);
        out!("  {}", status.reason);
        out!(
            "  {} sent, {} deleted, {} found in {}, {} ms",
            counted(self.uploaded, "row"),
            count(self.deleted),
            counted(self.found, "difference"),
            counted(self.evaluations, "evaluation"),
            self.duration_ms,
        );
        out!(
            "  {}, {} sent, {} received; {} read here, {} there",
            counted(self.requests, "request"),
            bytes(self.bytes_sent),
            bytes(self.bytes_received),
            counted(self.local_rows, "row"),
            count(self.remote_rows),
        );
        for row in self.quarantine.iter().take(SHOWN) {
            let Quarantined { key, version, error, attempts, .. } = row;
            out!(
                "  in quarantine: row {key}, version {version}: {error} (tried {})",
                counted((*attempts).into(), "time")
            );
        }
        let more = status.quarantined.saturating_sub(self.quarantine.len().min(SHOWN) as u64);
        if more > 0 {
            out!("  and {} more", count(more));
        }
    }

    /// Prints what failed, where, why and what to do now to standard error.
    pub fn print_error(&self) {
        if let Some(error) = &self.error {
            err!("logyard: {} {}", error.message, error.advice);
        }
    }
}
