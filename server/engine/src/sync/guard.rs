//! The guard against mass deletes.
//!
//! A local table that was emptied, restored or mistaken for another looks like one whose rows were deleted. A delete of
//! more than a thousand rows that is also more than one percent of the table, or of all rows, therefore waits for an
//! operator's approval.
//!
//! Always: an approval covers a number of rows, not everything that follows.

use model::MassDelete;

/// Largest delete that needs no approval: the larger of both bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    pub rows: u64,
    /// Percent of the rows at the remote.
    pub percent: u64,
}

impl Default for Guard {
    fn default() -> Self {
        Self { rows: 1_000, percent: 1 }
    }
}

impl Guard {
    /// The delete, if it must wait for approval. `sure` is false if there may be more to delete than `rows`: the
    /// percentage does not apply then. `approved`: number of rows that an operator approved.
    pub fn requires_approval(&self, rows: u64, sure: bool, remote_rows: u64, approved: u64) -> Option<MassDelete> {
        let share = if sure { remote_rows.saturating_mul(self.percent) / 100 } else { 0 };
        let mass = rows > self.rows.max(share) || rows > 0 && rows >= remote_rows;
        (mass && rows > approved).then_some(MassDelete { rows, remote_rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guard_holds_mass_deletes_and_passes_small_ones() {
        let waits = |rows, sure, remote_rows, approved| {
            Guard::default().requires_approval(rows, sure, remote_rows, approved).is_some()
        };
        assert!(!waits(1_000, true, 5_000, 0));
        assert!(waits(1_001, true, 5_000, 0));
        assert!(!waits(1_001, true, 1_000_000, 0), "a thousandth of a large table");
        assert!(waits(10_001, true, 1_000_000, 0));
        assert!(waits(1_001, false, 1_000_000, 0), "there may be more");
        assert!(waits(3, true, 3, 0), "all of a small one");
        assert!(!waits(0, true, 0, 0));
        assert!(!waits(3, true, 3, 3), "approved");
        assert!(waits(4, true, 4, 3), "fewer rows were approved");
    }
}
