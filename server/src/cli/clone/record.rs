//! The newest progress and checkpoint of the tracker, and the failures that no retry has passed.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use engine::clone::{Checkpoint, Taken};
use model::{Failure, Key, Progress, Time};

use super::{arguments::Order, completions::CompletionFile, state::State};

/// Failures kept and written at most; all are counted.
const HELD: usize = 100_000;

#[derive(Default)]
pub struct Record {
    pub progress: Progress,
    checkpoint: Checkpoint,
    failures: BTreeMap<Key, Failure>,
    report: Option<CompletionFile>,
}

impl Record {
    /// The record of a state file, or an empty one; with the order's report.
    pub fn resume(order: &mut Order) -> Self {
        let report = order.report.take();
        let Some(state) = order.resumed.clone() else { return Self { report, ..Self::default() } };
        let failures = state.failures.into_iter().map(|failure| (failure.key.clone(), failure)).collect();
        Self { progress: state.progress, checkpoint: state.checkpoint, failures, report }
    }

    /// When the clone was started, if it is to be reported.
    pub fn reported_since(&self) -> Option<Time> {
        self.report.as_ref().map(|report| report.position().began)
    }

    /// Writes the rest of the report.
    pub fn finish_report(&mut self) -> Result<(), String> {
        self.report.as_mut().map_or(Ok(()), CompletionFile::finish)
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

    /// Takes over what the engine has done. Fails if the report cannot be written now: it is written later.
    pub fn add(&mut self, taken: Taken) -> Result<(), String> {
        let reported = self.report.as_mut().map_or(Ok(()), |report| report.add(&taken.report));
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
        reported
    }

    pub async fn keep(&self, order: &Order) -> Result<(), String> {
        let failures = self.failures().cloned().collect();
        let report = self.report.as_ref().map(CompletionFile::position);
        State::new(order, self.progress.clone(), self.checkpoint.clone(), failures, report).write().await
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
