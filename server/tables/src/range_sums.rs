//! Sums per version range: adds rows and blocks up to the cells of several pieces.
//!
//! Pieces may touch, overlap and come in any order. Their bounds cut the versions into intervals with one sum each. The
//! sum of a piece is the sum of all intervals up to its end, minus the sum of all intervals up to its start.

use engine::sync::{Cell, Mark, Span};

use crate::span::merged;

/// An intermediate cell. Its count may be negative, because changes can remove rows before the sum contains them.
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

/// The sums of the intervals between the bounds of some pieces.
pub struct RangeSums {
    /// Sorted distinct bounds of all pieces.
    bounds: Vec<u64>,
    /// Sum of the interval that begins at the bound of the same index.
    sums: Vec<Sum>,
}

impl RangeSums {
    pub fn over(pieces: &[Span]) -> Self {
        let pieces = pieces.iter().filter(|piece| !piece.is_empty());
        let mut bounds: Vec<_> = pieces.flat_map(|piece| [piece.from, piece.until]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let sums = vec![Sum::default(); bounds.len()];
        Self { bounds, sums }
    }

    /// The intervals that belong to at least one piece.
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

    /// Adds a sum to the interval of this version, in which it must lie completely.
    pub fn add(&mut self, version: u64, sum: &Sum) {
        if let Some(interval) = self.bounds.partition_point(|bound| *bound <= version).checked_sub(1) {
            self.sums[interval].add(sum);
        }
    }

    /// Whether the span lies within one interval.
    pub fn keeps_whole(&self, span: Span) -> bool {
        let at = self.bounds.partition_point(|bound| *bound <= span.from);
        self.bounds.get(at).is_none_or(|bound| span.until <= *bound)
    }

    /// The cells of the pieces, in their order; `None` if a count is negative.
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
    fn intervals_outside_all_pieces_are_not_read() {
        let pieces = [span(10, 20), span(40, 50), span(15, 25), span(50, 60), span(7, 7)];
        let intervals = RangeSums::over(&pieces).intervals(&pieces);
        let expected = [span(10, 15), span(15, 20), span(20, 25), span(40, 50), span(50, 60)];
        assert_eq!(intervals, expected);
    }

    proptest! {
        #[test]
        fn overlapping_pieces_get_correct_cells(
            pieces in prop::collection::vec((0u64..100, 0u64..100), 0..8),
            versions in prop::collection::vec(0u64..100, 0..50),
        ) {
            let pieces: Vec<_> = pieces.into_iter().map(|(from, until)| span(from, until)).collect();
            let marks: Vec<_> = versions.iter().map(|version| Mark { version: *version, key: version * 7 }).collect();
            let mut sums = RangeSums::over(&pieces);
            let intervals = sums.intervals(&pieces);
            for mark in &marks {
                let covered = pieces.iter().any(|piece| piece.contains(mark.version));
                prop_assert_eq!(intervals.iter().any(|interval| interval.contains(mark.version)), covered);
                if covered {
                    sums.add(mark.version, &Sum::of(*mark));
                }
            }
            for (piece, cell) in pieces.iter().zip(sums.cells(&pieces).unwrap()) {
                let inside: Vec<_> = marks.iter().filter(|mark| piece.contains(mark.version)).copied().collect();
                prop_assert_eq!(cell, Cell::of(&inside));
            }
        }
    }
}
