//! The newest progress and checkpoint of the tracker, and the failures that no retry has passed.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use engine::clone::{Checkpoint, Taken};
use model::{Failure, Key, Progress};

use super::{arguments::Order, state::State};

/// Failures kept and written at most; all are counted.
const HELD: usize = 100_000;

#[derive(Default)]
pub struct Record {
    pub progress: Progress,
    checkpoint: Checkpoint,
    failures: BTreeMap<Key, Failure>,
}

impl Record {
    /// The record of a state file, or an empty one.
    pub fn resume(order: &Order) -> Self {
        let Some(state) = order.resumed.clone() else { return Self::default() };
        let failures = state.failures.into_iter().map(|failure| (failure.key.clone(), failure)).collect();
        Self { progress: state.progress, checkpoint: state.checkpoint, failures }
    }

    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint.clone()
    }

    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.failures.values()
    }

    pub fn failed_keys(&self) -> Vec<Key> {
        self.failures.keys().cloned().collect()
    }

    pub fn add(&mut self, taken: Taken) {
        for failure in taken.failures {
            if self.failures.len() < HELD || self.failures.contains_key(&failure.key) {
                self.failures.insert(failure.key.clone(), failure);
            }
        }
        for key in taken.mended {
            self.failures.remove(&key);
        }
        self.progress = taken.progress;
        self.checkpoint = taken.checkpoint;
    }

    pub async fn keep(&self, order: &Order) -> Result<(), String> {
        let failures = self.failures().cloned().collect();
        State::new(order, self.progress.clone(), self.checkpoint.clone(), failures).write().await
    }

    /// Writes one JSON object a line.
    pub fn write_failures(&self, path: &Path) -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for failure in self.failures() {
            serde_json::to_writer(&mut file, failure)?;
            file.write_all(b"\n")?;
        }
        file.flush()
    }
}
