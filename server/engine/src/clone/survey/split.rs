//! Where to cut what is left of a part of the keys in two, so that another reader can take the upper half.
//!
//! Nobody tells how keys are spread; only those already read are known. A cut is a guess, and a wrong one is cheap: the
//! upper half is found empty with one request, and the next guess lies below it. Two things are found by bisection: the
//! first position at which keys still to come differ from the last one read, and the character there, among the
//! characters of its kind that keys have been seen to hold.
//!
//! Always: the cut lies strictly between the last key read and the end of the part, so that both halves are smaller.

use std::collections::BTreeSet;

/// Characters seen in keys, as candidates for a cut.
#[derive(Clone, Debug, Default)]
pub(super) struct Alphabet(BTreeSet<char>);

/// More would be a script of its own, in which the next character is as good a guess as any.
const MOST: usize = 512;

impl Alphabet {
    pub fn learn(&mut self, key: &str) {
        if self.0.len() < MOST {
            self.0.extend(key.chars());
        }
    }

    /// The middle one of those of the same kind above `low`, and below `high` where it is given.
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

/// Bytes that both start with, ending between characters.
pub(super) fn common(left: &str, right: &str) -> usize {
    let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    left.floor_char_boundary(same)
}

/// A cut above `at`, the last key read, and below `last`, the end of the part (`None`: no end is known). `earlier` is a
/// key read before `at`: where they differ, keys surely vary. So the cut is made halfway between that position and the
/// first at which a key below `last` can differ from `at`, or at the next that leaves room.
pub(super) fn cut(at: &str, last: Option<&str>, earlier: &str, alphabet: &Alphabet) -> Option<String> {
    let first = last.map_or(0, |last| common(at, last));
    let varies = common(earlier, at).max(first);
    let middle = at.floor_char_boundary(usize::midpoint(first, varies));
    at[middle..].char_indices().find_map(|(offset, low)| {
        let position = middle + offset;
        let high = last.filter(|_| position == first).and_then(|last| last[position..].chars().next());
        let c = alphabet.between(low, high).or_else(|| following(low))?;
        let cut = format!("{}{c}", &at[..position]);
        last.is_none_or(|last| cut.as_str() < last).then_some(cut)
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
    fn an_unknown_end_is_looked_for_halfway_to_where_keys_vary() {
        let cut = cut("key-000999", None, "key-000000", &seen(&["key-000999"]));
        assert_eq!(cut.as_deref(), Some("key."));
    }

    #[test]
    fn between_known_ends_the_middle_of_the_characters_seen_is_taken() {
        let alphabet = seen(&["0123456789"]);
        assert_eq!(cut("key-00999", Some("key-1"), "key-00000", &alphabet).as_deref(), Some("key-05"));
        assert_eq!(cut("k0", Some("k9z"), "k0", &alphabet).as_deref(), Some("k5"));
    }

    #[test]
    fn where_nothing_lies_between_there_is_no_cut() {
        assert_eq!(cut("a", Some("b"), "a", &Alphabet::default()), None);
    }

    proptest! {
        #[test]
        fn a_cut_lies_between_and_cutting_comes_to_an_end(
            mut keys in proptest::collection::btree_set("\\PC{0,12}|[a-c/]{0,6}|[\u{0}-\u{20}]{0,3}", 2..4), open: bool
        ) {
            let last = if open { None } else { keys.pop_last() };
            let earlier = keys.pop_first().unwrap();
            let at = keys.pop_last().unwrap_or_else(|| earlier.clone());
            let mut alphabet = seen(&[&earlier, &at]);
            alphabet.learn(last.as_deref().unwrap_or_default());
            let mut end = last;
            for _ in 0..100_000 {
                let Some(cut) = cut(&at, end.as_deref(), &earlier, &alphabet) else { return Ok(()) };
                prop_assert!(cut > at, "{cut:?} {at:?}");
                prop_assert!(end.as_ref().is_none_or(|end| cut < *end), "{cut:?} {end:?}");
                end = Some(cut);
            }
            prop_assert!(false, "still cutting at {end:?} above {at:?}");
        }
    }
}
