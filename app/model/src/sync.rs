//! A sync: a table kept in sync with its remote copy, its status and its history.
//!
//! Always: "in sync" carries its evidence, version and time. Versions are row versions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Invalid, Page, TableName, Time};

/// Id of an evaluation: a UUIDv7, so that ids sort by start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SyncId(pub Uuid);

impl fmt::Display for SyncId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SyncId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::parse_str(text).map(Self).map_err(|_| Invalid::new("id", text, "a UUID such as 0198c0de-…"))
    }
}

/// Status of a table and its remote copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncStatus {
    pub table: TableName,
    pub source: SyncSource,
    pub state: SyncState,
    /// Start of the current state.
    pub since: Time,
    /// The state as a sentence, with the action that a user must take, if any.
    pub reason: String,
    /// Local and remote endpoint; `None` until it was read.
    pub local: Option<SyncEnd>,
    pub remote: Option<SyncEnd>,
    /// Local rows that the remote is known to lack.
    pub behind: Option<u64>,
    /// Rows sent per second, over the last minute with uploads.
    pub rate: Option<f64>,
    /// Milliseconds until it is in sync at that rate.
    pub left_ms: Option<u64>,
    /// Last evidence that it was in sync.
    pub verified: Option<Verified>,
    /// Last comparison of all contents.
    #[serde(default)]
    pub compared: Option<Verified>,
    /// Committed rows that wait for an open transaction.
    #[serde(default)]
    pub held_back: Option<HeldBack>,
    /// Mass delete that waits for approval.
    pub waiting: Option<MassDelete>,
    pub quarantined: u64,
    /// Number of rows in the next upload.
    pub batch: Option<u64>,
    /// Version that the evaluation has reached.
    pub position: Option<u64>,
    pub paused: bool,
    /// Last check, or last report of an agent.
    pub looked_at: Option<Time>,
    /// Milliseconds between checks while in sync.
    pub every_ms: u64,
    /// Process that syncs the table; `held` is false without a recent heartbeat or report.
    pub holder: Option<String>,
    pub held: bool,
}

impl SyncStatus {
    /// Status of a table that was never checked.
    pub fn unseen(table: TableName, source: SyncSource, since: Time) -> Self {
        Self {
            table,
            source,
            state: SyncState::New,
            since,
            reason: "This table has not been checked yet.".to_owned(),
            local: None,
            remote: None,
            behind: None,
            rate: None,
            left_ms: None,
            verified: None,
            compared: None,
            held_back: None,
            waiting: None,
            quarantined: 0,
            batch: None,
            position: None,
            paused: false,
            looked_at: None,
            every_ms: 0,
            holder: None,
            held: false,
        }
    }
}

/// What syncs a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncSource {
    /// Logyard, as configured.
    Logyard,
    /// An agent that reports.
    Agent,
}

/// State of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Not checked yet.
    New,
    #[serde(rename = "in_step")]
    InSync,
    /// Rows are being uploaded.
    Uploading,
    /// Differences are being searched for or repaired.
    Reconciling,
    /// In sync except committed rows that an open transaction has held back for long.
    HeldBack,
    /// In sync except rows that the remote refuses.
    Quarantined,
    /// A mass delete waits for approval.
    Waiting,
    /// The local database was restored or replaced: nothing is done until a user accepts it.
    EpochChanged,
    /// The copy lacks columns, or would change values: nothing is sent until that is mended.
    ShapeDiffers,
    /// An endpoint does not answer.
    Unreachable,
    /// An endpoint refuses.
    Refused,
}

/// One endpoint of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncEnd {
    /// Number of rows.
    pub count: u64,
    /// Highest version; `None` for an empty table.
    pub version: Option<u64>,
}

/// Evidence that both endpoints agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Version below which every row agreed, except quarantined rows.
    pub below: u64,
    pub at: Time,
    pub shown_by: Evidence,
}

/// Kind of evidence that both endpoints agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Digests of the values of all rows were equal.
    Contents,
    /// The cells of both tables (hashes over keys and versions) were equal.
    Cells,
    /// A scan compared key and version of every row without a difference. Rows may have changed behind the scan.
    Scan,
    /// Equal row counts only; as many stale remote rows as missing rows would look the same.
    Count,
}

