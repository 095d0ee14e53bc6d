//! Spans: half-open intervals of row versions, and how they are split.
//!
//! Splits are aligned to powers of 64 or of 8, independent of the span. The pieces are the blocks for which endpoints
//! keep summaries, and both endpoints split alike without exchanging the bounds.
//!
//! Always: the pieces of a span are adjacent and cover it without gap or overlap.

use serde::{Deserialize, Serialize};

/// Versions `from <= v < until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: u64,
    pub until: u64,
}

/// Width of blocks in bits: a block of a level spans `1 << (6 * level)` versions.
const BITS: u32 = 6;

impl Span {
    /// Exclusive upper bound of versions.
    pub const END: u64 = 1 << 63;
    pub const ALL: Self = Self { from: 0, until: Self::END };

    /// The span of a single version.
    pub fn of_version(version: u64) -> Self {
        Self { from: version, until: version.saturating_add(1) }
    }

    pub fn contains(&self, version: u64) -> bool {
        (self.from..self.until).contains(&version)
    }

    pub fn width(&self) -> u64 {
        self.until.saturating_sub(self.from)
    }

    pub fn is_empty(&self) -> bool {
        self.width() == 0
    }

    /// The smallest block that contains both versions.
    pub fn block_around(low: u64, high: u64) -> Self {
        let mut shift = 0;
        while shift < 60 && low >> shift != high >> shift {
            shift += BITS;
        }
        if low >> shift != high >> shift {
            return Self::ALL;
        }
        let from = low >> shift << shift;
        Self { from, until: from + (1 << shift) }
    }

    /// Splits at the multiples of the largest power of 64 below the width: a block into 64 pieces, [`Span::ALL`] into
    /// 8, any other span into at most 65. A span of one version stays whole.
    pub fn split(&self) -> Vec<Self> {
        self.pieces(BITS)
    }

    /// Splits at the multiples of a power of 8: a block or [`Span::ALL`] into 8 pieces, any other span into at most 9.
    pub fn eighths(&self) -> Vec<Self> {
        self.pieces(BITS / 2)
    }

    fn pieces(&self, bits: u32) -> Vec<Self> {
        let mut shift = 0;
        while shift < 60 && 1 << (shift + bits) < self.width() {
            shift += bits;
        }
        let mut pieces = Vec::with_capacity((1 << bits) + 1);
        let mut from = self.from;
        while from < self.until {
            let until = self.until.min(((from >> shift) + 1) << shift);
            pieces.push(Self { from, until });
            from = until;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn block_splits_into_64_and_all_into_8() {
        let block = Span::block_around(1, 1_000_000);
        assert_eq!(block, Span { from: 0, until: 1 << 24 });
        let pieces = block.split();
        assert_eq!((pieces.len(), pieces[3]), (64, Span { from: 3 << 18, until: 4 << 18 }));
        assert_eq!(Span::ALL.split().len(), 8);
        assert_eq!(Span { from: 7, until: 8 }.split(), [Span { from: 7, until: 8 }]);
        let eighths = block.eighths();
        assert_eq!((eighths.len(), eighths[3]), (8, Span { from: 3 << 21, until: 4 << 21 }));
        assert_eq!(eighths[3].split(), eighths[3].eighths(), "from there on the blocks are those of 64 again");
    }

    proptest! {
        #[test]
        fn pieces_lie_side_by_side_and_make_up_the_span(from in 0..Span::END, width in 1..=Span::END) {
            let span = Span { from, until: from.saturating_add(width).min(Span::END) };
            for (pieces, most) in [(span.split(), 65), (span.eighths(), 9)] {
                prop_assert!(pieces.len() <= most);
                prop_assert_eq!(pieces[0].from, span.from);
                prop_assert_eq!(pieces[pieces.len() - 1].until, span.until);
                prop_assert!(pieces.windows(2).all(|pair| pair[0].until == pair[1].from));
                let smaller = |piece: &Span| piece.width() < span.width() && !piece.is_empty();
                prop_assert!(span.width() == 1 || pieces.iter().all(smaller));
            }
        }

        #[test]
        fn a_block_holds_what_it_was_made_around(low in 0..Span::END, high in 0..Span::END) {
            let block = Span::block_around(low, high);
            prop_assert!(block.contains(low) && block.contains(high));
        }
    }
}
