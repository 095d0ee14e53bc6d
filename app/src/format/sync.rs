//! A sync in words: its state as a shape and a word, what a person has to do about it, and what shows that it is in step.

use model::{Evidence, SyncState, SyncStatus, Verified};

use super::{Mark, count};

impl Mark {
    pub fn of_sync_state(state: SyncState) -> Self {
        let (shape, word, tone) = match state {
            SyncState::New => ("○", "not looked at yet", "idle"),
            SyncState::InSync => ("✔", "in step", "good"),
            SyncState::Uploading => ("●", "uploading", "busy"),
            SyncState::Reconciling => ("●", "reconciling", "busy"),
            SyncState::Quarantined => ("?", "quarantined", "warn"),
            SyncState::Waiting => ("‖", "waiting for a yes", "bad"),
            SyncState::EpochChanged => ("✖", "another local database", "bad"),
            SyncState::Unreachable => ("✖", "unreachable", "bad"),
            SyncState::Refused => ("✖", "refused", "bad"),
        };
        Self { shape, word, tone }
    }

    /// What to think of it now: a state that nobody looks after any more is none.
    pub fn of_sync(sync: &SyncStatus) -> Self {
        match (sync.state, Urgency::of(sync)) {
            (SyncState::Waiting | SyncState::EpochChanged, _) => Self::of_sync_state(sync.state),
            (_, Urgency::Held) => Self { shape: "‖", word: "paused", tone: "warn" },
            (SyncState::New, _) => Self::of_sync_state(SyncState::New),
            _ if nobody_looks(sync) => Self { shape: "✖", word: "nobody looks", tone: "bad" },
            (state, _) => Self::of_sync_state(state),
        }
    }
}

/// How much a table needs somebody; what needs a person is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Nothing goes on without a person's decision.
    Person,
    /// An end, or whoever looks, does not do its part.
    Wrong,
    /// In step but for a part.
    Partly,
    /// Somebody wanted it so.
    Held,
    NotYet,
    UnderWay,
    Fine,
}

impl Urgency {
    pub fn of(sync: &SyncStatus) -> Self {
        match sync.state {
            SyncState::Waiting | SyncState::EpochChanged => Self::Person,
            _ if sync.paused => Self::Held,
            SyncState::Unreachable | SyncState::Refused => Self::Wrong,
            SyncState::New => Self::NotYet,
            _ if nobody_looks(sync) => Self::Wrong,
            SyncState::Quarantined => Self::Partly,
            SyncState::Uploading | SyncState::Reconciling => Self::UnderWay,
            SyncState::InSync => Self::Fine,
        }
    }
}

/// It ought to be looked at, and nobody has been heard of lately.
pub fn nobody_looks(sync: &SyncStatus) -> bool {
    !sync.held && !sync.paused
}

/// `up to version 4,011`.
pub fn up_to(verified: &Verified) -> String {
    format!("up to version {}", count(verified.below.saturating_sub(1)))
}

/// How it was shown. What counts alone can show is not called more than that.
pub fn shown_by(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Cells => "verified by cells",
        Evidence::Scan => "verified by a scan",
        Evidence::Count => "count-verified",
    }
}

/// How much that is worth.
pub fn evidence_words(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Cells => "The cells of both tables left no residual: every row was the same on both sides.",
        Evidence::Scan => {
            "Every row was compared from top to bottom and nothing differed; rows may have changed behind the scan."
        }
        Evidence::Count => {
            "As many rows were on both sides, which is all that this remote can say: as many ghosts as missing rows would \
             have looked the same."
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;
    use crate::examples;

    #[test]
    fn a_state_that_nobody_looks_after_is_not_believed() {
        let in_step = examples::sync("orders", SyncState::InSync);
        assert_eq!(Mark::of_sync(&in_step).word, "in step");
        let alone = SyncStatus { held: false, ..in_step.clone() };
        assert_eq!((Mark::of_sync(&alone).word, Urgency::of(&alone)), ("nobody looks", Urgency::Wrong));
        let paused = SyncStatus { paused: true, ..alone };
        assert_eq!((Mark::of_sync(&paused).word, Urgency::of(&paused)), ("paused", Urgency::Held));
        let waiting = SyncStatus { paused: true, ..examples::sync("orders", SyncState::Waiting) };
        assert_eq!(
            Mark::of_sync(&waiting).word,
            "waiting for a yes",
            "a pause does not hide what a person must decide"
        );
    }

    #[test]
    fn every_state_has_a_shape_and_a_word_of_its_own() {
        let states = examples::SYNC_STATES.map(|state| Mark::of_sync_state(state).word);
        for (index, word) in states.iter().enumerate() {
            assert!(!states[..index].contains(word), "{word}");
        }
    }

    #[test]
    fn what_was_verified_says_up_to_which_version() {
        let verified = |below| Verified { below, at: Time(0), shown_by: Evidence::Cells };
        assert_eq!(up_to(&verified(4_012)), "up to version 4,011");
        assert_eq!(up_to(&verified(0)), "up to version 0");
    }
}
