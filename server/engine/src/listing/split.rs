//! Where to split what is left of a range of keys, so that another reader can take the upper half.
//!
//! How keys are spread is unknown; only those already read are known. A split point is a guess, and a wrong one is
//! cheap: the upper half is found empty with one request, and the next guess lies below it. Two things are found by
//! bisection: the first position at which keys still to come differ from the last one read, and the character there,
//! among the characters of its kind that keys have been seen to hold.
//!
//! Always: the split point lies strictly between the last key read and the end of the range, so that both halves are
//! smaller.

use std::collections::BTreeSet;

/// Characters seen in keys, as candidates for a split point.
#[derive(Clone, Debug, Default)]
pub(super) struct Alphabet(BTreeSet<char>);

/// Most characters kept. With more, the next character is as good a guess as any.
const MOST: usize = 512;

impl Alphabet {
    pub fn learn(&mut self, key: &str) {
        if self.0.len() < MOST {
            self.0.extend(key.chars());
        }
    }

    /// The middle character of the same kind above `low`, and below `high` where it is given.
    fn between(&self, low: char, high: Option<char>) -> Option<char> {
        let fits = |c: &&char| **c > low && kind(**c) == kind(low) && high.is_none_or(|high| **c < high);
        let candidates: Vec<&char> = self.0.iter().filter(fits).collect();
        candidates.get(candidates.len() / 2).map(|c| **c)
    }
}

fn kind(c: char) -> u8 {
    match c {
        '0'..='9' => 0,
        'a'..='z' => 1,
        'A'..='Z' => 2,
        _ => 3,
    }
}

/// Length of the common start in bytes, ending between characters.
pub(super) fn common(left: &str, right: &str) -> usize {
    let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    left.floor_char_boundary(same)
}

/// A key above `at`, the last key read, and below `last`, the end of the range (`None`: no end is known). `earlier` is a
/// key read before `at`: where they differ, keys surely vary. So the key differs from `at` halfway between that position
/// and the first at which a key below `last` can differ from `at`, or at the next that leaves room.
pub(super) fn split_point(at: &str, last: Option<&str>, earlier: &str, alphabet: &Alphabet) -> Option<String> {
    let first = last.map_or(0, |last| common(at, last));
    let varies = common(earlier, at).max(first);
    let middle = at.floor_char_boundary(usize::midpoint(first, varies));
    at[middle..].char_indices().find_map(|(offset, low)| {
        let position = middle + offset;
        let high = last.filter(|_| position == first).and_then(|last| last[position..].chars().next());
        let c = alphabet.between(low, high).or_else(|| following(low))?;
        let split = format!("{}{c}", &at[..position]);
        last.is_none_or(|last| split.as_str() < last).then_some(split)
    })
}

fn following(c: char) -> Option<char> {
    let next = u32::from(c) + 1;
    char::from_u32(if next == 0xD800 { 0xE000 } else { next })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(keys: &[&str]) -> Alphabet {
        let mut alphabet = Alphabet::default();
        for key in keys {
            alphabet.learn(key);
        }
        alphabet
    }

    #[test]
    fn unknown_end_splits_halfway_to_where_keys_vary() {
        let split = split_point("key-000999", None, "key-000000", &seen(&["key-000999"]));
        assert_eq!(split.as_deref(), Some("key."));
    }

    #[test]
    fn known_ends_split_at_the_middle_character_seen() {
        let alphabet = seen(&["0123456789"]);
        assert_eq!(split_point("key-00999", Some("key-1"), "key-00000", &alphabet).as_deref(), Some("key-05"));
        assert_eq!(split_point("k0", Some("k9z"), "k0", &alphabet).as_deref(), Some("k5"));
    }

    #[test]
    fn adjacent_keys_are_not_split() {
        assert_eq!(split_point("a", Some("b"), "a", &Alphabet::default()), None);
    }

    proptest! {
        #[test]
        fn split_points_lie_between_and_splitting_ends(
            mut keys in proptest::collection::btree_set("\\PC{0,12}|[a-c/]{0,6}|[\u{0}-\u{20}]{0,3}", 2..4), open: bool
        ) {
            let last = if open { None } else { keys.pop_last() };
            let earlier = keys.pop_first().unwrap();
            let at = keys.pop_last().unwrap_or_else(|| earlier.clone());
            let mut alphabet = seen(&[&earlier, &at]);
            alphabet.learn(last.as_deref().unwrap_or_default());
            let mut end = last;
            for _ in 0..100_000 {
                let Some(split) = split_point(&at, end.as_deref(), &earlier, &alphabet) else { return Ok(()) };
                prop_assert!(split > at, "{split:?} {at:?}");
                prop_assert!(end.as_ref().is_none_or(|end| split < *end), "{split:?} {end:?}");
                end = Some(split);
            }
            prop_assert!(false, "still splitting at {end:?} above {at:?}");
        }
    }
}
