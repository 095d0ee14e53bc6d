//! Syncs in words: the mark of a state, its urgency, and the evidence that a table is in sync.

use model::{Evidence, SyncState, SyncStatus, Verified};

use super::{Mark, count};

impl Mark {
    pub fn of_sync_state(state: SyncState) -> Self {
        let (shape, word, tone) = match state {
            SyncState::New => ("○", "not checked yet", "idle"),
            SyncState::InSync => ("✔", "in sync", "good"),
            SyncState::Uploading => ("●", "uploading", "busy"),
            SyncState::Reconciling => ("●", "reconciling", "busy"),
            SyncState::HeldBack => ("?", "rows held back", "warn"),
            SyncState::Quarantined => ("?", "quarantined", "warn"),
            SyncState::Waiting => ("‖", "awaiting approval", "bad"),
            SyncState::EpochChanged => ("✖", "local database replaced", "bad"),
            SyncState::ShapeDiffers => ("✖", "columns differ", "bad"),
            SyncState::Unreachable => ("✖", "unreachable", "bad"),
            SyncState::Refused => ("✖", "refused", "bad"),
        };
        Self { shape, word, tone }
    }

    /// The mark of a table now: a state that no process keeps up to date is stale.
    pub fn of_sync(sync: &SyncStatus) -> Self {
        match (sync.state, Urgency::of(sync)) {
            (SyncState::Waiting | SyncState::EpochChanged, _) => Self::of_sync_state(sync.state),
            (_, Urgency::Paused) => Self { shape: "‖", word: "paused", tone: "warn" },
            (SyncState::New, _) => Self::of_sync_state(SyncState::New),
            _ if is_stale(sync) => Self { shape: "✖", word: "stale", tone: "bad" },
            (state, _) => Self::of_sync_state(state),
        }
    }
}

/// How urgently a table needs attention, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// The sync waits for a person's decision.
    Person,
    /// An endpoint fails, or no process checks the table.
    Failing,
    /// In sync except quarantined rows, or rows held back.
    Partly,
    /// Paused by a person.
    Paused,
    NotYet,
    UnderWay,
    Fine,
}

impl Urgency {
    pub fn of(sync: &SyncStatus) -> Self {
        match sync.state {
            SyncState::Waiting | SyncState::EpochChanged => Self::Person,
            _ if sync.paused => Self::Paused,
            SyncState::ShapeDiffers | SyncState::Unreachable | SyncState::Refused => Self::Failing,
            SyncState::New => Self::NotYet,
            _ if is_stale(sync) => Self::Failing,
            SyncState::Quarantined | SyncState::HeldBack => Self::Partly,
            SyncState::Uploading | SyncState::Reconciling => Self::UnderWay,
            SyncState::InSync => Self::Fine,
        }
    }
}

/// Whether the table should be checked, but no process has checked it lately.
pub fn is_stale(sync: &SyncStatus) -> bool {
    !sync.held && !sync.paused
}

/// `up to version 4,011`.
pub fn up_to(verified: &Verified) -> String {
    format!("up to version {}", count(verified.below.saturating_sub(1)))
}

/// How a table was verified. Equal counts alone are never called more than that.
pub fn shown_by(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Contents => "verified by contents",
        Evidence::Cells => "verified by versions",
        Evidence::Scan => "verified by full scan",
        Evidence::Count => "count-verified",
    }
}

/// What the evidence proves, in a sentence.
pub fn evidence_words(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Contents => "The digests of both tables matched: every row had the same values at both endpoints.",
        Evidence::Cells => {
            "The row hashes of both tables matched: every row had the same key and version at both endpoints. Values were \
             read back where Logyard wrote them, and not compared since."
        }
        Evidence::Scan => {
            "A full scan compared every row and found no difference; rows may have changed behind the scan."
        }
        Evidence::Count => {
            "Both endpoints had the same number of rows, which is all that this remote reports: equally many stale and \
             missing rows would look the same."
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;
    use crate::examples;

    #[test]
    fn unchecked_state_is_stale() {
        let in_sync = examples::sync("orders", SyncState::InSync);
        assert_eq!(Mark::of_sync(&in_sync).word, "in sync");
        let stale = SyncStatus { held: false, ..in_sync.clone() };
        assert_eq!((Mark::of_sync(&stale).word, Urgency::of(&stale)), ("stale", Urgency::Failing));
        let paused = SyncStatus { paused: true, ..stale };
        assert_eq!((Mark::of_sync(&paused).word, Urgency::of(&paused)), ("paused", Urgency::Paused));
        let waiting = SyncStatus { paused: true, ..examples::sync("orders", SyncState::Waiting) };
        assert_eq!(Mark::of_sync(&waiting).word, "awaiting approval", "a pause does not hide a pending decision");
    }

    #[test]
    fn every_sync_state_has_its_own_word() {
        let states = examples::SYNC_STATES.map(|state| Mark::of_sync_state(state).word);
        for (index, word) in states.iter().enumerate() {
            assert!(!states[..index].contains(word), "{word}");
        }
    }

    #[test]
    fn verification_names_its_highest_version() {
        let verified = |below| Verified { below, at: Time(0), shown_by: Evidence::Cells };
        assert_eq!(up_to(&verified(4_012)), "up to version 4,011");
        assert_eq!(up_to(&verified(0)), "up to version 0");
    }
}
