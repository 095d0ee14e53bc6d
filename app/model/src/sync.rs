//! A sync: a table that is kept in step with its remote copy, how it stands, and what was done about it.
//!
//! Always: "in step" carries what shows it, up to which version, and when. Versions are those that rows carry.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Invalid, Page, TableName, Time};

/// A UUIDv7, so that evaluations sort by when they began.
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

/// A table and its remote copy, as they stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncStatus {
    pub table: TableName,
    pub source: SyncSource,
    pub state: SyncState,
    /// Since when it is in that state.
    pub since: Time,
    /// The state in a sentence, with what to do where somebody must.
    pub reason: String,
    /// `None`: it could not be asked yet.
    pub local: Option<SyncEnd>,
    pub remote: Option<SyncEnd>,
    /// Local rows that the remote is known not to have yet.
    pub behind: Option<u64>,
    /// Rows sent a second, over the last minute in which any was.
    pub rate: Option<f64>,
    /// Milliseconds until it is in step, at that rate.
    pub left_ms: Option<u64>,
    /// When it was last shown to be in step.
    pub verified: Option<Verified>,
    /// Of the deletion that waits for a yes.
    pub waiting: Option<MassDelete>,
    pub quarantined: u64,
    /// Rows in the next upload.
    pub batch: Option<u64>,
    /// The version that looking has come to.
    pub position: Option<u64>,
    pub paused: bool,
    /// When it was last looked at, or heard of.
    pub looked_at: Option<Time>,
    /// Milliseconds between looks while it is in step.
    pub every_ms: u64,
    /// Who looks, and whether it was heard of lately: if not, nobody does.
    pub holder: Option<String>,
    pub held: bool,
}

impl SyncStatus {
    /// Of a table at which nobody has looked.
    pub fn unseen(table: TableName, source: SyncSource, since: Time) -> Self {
        Self {
            table,
            source,
            state: SyncState::New,
            since,
            reason: "Nobody has looked at this table yet.".to_owned(),
            local: None,
            remote: None,
            behind: None,
            rate: None,
            left_ms: None,
            verified: None,
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

/// Who keeps a table in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncSource {
    /// Logyard, by its configuration.
    Logyard,
    /// Somebody else, who reports.
    Agent,
}

/// How a table stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Nobody has looked yet.
    New,
    #[serde(rename = "in_step")]
    InSync,
    /// Rows are being sent.
    Uploading,
    /// What differs is being looked for, or mended.
    Reconciling,
    /// In step but for rows that the remote will not have.
    Quarantined,
    /// More would be deleted than without a person's yes.
    Waiting,
    /// The local database is another than it was: nothing is done until a person accepts it.
    EpochChanged,
    /// An end does not answer.
    Unreachable,
    /// An end answers, and will not.
    Refused,
}

/// One end of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncEnd {
    /// Rows.
    pub count: u64,
    /// The highest version, if there is a row.
    pub version: Option<u64>,
}

/// That both ends were equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// On every row below this version, but for those in quarantine.
    pub below: u64,
    pub at: Time,
    pub shown_by: Evidence,
}

/// How it is known that both ends are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The cells of both tables leave no residual.
    Cells,
    /// A scan from top to bottom compared every row and found nothing. Rows may have changed behind it.
    Scan,
    /// As many rows on both sides: as many ghosts as missing rows would look the same.
    Count,
}

/// A deletion that waits for a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MassDelete {
    /// At least so many rows.
    pub rows: u64,
    pub remote_rows: u64,
}

/// All syncs, for their page: those of the configuration in its order, then those that agents report, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncList {
    pub now: Time,
    pub items: Vec<SyncStatus>,
}

/// A table with all that its page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncView {
    pub now: Time,
    pub sync: SyncStatus,
    /// Where the ends are, without secrets; empty where an agent reports.
    pub places: Vec<Direction>,
    /// The versions from the lowest to the highest, in pieces side by side; at most 256.
    pub map: Vec<KeySpan>,
    /// The last hours, a minute each, the oldest first; minutes in which nothing was done are left out.
    pub minutes: Vec<SyncMinute>,
    /// Rows that the remote will not have; the first hundred.
    pub quarantine: Vec<Quarantined>,
    /// The newest first.
    pub evaluations: Page<SyncEvaluation>,
}

/// An end as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direction {
    /// `local` or `remote`.
    pub end: String,
    /// Such as `table orders of postgres://db.internal/shop`.
    pub place: String,
}

/// A piece of the key space: versions `from <= v < until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySpan {
    pub from: u64,
    pub until: u64,
    /// Local rows in it, as far as they were counted.
    pub rows: Option<u64>,
    pub look: SpanState,
}

/// What is known of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanState {
    Verified,
    Differing,
    NotYet,
}

/// What was done in a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncMinute {
    /// When it began.
    pub at: Time,
    pub uploaded: u64,
    pub deleted: u64,
    /// Differences that comparing found.
    pub found: u64,
    /// To the remote.
    pub requests: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// Read at the local end, and at the remote as far as it says.
    pub local_rows: u64,
    pub remote_rows: u64,
    /// Rows in an upload, at the minute's end.
    pub batch: u64,
}

/// A row that the remote will not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    pub key: String,
    pub version: u64,
    pub error: String,
    pub attempts: u32,
    pub retry_at: Time,
}

/// One evaluation: from how things stood to what was to be said about it. Kept if it changed something, found something,
/// was asked for, or came to another verdict than the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncEvaluation {
    pub id: SyncId,
    pub started_at: Time,
    pub ended_at: Time,
    /// It was to say what differs and to change nothing.
    pub verify: bool,
    /// What it came to, as the state of the table.
    pub state: SyncState,
    pub reason: String,
    pub verified: Option<Verified>,
    pub uploaded: u64,
    pub deleted: u64,
    pub found: u64,
    /// Requests that compared.
    pub rounds: u32,
    pub requests: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub local_rows: u64,
    pub remote_rows: u64,
}

/// What a person may ask of a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum SyncAction {
    /// Look now.
    Evaluate,
    /// Say what differs, change nothing.
    Verify,
    /// Let so many rows be deleted at the remote.
    Approve {
        rows: u64,
    },
    /// Follow the local database as it is now, though it is another than before.
    AcceptEpoch,
    /// Try a row in quarantine again now, or all of them.
    RetryQuarantined {
        key: Option<String>,
    },
    Pause,
    Resume,
}

/// What an agent reports of a table that it keeps in step. What is left out is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncReport {
    /// `in_step`, `uploading`, `reconciling`, `unreachable` or `refused`; without it, told by the counts and versions.
    pub state: Option<SyncState>,
    pub local_count: Option<u64>,
    pub remote_count: Option<u64>,
    pub local_version: Option<u64>,
    pub remote_version: Option<u64>,
    /// The version that looking has come to.
    pub position: Option<u64>,
    pub batch: Option<u64>,
    pub behind: Option<u64>,
    /// Since the last report.
    pub uploaded: u64,
    pub deleted: u64,
    pub found: u64,
    pub requests: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub error: Option<String>,
}
