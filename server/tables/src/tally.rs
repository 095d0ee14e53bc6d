//! Adds rows and blocks up to the cells of pieces.
//!
//! Pieces may touch, overlap and come in any order: their bounds cut the versions into intervals, each interval has a
//! sum, and as sums can be taken from each other, a piece is what all intervals up to its end come to, less what all up
//! to its beginning do.

use engine::sync::{Cell, Mark, Span};

use crate::span::merged;

/// A cell in the making: it may be short of rows, as where a row's end is known before its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub count: i64,
    pub hash: u64,
    pub keys: u64,
    pub versions: u64,
}

impl Sum {
    pub fn of(mark: Mark) -> Self {
        Self { count: 1, hash: mark.hash(), keys: mark.key, versions: mark.version }
    }

    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.blend(other);
    }

    pub fn subtract(&mut self, other: &Self) {
        self.count -= other.count;
        self.blend(other);
    }

    fn blend(&mut self, other: &Self) {
        self.hash ^= other.hash;
        self.keys ^= other.keys;
        self.versions ^= other.versions;
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

pub struct Tally {
    /// Every bound of every piece, in order, once.
    bounds: Vec<u64>,
    /// Of the interval that begins at the bound of the same index.
    sums: Vec<Sum>,
}

impl Tally {
    pub fn over(pieces: &[Span]) -> Self {
        let pieces = pieces.iter().filter(|piece| !piece.is_empty());
        let mut bounds: Vec<_> = pieces.flat_map(|piece| [piece.from, piece.until]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let sums = vec![Sum::default(); bounds.len()];
        Self { bounds, sums }
    }

    /// The intervals of which some piece consists.
    pub fn intervals(&self, pieces: &[Span]) -> Vec<Span> {
        let covered = merged(pieces.iter().copied());
        let all = self.bounds.windows(2).map(|pair| Span { from: pair[0], until: pair[1] });
        let mut covered = covered.into_iter().peekable();
        all.filter(|interval| {
            while covered.next_if(|span| span.until <= interval.from).is_some() {}
            covered.peek().is_some_and(|span| span.from <= interval.from)
        })
        .collect()
    }

    /// Takes in what lies wholly in the interval of this version.
    pub fn add(&mut self, version: u64, sum: &Sum) {
        if let Some(interval) = self.bounds.partition_point(|bound| *bound <= version).checked_sub(1) {
            self.sums[interval].add(sum);
        }
    }

    /// Whether no bound of a piece lies within the span.
    pub fn keeps_whole(&self, span: Span) -> bool {
        let at = self.bounds.partition_point(|bound| *bound <= span.from);
        self.bounds.get(at).is_none_or(|bound| span.until <= *bound)
    }

    /// The cells of the pieces, in their order; `None` where a piece would have fewer rows than none.
    pub fn cells(&self, pieces: &[Span]) -> Option<Vec<Cell>> {
        let mut upto = Vec::with_capacity(self.sums.len() + 1);
        let mut total = Sum::default();
        upto.push(total);
        for sum in &self.sums {
            total.add(sum);
            upto.push(total);
        }
        let at = |bound| self.bounds.partition_point(|known| *known < bound);
        let cell = |piece: &Span| {
            if piece.is_empty() {
                return Some(Cell::default());
            }
            let mut sum = upto[at(piece.until)];
            sum.subtract(&upto[at(piece.from)]);
            let count = u64::try_from(sum.count).ok()?;
            Some(Cell { count, hash: sum.hash, keys: sum.keys, versions: sum.versions })
        };
        pieces.iter().map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(from: u64, until: u64) -> Span {
        Span { from, until }
    }

    #[test]
    fn only_intervals_that_a_piece_consists_of_are_read() {
        let pieces = [span(10, 20), span(40, 50), span(15, 25), span(50, 60), span(7, 7)];
        let intervals = Tally::over(&pieces).intervals(&pieces);
        let expected = [span(10, 15), span(15, 20), span(20, 25), span(40, 50), span(50, 60)];
        assert_eq!(intervals, expected);
    }

    proptest! {
        #[test]
        fn pieces_that_overlap_are_added_up_like_others(
            pieces in prop::collection::vec((0u64..100, 0u64..100), 0..8),
            versions in prop::collection::vec(0u64..100, 0..50),
        ) {
            let pieces: Vec<_> = pieces.into_iter().map(|(from, until)| span(from, until)).collect();
            let marks: Vec<_> = versions.iter().map(|version| Mark { version: *version, key: version * 7 }).collect();
            let mut tally = Tally::over(&pieces);
            let intervals = tally.intervals(&pieces);
            for mark in &marks {
                let covered = pieces.iter().any(|piece| piece.contains(mark.version));
                prop_assert_eq!(intervals.iter().any(|interval| interval.contains(mark.version)), covered);
                if covered {
                    tally.add(mark.version, &Sum::of(*mark));
                }
            }
            for (piece, cell) in pieces.iter().zip(tally.cells(&pieces).unwrap()) {
                let inside: Vec<_> = marks.iter().filter(|mark| piece.contains(mark.version)).copied().collect();
                prop_assert_eq!(cell, Cell::of(&inside));
            }
        }
    }
}
