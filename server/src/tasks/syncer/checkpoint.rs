//! What is kept of a sync from one evaluation to the next: the engine's checkpoint, and which yes went into it.
//!
//! A yes waits in the store until the evaluation that took it has ended. One that dies before leaves it there, with a
//! checkpoint that has it already, and may have used some of it.
//!
//! Always: a yes to a deletion counts once.

use db::SyncAsked;
use engine::sync::{Checkpoint, integer_key};
use serde::{Deserialize, Serialize};
use tracing::warn;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub engine: Checkpoint,
    /// Rows of a yes that is in the checkpoint, and in the store not answered yet.
    #[serde(default)]
    absorbed: u64,
}

impl Kept {
    /// What cannot be read was of another version: starting anew only takes longer.
    pub fn read(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::default() };
        serde_json::from_str(text).unwrap_or_else(|error| {
            warn!(%error, "the checkpoint cannot be read; starting anew");
            Self::default()
        })
    }

    /// What is to be kept by now.
    pub fn with(&self, engine: &Checkpoint) -> String {
        Self { engine: engine.clone(), absorbed: self.absorbed }.text()
    }

    /// The same once all that was asked is answered.
    pub fn answered(engine: &Checkpoint) -> String {
        Self { engine: engine.clone(), absorbed: 0 }.text()
    }

    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| unreachable!("a checkpoint is plain data: {error}"))
    }

    /// Takes in what people asked.
    pub fn absorb(&mut self, asked: &SyncAsked) {
        let SyncAsked { approved, accept_epoch, retry, .. } = asked;
        if *approved != self.absorbed {
            self.engine.approved = *approved;
            self.absorbed = *approved;
        }
        if *accept_epoch {
            self.engine.epoch = None;
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

#[cfg(test)]
mod tests {
    use engine::sync::Mark;

    use super::*;

    #[test]
    fn a_yes_counts_once_though_the_evaluation_that_used_it_died() {
        let yes = SyncAsked { approved: 5_000, ..SyncAsked::default() };
        let mut kept = Kept::read(None);
        kept.absorb(&yes);
        assert_eq!(kept.engine.approved, 5_000);
        kept.engine.approved = 3_000;
        let text = kept.with(&kept.engine);
        let mut again = Kept::read(Some(&text));
        again.absorb(&yes);
        assert_eq!(again.engine.approved, 3_000, "the rest of it");
        let mut later = Kept::read(Some(&Kept::answered(&again.engine)));
        later.absorb(&SyncAsked::default());
        assert_eq!(later.engine.approved, 3_000);
        later.absorb(&yes);
        assert_eq!(later.engine.approved, 5_000, "another yes");
    }

    #[test]
    fn rows_are_tried_again_when_a_person_says_so() {
        let mut kept = Kept::default();
        for key in [-7, 8] {
            kept.engine.quarantine.refuse(Mark { version: 1, key: integer_key(key) }, "too long".to_owned(), 0);
        }
        kept.absorb(&SyncAsked { retry: Some(vec!["-7".to_owned()]), ..SyncAsked::default() });
        assert_eq!(kept.engine.quarantine.due(0, 10), [Mark { version: 1, key: integer_key(-7) }]);
        kept.absorb(&SyncAsked { retry: Some(Vec::new()), ..SyncAsked::default() });
        assert_eq!(kept.engine.quarantine.due(0, 10).len(), 2);
    }

    #[test]
    fn another_database_is_followed_once_it_is_accepted() {
        let mut kept = Kept::default();
        kept.engine.epoch = Some("old".to_owned());
        kept.absorb(&SyncAsked { accept_epoch: true, ..SyncAsked::default() });
        assert_eq!(kept.engine.epoch, None);
    }
}
