//! Which blocks of the summaries, and which rows at the edges, make up the intervals that are asked for.

use engine::sync::Span;

use crate::span::merged;

/// A block of a level holds `1 << level` versions. From wide to narrow; the narrowest is what triggers note. These are the
/// pieces into which a sync splits spans, be it 64 ways or 8. Each level costs an eighth of the one below it, so the wide
/// ones are nearly free; where versions lie far apart, they spare reading most of the blocks below.
pub const LEVELS: [u32; 7] = [24, 21, 18, 15, 12, 9, 6];
pub const NARROW: u32 = 6;

/// As summaries bear it, so that those with other levels, of another version of this crate, are not taken for complete.
pub fn listed() -> String {
    LEVELS.map(|level| level.to_string()).join(", ")
}

/// What to read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// From rows.
    pub rows: Vec<Span>,
    /// From the blocks of each of [`LEVELS`]: numbers of blocks.
    pub blocks: [Vec<Span>; LEVELS.len()],
}

impl Cover {
    pub fn of(intervals: &[Span], summaries: bool) -> Self {
        let mut cover = Self::default();
        for interval in intervals {
            if summaries {
                cover.descend(*interval, 0);
            } else {
                cover.rows.push(*interval);
            }
        }
        cover.rows = merged(cover.rows);
        cover.blocks = cover.blocks.map(merged);
        cover
    }

    fn descend(&mut self, span: Span, level: usize) {
        if span.is_empty() {
            return;
        }
        let Some(shift) = LEVELS.get(level) else {
            self.rows.push(span);
            return;
        };
        let first = span.from.div_ceil(1 << shift);
        let end = span.until >> shift;
        if first >= end {
            return self.descend(span, level + 1);
        }
        self.blocks[level].push(Span { from: first, until: end });
        self.descend(Span { from: span.from, until: first << shift }, level + 1);
        self.descend(Span { from: end << shift, until: span.until }, level + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_below_a_million_is_a_handful_of_blocks_and_some_rows() {
        let cover = Cover::of(&[Span { from: 0, until: 1_000_000 }], true);
        let wide = |blocks: &[Span]| blocks.iter().map(Span::width).sum::<u64>();
        assert_eq!(cover.blocks.each_ref().map(|blocks| wide(blocks)), [0, 0, 3, 6, 4, 1, 1]);
        assert_eq!(cover.rows, []);
        let cover = Cover::of(&[Span { from: 0, until: 1_000_001 }], true);
        assert_eq!(cover.rows, [Span { from: 1_000_000, until: 1_000_001 }]);
    }

    #[test]
    fn everything_there_can_be_is_covered() {
        let cover = Cover::of(&[Span::ALL], true);
        assert_eq!(cover.blocks[0], [Span { from: 0, until: 1 << 39 }]);
        assert_eq!(cover.rows, []);
    }

    proptest! {
        #[test]
        fn each_version_is_covered_once(from in 0u64..300_000, width in 0u64..40_000_000) {
            let interval = Span { from, until: from + width };
            let cover = Cover::of(&[interval], true);
            let mut parts = cover.rows;
            for (blocks, shift) in cover.blocks.iter().zip(LEVELS) {
                parts.extend(blocks.iter().map(|span| Span { from: span.from << shift, until: span.until << shift }));
            }
            prop_assert_eq!(parts.iter().map(Span::width).sum::<u64>(), width);
            let whole = if width == 0 { Vec::new() } else { vec![interval] };
            prop_assert_eq!(merged(parts), whole);
        }
    }
}
