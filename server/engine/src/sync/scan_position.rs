//! The position of a scan, as a checkpoint keeps it from one evaluation to the next.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// Progress of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPosition {
    /// Version below which the next chunk lies.
    pub below: u64,
    /// Whether the pass compares every row regardless of counts.
    pub thorough: bool,
    /// Differences found by this pass.
    pub found: u64,
    /// Rows that this pass deleted without approval.
    pub deleted: u64,
    /// Due time of the next thorough pass, in Unix milliseconds.
    pub thorough_at: u64,
}

impl Default for ScanPosition {
    fn default() -> Self {
        Self { below: Span::END, thorough: false, found: 0, deleted: 0, thorough_at: 0 }
    }
}

impl ScanPosition {
    /// Version down to which the pass has compared; `None` before its first chunk.
    pub fn version(&self) -> Option<u64> {
        (self.below < Span::END).then_some(self.below)
    }

    /// Moves back to the top, keeping when a thorough pass is due.
    pub fn restart(&mut self) {
        *self = Self { thorough: self.thorough, thorough_at: self.thorough_at, ..Self::default() };
    }
}
