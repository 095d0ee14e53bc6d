//! What is stored of a sync from one evaluation to the next: the engine's checkpoint, and the approval that is in it.
//!
//! An approval waits in the database until the evaluation that took it has ended. An evaluation that dies earlier
//! leaves it there, with a checkpoint that holds it already and may have used some of it.
//!
//! Always: an approval of a deletion counts once.

use db::SyncRequests;
use engine::sync::{Checkpoint, ContentCheck, Entry, Quarantine, integer_key};
use serde::{Deserialize, Serialize};
use tracing::warn;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub engine: Checkpoint,
    /// Rows of an approval that is in the checkpoint, and not yet answered in the database.
    #[serde(default)]
    absorbed: u64,
}

impl Kept {
    /// A checkpoint that cannot be read is of another version: starting again only takes longer. `quarantine`: the
    /// entries of quarantined rows, which are kept beside it; a checkpoint of an earlier version may hold others.
    pub fn read(text: Option<&str>, quarantine: &[String]) -> Self {
        let mut kept = text.map_or_else(Self::default, |text| {
            serde_json::from_str(text).unwrap_or_else(|error| {
                warn!(%error, "checkpoint unreadable; the table is compared from the start");
                Self::default()
            })
        });
        let entries = quarantine.iter().filter_map(|entry| {
            let read = serde_json::from_str::<Entry>(entry);
            read.inspect_err(|error| warn!(%error, "quarantined row unreadable; it is compared like any other")).ok()
        });
        let before: Vec<_> = kept.engine.quarantine.entries().cloned().collect();
        kept.engine.quarantine = before.into_iter().chain(entries).collect();
        kept
    }

    /// The checkpoint to store now.
    pub fn with(&self, engine: &Checkpoint) -> String {
        Self { engine: bare(engine), absorbed: self.absorbed }.text()
    }

    /// The same once all requests are answered.
    pub fn answered(engine: &Checkpoint) -> String {
        Self { engine: bare(engine), absorbed: 0 }.text()
    }

    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| unreachable!("a checkpoint is plain data: {error}"))
    }

    /// Takes in the requests of people.
    pub fn absorb(&mut self, asked: &SyncRequests) {
        let SyncRequests { approved, accept_epoch, send_all, compare, retry, .. } = asked;
        if *approved != self.absorbed {
            self.engine.approved = *approved;
            self.absorbed = *approved;
        }
        if *accept_epoch {
            self.engine.accept(*send_all);
        } else if *compare {
            let reason = "somebody asked for it".to_owned();
            self.engine.compare(ContentCheck { reason, ..ContentCheck::default() });
        }
        for key in retry.iter().flatten() {
            if let Ok(key) = key.parse() {
                self.engine.quarantine.retry_now(Some(integer_key(key)));
            }
        }
        if retry.as_ref().is_some_and(Vec::is_empty) {
            self.engine.quarantine.retry_now(None);
        }
    }
}

/// The checkpoint without quarantined rows, which are kept beside it.
fn bare(engine: &Checkpoint) -> Checkpoint {
    Checkpoint { quarantine: Quarantine::default(), ..engine.clone() }
}

#[cfg(test)]
mod tests {
    use engine::sync::Mark;

    use super::*;

    #[test]
    fn approval_counts_once_after_a_crash() {
        let yes = SyncRequests { approved: 5_000, ..SyncRequests::default() };
        let mut kept = Kept::read(None, &[]);
        kept.absorb(&yes);
        assert_eq!(kept.engine.approved, 5_000);
        kept.engine.approved = 3_000;
        let text = kept.with(&kept.engine);
        let mut again = Kept::read(Some(&text), &[]);
        again.absorb(&yes);
        assert_eq!(again.engine.approved, 3_000, "the rest of it");
        let mut later = Kept::read(Some(&Kept::answered(&again.engine)), &[]);
        later.absorb(&SyncRequests::default());
        assert_eq!(later.engine.approved, 3_000);
        later.absorb(&yes);
        assert_eq!(later.engine.approved, 5_000, "another yes");
    }

    #[test]
    fn rows_are_retried_on_request() {
        let mut kept = Kept::default();
        for key in [-7, 8] {
            kept.engine.quarantine.refuse(Mark { version: 1, key: integer_key(key) }, "too long".to_owned(), 0);
        }
        kept.absorb(&SyncRequests { retry: Some(vec!["-7".to_owned()]), ..SyncRequests::default() });
        assert_eq!(kept.engine.quarantine.due(0, 10), [Mark { version: 1, key: integer_key(-7) }]);
        kept.absorb(&SyncRequests { retry: Some(Vec::new()), ..SyncRequests::default() });
        assert_eq!(kept.engine.quarantine.due(0, 10).len(), 2);
    }

    #[test]
    fn quarantined_rows_are_kept_beside_the_checkpoint() {
        let mut kept = Kept::default();
        for key in [1, 2] {
            kept.engine.quarantine.refuse(Mark { version: key, key }, "too long".to_owned(), 0);
        }
        let earlier = kept.text();
        let entries: Vec<_> =
            kept.engine.quarantine.entries().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        let text = kept.with(&kept.engine);
        assert!(!text.contains("too long"), "{text}");
        assert_eq!(Kept::read(Some(&text), &entries), kept);
        assert_eq!(Kept::read(Some(&earlier), &[]), kept, "a checkpoint of an earlier version");
    }

    #[test]
    fn other_database_is_synced_once_accepted() {
        let mut kept = Kept::default();
        kept.engine.epoch = Some("old".to_owned());
        kept.absorb(&SyncRequests { accept_epoch: true, ..SyncRequests::default() });
        assert_eq!(kept.engine.epoch, None);
    }
}
