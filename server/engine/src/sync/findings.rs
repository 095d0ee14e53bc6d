//! What comparing found.

use super::cell::{Difference, Mark};
use super::exchange::{PerEndpoint, Question};
use super::span::Span;
use super::verdict::Verdict;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub stale: Vec<Mark>,
    pub missing: Vec<Mark>,
    /// Where the remote has no row at all.
    pub spans: Vec<Span>,
    /// Local rows in those.
    pub rows_in_spans: u64,
    /// At least so many rows are too many at the remote beside the ghosts.
    pub beyond: u64,
    /// Nothing else differs.
    pub all: bool,
}

/// What a look wants next.
#[derive(Clone, Debug)]
pub enum SearchStep {
    Ask(Question),
    /// Mend this, then call `Search::repaired`.
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

    /// Where what was found lies.
    pub fn open(&self) -> impl Iterator<Item = Span> {
        let marks = self.stale.iter().chain(&self.missing).map(|mark| Span::of_version(mark.version));
        marks.chain(self.spans.iter().copied())
    }

    /// Spans count as one each.
    pub fn len(&self) -> usize {
        self.stale.len() + self.missing.len() + self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What two lists of the same span differ by beyond what is known of it. Of what is known but not so, the inverse.
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
    fn what_is_known_is_left_out_and_what_is_wrongly_known_is_told() {
        let mark = |version| Mark { version, key: version };
        let sides = PerEndpoint { local: vec![mark(1), mark(2), mark(4)], remote: vec![mark(2), mark(3)] };
        let known = [Difference::Missing(mark(1)), Difference::Missing(mark(9))];
        let mut found = compare(&sides, &known);
        found.sort_unstable();
        let ghost = Difference::Stale;
        assert_eq!(found, [ghost(mark(3)), ghost(mark(9)), Difference::Missing(mark(4))]);
    }
}
