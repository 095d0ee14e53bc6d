//! The read plan of a question: which summary blocks and which rows at the edges make up the requested intervals.

use engine::sync::Span;

use crate::span::merged;

/// Levels of summary blocks from wide to narrow; a block of a level spans `1 << level` versions. Triggers record the
/// narrowest level. These are the pieces into which a sync splits spans, 64 ways or 8 ways. Each level costs an eighth
/// of the level below, so wide levels are nearly free; with sparse versions they save reading most of the narrow
/// blocks.
pub const LEVELS: [u32; 7] = [24, 21, 18, 15, 12, 9, 6];
/// The narrowest level.
pub const NARROW: u32 = 6;

/// The levels as text, stored with the summaries: summaries with other levels count as incomplete.
pub fn listed() -> String {
    LEVELS.map(|level| level.to_string()).join(", ")
}

/// Blocks and rows to read for a question.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReadPlan {
    /// Versions to read from rows.
    pub rows: Vec<Span>,
    /// Block numbers to read, for each of [`LEVELS`].
    pub blocks: [Vec<Span>; LEVELS.len()],
}

impl ReadPlan {
    pub fn of(intervals: &[Span], summaries: bool) -> Self {
        let mut plan = Self::default();
        for interval in intervals {
            if summaries {
                plan.descend(*interval, 0);
            } else {
                plan.rows.push(*interval);
            }
        }
        plan.rows = merged(plan.rows);
        plan.blocks = plan.blocks.map(merged);
        plan
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
    fn million_versions_need_few_blocks() {
        let plan = ReadPlan::of(&[Span { from: 0, until: 1_000_000 }], true);
        let wide = |blocks: &[Span]| blocks.iter().map(Span::width).sum::<u64>();
        assert_eq!(plan.blocks.each_ref().map(|blocks| wide(blocks)), [0, 0, 3, 6, 4, 1, 1]);
        assert_eq!(plan.rows, []);
        let plan = ReadPlan::of(&[Span { from: 0, until: 1_000_001 }], true);
        assert_eq!(plan.rows, [Span { from: 1_000_000, until: 1_000_001 }]);
    }

    #[test]
    fn plan_covers_the_whole_version_range() {
        let plan = ReadPlan::of(&[Span::ALL], true);
        assert_eq!(plan.blocks[0], [Span { from: 0, until: 1 << 39 }]);
        assert_eq!(plan.rows, []);
    }

    proptest! {
        #[test]
        fn plan_covers_each_version_once(from in 0u64..300_000, width in 0u64..40_000_000) {
            let interval = Span { from, until: from + width };
            let plan = ReadPlan::of(&[interval], true);
            let mut parts = plan.rows;
            for (blocks, shift) in plan.blocks.iter().zip(LEVELS) {
                parts.extend(blocks.iter().map(|span| Span { from: span.from << shift, until: span.until << shift }));
            }
            prop_assert_eq!(parts.iter().map(Span::width).sum::<u64>(), width);
            let whole = if width == 0 { Vec::new() } else { vec![interval] };
            prop_assert_eq!(merged(parts), whole);
        }
    }
}
