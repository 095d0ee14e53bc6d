//! When an outage begins and when it ends, so that the log has one line for each.

/// What can fail on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The lease could not be acquired, renewed or released.
    Lease,
    Round,
}

/// A change that is worth a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Began,
    Ended,
}

/// Which parts of a task fail now.
#[derive(Debug, Default)]
pub struct Outage {
    lease: bool,
    round: bool,
}

impl Outage {
    /// Takes note of an attempt. An outage lasts for as long as any part fails.
    pub fn observe(&mut self, part: Part, failed: bool) -> Option<Change> {
        let before = self.lease || self.round;
        match part {
            Part::Lease => self.lease = failed,
            Part::Round => self.round = failed,
        }
        match (before, self.lease || self.round) {
            (false, true) => Some(Change::Began),
            (true, false) => Some(Change::Ended),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outage_begins_and_ends_once() {
        let mut outage = Outage::default();
        assert_eq!(outage.observe(Part::Round, false), None);
        assert_eq!(outage.observe(Part::Round, true), Some(Change::Began));
        assert_eq!(outage.observe(Part::Round, true), None);
        assert_eq!(outage.observe(Part::Round, false), Some(Change::Ended));
        assert_eq!(outage.observe(Part::Round, false), None);
    }

    #[test]
    fn outage_of_two_parts_is_one_outage() {
        let mut outage = Outage::default();
        assert_eq!(outage.observe(Part::Lease, true), Some(Change::Began));
        assert_eq!(outage.observe(Part::Round, true), None);
        assert_eq!(outage.observe(Part::Lease, false), None);
        assert_eq!(outage.observe(Part::Round, false), Some(Change::Ended));
    }
}
