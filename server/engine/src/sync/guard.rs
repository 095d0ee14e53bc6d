//! The guard on mass deletes.
//!
//! A local table that was emptied, restored or taken for another looks like one whose rows were deleted. So what would
//! take more than a thousand rows and more than a hundredth of them, or all of them, waits for an operator's yes. The yes
//! is for a number of rows, not for whatever comes.

use model::MassDelete;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    pub rows: u64,
    pub percent: u64,
}

impl Default for Guard {
    fn default() -> Self {
        Self { rows: 1_000, percent: 1 }
    }
}

impl Guard {
    /// What has to wait, if it does. `sure` is false if there may be more to delete than `rows`: then the remote's size
    /// is no excuse.
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
    fn many_rows_and_all_rows_wait_and_few_do_not() {
        let waits = |rows, sure, remote_rows, approved| {
            Guard::default().requires_approval(rows, sure, remote_rows, approved).is_some()
        };
        assert!(!waits(1_000, true, 5_000, 0));
        assert!(waits(1_001, true, 5_000, 0));
        assert!(!waits(1_001, true, 1_000_000, 0), "a thousandth of a large table");
        assert!(waits(10_001, true, 1_000_000, 0));
        assert!(waits(1_001, false, 1_000_000, 0), "perhaps there are more");
        assert!(waits(3, true, 3, 0), "all of a small one");
        assert!(!waits(0, true, 0, 0));
        assert!(!waits(3, true, 3, 3), "with a yes");
        assert!(waits(4, true, 4, 3), "the yes was for fewer");
    }
}
