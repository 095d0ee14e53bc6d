//! A map of the key space: ranges in order, few enough to draw.

use model::{Stretch, StretchState};

use super::{RangeState, ranges::RangeProgress};

/// Most stretches of a map.
const MOST: usize = 48;

/// Joins the smallest neighbours first; those of the same state before others.
pub(super) fn key_map<'a>(ranges: impl Iterator<Item = &'a RangeProgress>) -> Vec<Stretch> {
    let mut ranges: Vec<&RangeProgress> = ranges.collect();
    ranges.sort_unstable_by(|left, right| left.range.after.cmp(&right.range.after));
    let mut map: Vec<Stretch> = ranges.into_iter().map(one).collect();
    // An empty range was a wrong guess at where keys are.
    map.dedup_by(|next, _| next.state == StretchState::Done && next.found == 0);
    while map.len() > MOST {
        let joins = map.windows(2).enumerate();
        let cost = |pair: &[Stretch]| (pair[0].state != pair[1].state, pair[0].found + pair[1].found);
        let Some((index, _)) = joins.min_by_key(|(_, pair)| cost(pair)) else { break };
        let next = map.remove(index + 1);
        join(&mut map[index], &next);
    }
    map
}

fn one(progress: &RangeProgress) -> Stretch {
    Stretch {
        after: progress.range.after.as_ref().map(ToString::to_string),
        state: match progress.range.state {
            RangeState::Waiting => StretchState::Waiting,
            RangeState::Active => StretchState::Active,
            RangeState::Done => StretchState::Done,
        },
        found: progress.found,
        settled: progress.settled,
        failed: progress.failed,
    }
}

fn join(before: &mut Stretch, next: &Stretch) {
    if before.state != next.state {
        before.state = StretchState::Active;
    }
    before.found += next.found;
    before.settled += next.settled;
    before.failed += next.failed;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clone::tracker::Range;

    #[test]
    fn many_ranges_become_few_stretches_with_equal_totals() {
        let mut ranges: Vec<RangeProgress> = (0..500_u64)
            .map(|number| {
                let after = (number > 0).then(|| format!("{number:03}").parse().unwrap());
                let mut progress =
                    RangeProgress::new(Range { after, last: None, cursor: None, state: RangeState::Active });
                (progress.found, progress.settled, progress.failed) = (number, number / 2, number % 2);
                progress
            })
            .collect();
        ranges.reverse();
        let map = key_map(ranges.iter());
        assert_eq!(map.len(), MOST);
        assert_eq!(map.iter().map(|stretch| stretch.found).sum::<u64>(), 499 * 500 / 2);
        assert!(map.is_sorted_by(|left, right| left.after < right.after));
    }

    #[test]
    fn finished_empty_range_is_not_drawn() {
        let range = |after: Option<&str>, state| Range {
            after: after.map(|key| key.parse().unwrap()),
            last: None,
            cursor: None,
            state,
        };
        let ranges = [
            RangeProgress::new(range(None, RangeState::Active)),
            RangeProgress::new(range(Some("x"), RangeState::Done)),
        ];
        assert_eq!(key_map(ranges.iter()).len(), 1);
    }
}
