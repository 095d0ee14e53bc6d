//! The result of an evaluation, as people read it: the table's state, and a sentence with what to do now.

use engine::sync::{Evaluation, Verdict};
use model::{
    Evidence, HeldBack, MassDelete, SyncState, TableName, Time, Verified,
    number::{count, counted},
};

use crate::connections::tables::OpenError;

/// State of a table with its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub state: SyncState,
    pub reason: String,
    pub verified: Option<Verified>,
    pub waiting: Option<MassDelete>,
    pub held_back: Option<HeldBack>,
}

/// A transaction that holds rows back for longer than this is no longer usual.
const HELD_LONG_MS: i64 = 60_000;

impl Standing {
    fn of(state: SyncState, reason: String) -> Self {
        Self { state, reason, verified: None, waiting: None, held_back: None }
    }

    /// `behind`: rows to be sent, as far as known.
    pub fn after(table: &TableName, evaluation: &Evaluation, verdict: &Verdict, behind: Option<u64>, at: Time) -> Self {
        match verdict {
            Verdict::InSync { below, shown_by, quarantined, held_back } => {
                let verified = Some(Verified { below: *below, at, shown_by: *shown_by });
                let held_back = held_back.as_ref().map(told);
                let shown =
                    format!("{}{}", shown(*below, *shown_by), held_back.as_ref().map(waits).unwrap_or_default());
                if *quarantined == 0 {
                    let since = held_back.as_ref().and_then(|held_back| held_back.since);
                    let long = since.is_some_and(|since| at.since(since) >= HELD_LONG_MS);
                    let state = if long { SyncState::HeldBack } else { SyncState::InSync };
                    return Self { verified, held_back, ..Self::of(state, shown) };
                }
                let first = evaluation.checkpoint().quarantine.entries().next();
                let first = first.map(|entry| format!("row {}: {}", entry.mark.key.cast_signed(), entry.refusal));
                let reason = format!(
                    "{shown} But the remote will not have {}; {}. They are tried again ever more rarely, or at once \
                     when somebody asks for it.",
                    rows(*quarantined as u64),
                    first.unwrap_or_default(),
                );
                Self { verified, held_back, ..Self::of(SyncState::Quarantined, reason) }
            }
            Verdict::Working(work) => {
                let settled = evaluation.checkpoint().settled;
                let new = evaluation.meta().is_some_and(|meta| settled < meta.local.horizon);
                let done = format!("{} sent and {} deleted so far", rows(work.uploaded), count(work.deleted));
                if let Some(check) = evaluation.checkpoint().contents.as_ref().filter(|check| check.position > 0) {
                    let reason = format!(
                        "{done}. All contents are compared, because {}: up to version {} so far.",
                        check.reason,
                        count(check.position)
                    );
                    return Self::of(SyncState::Reconciling, reason);
                }
                match behind.filter(|behind| new && *behind > 0) {
                    Some(behind) => Self::of(SyncState::Uploading, format!("{done}; {} to go.", rows(behind))),
                    None => Self::of(SyncState::Reconciling, format!("{done}; the rest is compared again next time.")),
                }
            }
            Verdict::Differs { stale, missing, changed, all } => {
                let least = if *all { "" } else { "at least " };
                let contents = match changed {
                    0 => String::new(),
                    changed => format!(" Of the others, {} there have other values.", count(*changed)),
                };
                let reason = format!(
                    "The remote has {least}{} too many and lacks {least}{}.{contents} Nothing was changed.",
                    rows(*stale),
                    rows(*missing)
                );
                Self::of(SyncState::Reconciling, reason)
            }
            Verdict::Waiting(mass) => {
                let MassDelete { rows: doomed, remote_rows } = mass;
                let reason = format!(
                    "At least {} of the remote's {} would be deleted, as they are not local any more. Nothing is \
                     deleted until somebody says that this is right: on the table's page, or with `logyard sync \
                     {table} --approve {doomed}`.",
                    count(*doomed),
                    rows(*remote_rows)
                );
                Self { waiting: Some(*mass), ..Self::of(SyncState::Waiting, reason) }
            }
            Verdict::EpochChanged { was, is } => {
                let reason = format!(
                    "The local database is not the one that was followed (it was {was}, and is {is}): it was restored or \
                     replaced, and may lack what the remote has. Nothing is sent or deleted until somebody accepts it: \
                     on the table's page, or with `logyard sync {table} --accept-epoch`."
                );
                Self::of(SyncState::EpochChanged, reason)
            }
            Verdict::ShapeDiffers { obstacles } => {
                let reason = format!(
                    "Nothing is sent or deleted: {}. Change the copy, or name the columns to send with `columns`; with \
                     `narrowing = true`, rows that fit are sent and the others are quarantined. The next evaluation looks \
                     again.",
                    obstacles.join("; ")
                );
                Self::of(SyncState::ShapeDiffers, reason)
            }
            Verdict::Unreachable { error } => {
                Self::of(SyncState::Unreachable, format!("No answer from {error}. It is tried again by itself."))
            }
            Verdict::Refused { error } => {
                Self::of(SyncState::Refused, format!("Refused: {error}. It is tried again by itself."))
            }
        }
    }

    /// The standing of a table with an end that could not be opened.
    pub fn closed(error: &OpenError) -> Self {
        let state = if error.unreachable() { SyncState::Unreachable } else { SyncState::Refused };
        Self::of(state, format!("{error} {}", error.advice()))
    }
}

fn told(held_back: &engine::sync::HeldBack) -> HeldBack {
    let since = held_back.since.and_then(|since| i64::try_from(since).ok()).map(Time);
    HeldBack { rows: held_back.rows, since, by: held_back.by.clone() }
}

/// What is not sent yet, as a further sentence.
fn waits(held_back: &HeldBack) -> String {
    let HeldBack { rows: held, by, .. } = held_back;
    format!(
        " {} above it cannot be sent yet: an open transaction may still commit older versions: {by}. They are sent when \
         it has ended.",
        rows(*held)
    )
}

fn shown(below: u64, by: Evidence) -> String {
    match by {
        Evidence::Contents => {
            format!("Verified below version {}: the values of all rows are equal at both ends.", count(below))
        }
        Evidence::Cells => {
            format!("Verified below version {}: both tables have the same rows in the same versions.", count(below))
        }
        Evidence::Scan => {
            format!("Verified below version {}: a scan compared every row and found nothing.", count(below))
        }
        Evidence::Count => format!("Count-verified below version {}: both ends have as many rows.", count(below)),
    }
}

/// `1,204 rows`.
pub fn rows(count: u64) -> String {
    counted(count, "row")
}
