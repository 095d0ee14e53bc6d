//! The key space as a map: ranges in order, so few that they can be drawn.

use model::{Stretch, StretchState};

use super::{RangeState, lanes::Lane};

/// Stretches at most.
const MOST: usize = 48;

/// Neighbours that hold least are joined first; done ones with one another before others.
pub(super) fn stretches<'a>(lanes: impl Iterator<Item = &'a Lane>) -> Vec<Stretch> {
    let mut lanes: Vec<&Lane> = lanes.collect();
    lanes.sort_unstable_by(|left, right| left.range.after.cmp(&right.range.after));
    let mut map: Vec<Stretch> = lanes.into_iter().map(one).collect();
    // What lies between was a wrong guess at where keys are.
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

fn one(lane: &Lane) -> Stretch {
    Stretch {
        after: lane.range.after.as_ref().map(ToString::to_string),
        state: match lane.range.state {
            RangeState::Waiting => StretchState::Waiting,
            RangeState::Active => StretchState::Active,
            RangeState::Done => StretchState::Done,
        },
        found: lane.found,
        settled: lane.settled,
        failed: lane.failed,
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
    fn any_number_of_ranges_is_drawn_as_few_stretches_that_hold_as_much() {
        let mut lanes: Vec<Lane> = (0..500_u64)
            .map(|number| {
                let after = (number > 0).then(|| format!("{number:03}").parse().unwrap());
                let mut lane = Lane::new(Range { after, last: None, cursor: None, state: RangeState::Active });
                (lane.found, lane.settled, lane.failed) = (number, number / 2, number % 2);
                lane
            })
            .collect();
        lanes.reverse();
        let map = stretches(lanes.iter());
        assert_eq!(map.len(), MOST);
        assert_eq!(map.iter().map(|stretch| stretch.found).sum::<u64>(), 499 * 500 / 2);
        assert!(map.is_sorted_by(|left, right| left.after < right.after));
    }

    #[test]
    fn a_finished_range_without_objects_is_not_drawn() {
        let range = |after: Option<&str>, state| Range {
            after: after.map(|key| key.parse().unwrap()),
            last: None,
            cursor: None,
            state,
        };
        let lanes = [Lane::new(range(None, RangeState::Active)), Lane::new(range(Some("x"), RangeState::Done))];
        assert_eq!(stretches(lanes.iter()).len(), 1);
    }
}