/// Committed rows that are not sent yet, because an open transaction may still commit among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    pub rows: u64,
    /// Start of the transaction open longest, if the database tells.
    pub since: Option<Time>,
    /// Description of that transaction.
    pub by: String,
}

/// A mass delete that waits for approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MassDelete {
    /// Minimum number of rows to delete.
    pub rows: u64,
    pub remote_rows: u64,
}

/// Content of the page of syncs: configured ones in their order, then those reported by agents, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncList {
    pub now: Time,
    pub items: Vec<SyncStatus>,
}

/// Content of the page of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncView {
    pub now: Time,
    pub sync: SyncStatus,
    /// Locations of the endpoints, without secrets; empty for a table of an agent.
    pub places: Vec<Direction>,
    /// Map of the versions from the lowest to the highest, in at most 256 adjacent pieces.
    pub map: Vec<KeySpan>,
    /// Figures per minute of the last hours, the oldest first, without minutes of no activity.
    pub minutes: Vec<SyncMinute>,
    /// Quarantined rows; the first hundred.
    pub quarantine: Vec<Quarantined>,
    /// Evaluations, the newest first.
    pub evaluations: Page<SyncEvaluation>,
}

/// Location of a configured endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direction {
    /// Endpoint: `local` or `remote`.
    pub end: String,
    /// Location, such as `table orders of postgres://db.internal/shop`.
    pub place: String,
}

/// A piece of the key space: versions `from <= v < until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySpan {
    pub from: u64,
    pub until: u64,
    /// Local rows of the piece, if counted.
    pub rows: Option<u64>,
    pub look: SpanState,
}

/// State of a piece of the key space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanState {
    Verified,
    Differing,
    NotYet,
}

/// Activity of one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncMinute {
    /// Start of the minute.
    pub at: Time,
    pub uploaded: u64,
    pub deleted: u64,
    /// Differences found.
    pub found: u64,
    /// Requests to the remote.
    pub requests: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// Rows read locally; `remote_rows` are those that the remote reports.
    pub local_rows: u64,
    pub remote_rows: u64,
    /// Batch size at the end of the minute, in rows.
    pub batch: u64,
}

/// A quarantined row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    pub key: String,
    pub version: u64,
    pub error: String,
    pub attempts: u32,
    pub retry_at: Time,
}

/// A stored evaluation. Evaluations are stored if they changed or found something,
/// were requested, or differ in their verdict from the previous one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncEvaluation {
    pub id: SyncId,
    pub started_at: Time,
    pub ended_at: Time,
    /// Whether it only reported differences.
    pub verify: bool,
    /// Verdict, as the state of the table.
    pub state: SyncState,
    pub reason: String,
    pub verified: Option<Verified>,
    pub uploaded: u64,
    pub deleted: u64,
    pub found: u64,
    /// Number of comparison requests.
    pub rounds: u32,
    pub requests: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub local_rows: u64,
    pub remote_rows: u64,
}

/// Action of a user on a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum SyncAction {
    /// Evaluate now.
    Evaluate,
    /// Report differences without changes; with `contents` also rows with other values.
    Verify {
        #[serde(default)]
        contents: bool,
    },
    /// Compare the values of all rows, and send those that differ again.
    CompareContents,
    /// Approve deleting this number of rows at the remote.
    Approve {
        rows: u64,
    },
    /// Accept the restored or replaced local database. Contents are compared, or with `send_all` all rows sent again.
    AcceptEpoch {
        #[serde(default)]
        send_all: bool,
    },
    /// Retry a quarantined row now, or all of them.
    RetryQuarantined {
        key: Option<String>,
    },
    Pause,
    Resume,
}

/// Report of an agent about a table that it syncs. Absent fields are unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncReport {
    /// `in_step`, `uploading`, `reconciling`, `unreachable` or `refused`; if absent, derived from counts and versions.
    pub state: Option<SyncState>,
    pub local_count: Option<u64>,
    pub remote_count: Option<u64>,
    pub local_version: Option<u64>,
    pub remote_version: Option<u64>,
    /// Version that the evaluation has reached.
    pub position: Option<u64>,
    pub batch: Option<u64>,
    pub behind: Option<u64>,
    /// Figures since the last report.
    pub uploaded: u64,
    pub deleted: u64,
    pub found: u64,
    pub requests: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub error: Option<String>,
}
