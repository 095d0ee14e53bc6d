//! Findings of a comparison, and the steps of a search for them.

use super::cell::{Difference, Mark};
use super::exchange::{PerEndpoint, Question};
use super::span::Span;
use super::verdict::Verdict;

/// Differences between the two tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Stale remote rows: rows without an equal local row.
    pub stale: Vec<Mark>,
    /// Local rows that the remote lacks.
    pub missing: Vec<Mark>,
    /// Spans in which the remote has no row at all.
    pub spans: Vec<Span>,
    /// Number of local rows in `spans`.
    pub rows_in_spans: u64,
    /// Minimum number of further stale remote rows, beside those in `stale`.
    pub further_stale: u64,
    /// Whether the search was complete: nothing else differs.
    pub all: bool,
}

/// Next step of a search.
#[derive(Clone, Debug)]
pub enum SearchStep {
    Ask(Question),
    /// Repair these findings, then call `Search::repaired`.
    Repair(Findings),
    Done(Verdict),
}

impl Findings {
    pub fn push(&mut self, difference: Difference) {
        match difference {
            Difference::Stale(mark) => self.stale.push(mark),
            Difference::Missing(mark) => self.missing.push(mark),
        }
    }

    /// Versions and spans that contain the findings.
    pub fn open(&self) -> impl Iterator<Item = Span> {
        let marks = self.stale.iter().chain(&self.missing).map(|mark| Span::of_version(mark.version));
        marks.chain(self.spans.iter().copied())
    }

    /// Number of findings; each span counts as one.
    pub fn len(&self) -> usize {
        self.stale.len() + self.missing.len() + self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Compares two lists of the same span. Returns the differences that are not `known`, and the inverse of each known one
/// that no longer exists.
pub fn compare(sides: &PerEndpoint<Vec<Mark>>, known: &[Difference]) -> Vec<Difference> {
    let mut differences = merge(&sides.local, &sides.remote);
    for expected in known {
        match differences.iter().position(|difference| difference == expected) {
            Some(at) => {
                differences.swap_remove(at);
            }
            None => differences.push(expected.inverse()),
        }
    }
    differences
}

fn merge(local: &[Mark], remote: &[Mark]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let (mut local, mut remote) = (local.iter().peekable(), remote.iter().peekable());
    loop {
        match (local.peek(), remote.peek()) {
            (None, None) => return differences,
            (Some(here), Some(there)) if here == there => {
                local.next();
                remote.next();
            }
            (Some(here), there) if there.is_none_or(|there| here < there) => {
                differences.push(Difference::Missing(**here));
                local.next();
            }
            (_, there) => {
                differences.extend(there.map(|there| Difference::Stale(**there)));
                remote.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compare_omits_known_differences_and_inverts_outdated_ones() {
        let mark = |version| Mark { version, key: version };
        let sides = PerEndpoint { local: vec![mark(1), mark(2), mark(4)], remote: vec![mark(2), mark(3)] };
        let known = [Difference::Missing(mark(1)), Difference::Missing(mark(9))];
        let mut found = compare(&sides, &known);
        found.sort_unstable();
        let stale = Difference::Stale;
        assert_eq!(found, [stale(mark(3)), stale(mark(9)), Difference::Missing(mark(4))]);
    }
}
