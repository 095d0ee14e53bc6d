//! The position of a scan, as a checkpoint keeps it from one evaluation to the next.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// How far a pass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPosition {
    /// The next chunk lies below this version.
    pub below: u64,
    /// Looks at every row, whatever the counts are.
    pub thorough: bool,
    /// Differences that this pass found.
    pub found: u64,
    /// Rows that it deleted.
    pub deleted: u64,
    /// When the next thorough pass is due, in Unix milliseconds.
    pub thorough_at: u64,
}

impl Default for ScanPosition {
    fn default() -> Self {
        Self { below: Span::END, thorough: false, found: 0, deleted: 0, thorough_at: 0 }
    }
}

impl ScanPosition {
    /// The version down to which a pass has come; `None` at the top.
    pub fn version(&self) -> Option<u64> {
        (self.below < Span::END).then_some(self.below)
    }

    pub fn restart(&mut self) {
        *self = Self { thorough: self.thorough, thorough_at: self.thorough_at, ..Self::default() };
    }
}
