//! Splits an object into parts: a pure function of its size and of what is known of its source.
//!
//! Always, for an object of 1 byte to [`LARGEST`]: the parts cover it exactly and in order, at most [`MOST_PARTS`] of
//! them, each at most [`LARGEST_PART`] and all but the last at least [`SMALLEST_PART`].
//!
//! The ETag of a multipart object is made of its parts' hashes: only the same parts give the same ETag.

use std::ops::Range;

use super::Transfer;
use crate::s3::{ETag, Listed};

pub const SMALLEST_PART: u64 = 5 << 20;
/// Largest part, and largest object of a CopyObject.
pub const LARGEST_PART: u64 = 5 << 30;
pub const MOST_PARTS: u64 = 10_000;

/// Largest object: about 48.8 TiB.
pub const LARGEST: u64 = MOST_PARTS * LARGEST_PART;

/// Largest part of our own choice: an eighth of the object, so that all parts can go at once, but at most this. Smaller
/// parts cost more requests; larger ones more to repeat, on a slow line above all.
const PREFERRED: u64 = 64 << 20;
const PREFERRED_STREAMED: u64 = 16 << 20;
const EIGHTH: u64 = 8;

/// How a source was split, as far as the store tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// This number of parts, of the size of the first.
    Even { parts: u64, first: u64 },
    /// Parts of these sizes.
    Uneven(Vec<u64>),
}

/// The parts of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    size: u64,
    parts: Parts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Parts {
    /// Of this size, except the last.
    Even(u64),
    Uneven(Vec<u64>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Number of the part, from 1.
    pub number: i32,
    pub bytes: Range<u64>,
}

impl Layout {
    /// The parts of the source if they are known and legal; else our own.
    pub fn of(size: u64, source: Option<Cut>, transfer: Transfer) -> Self {
        let kept = source.filter(|cut| cut.fits(size)).map(|cut| match cut {
            Cut::Even { first, .. } => Parts::Even(first),
            Cut::Uneven(sizes) => Parts::Uneven(sizes),
        });
        let preferred = if transfer == Transfer::Copied { PREFERRED } else { PREFERRED_STREAMED };
        let own = size.div_ceil(EIGHTH).clamp(SMALLEST_PART, preferred).max(size.div_ceil(MOST_PARTS));
        Self { size, parts: kept.unwrap_or(Parts::Even(own)) }
    }

    pub fn count(&self) -> u64 {
        match &self.parts {
            Parts::Even(part) => self.size.div_ceil(*part),
            Parts::Uneven(sizes) => sizes.len() as u64,
        }
    }

    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let mut start = 0;
        (1..).zip(0..self.count()).map(move |(number, before)| {
            let length = match &self.parts {
                Parts::Even(part) => (self.size - start).min(*part),
                Parts::Uneven(sizes) => usize::try_from(before).map_or(0, |before| sizes[before]),
            };
            let bytes = start..start + length;
            start = bytes.end;
            Part { number, bytes }
        })
    }
}

impl Layout {
    /// The sizes of parts that some stores refuse: all but the last must be alike there, and the last no larger.
    pub fn uneven(&self) -> Option<&[u64]> {
        let Parts::Uneven(sizes) = &self.parts else { return None };
        let first = *sizes.first()?;
        let (last, before) = sizes.split_last()?;
        let even = before.iter().all(|size| *size == first) && *last <= first;
        (!even).then_some(sizes)
    }
}

impl Part {
    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }
}

impl Cut {
    /// Whether these parts make an object of this size.
    pub fn makes_up(&self, size: u64) -> bool {
        match self {
            Self::Even { parts, first } => *first > 0 && size.div_ceil(*first) == *parts,
            Self::Uneven(sizes) => sizes.iter().try_fold(0, |sum: u64, part| sum.checked_add(*part)) == Some(size),
        }
    }

    /// Whether these parts make an object of this size, and S3 takes them.
    pub fn fits(&self, size: u64) -> bool {
        let legal = |part: u64| (SMALLEST_PART..=LARGEST_PART).contains(&part);
        let taken = match self {
            Self::Even { parts, first } => *parts <= MOST_PARTS && legal(*first),
            Self::Uneven(sizes) => sizes.split_last().is_some_and(|(last, before)| {
                let last_is_legal = (1..=LARGEST_PART).contains(last);
                sizes.len() as u64 <= MOST_PARTS && last_is_legal && before.iter().all(|part| legal(*part))
            }),
        };
        taken && self.makes_up(size)
    }

    /// The sizes of the parts of an object of this size, which they make up.
    pub fn sizes(&self, size: u64) -> Vec<u64> {
        match self {
            Self::Even { parts, first } => (0..*parts).map(|before| (size - before * first).min(*first)).collect(),
            Self::Uneven(sizes) => sizes.clone(),
        }
    }
}

/// Whether the object was written in parts, so that only the same parts give its copy the same ETag.
pub fn was_cut(object: &Listed) -> bool {
    let parts = object.etag.as_ref().and_then(ETag::parts);
    parts.is_some_and(|parts| parts <= MOST_PARTS) && object.size > 0
}

/// Number of parts that a copy will probably have, by the ETag alone, which does not tell their size.
pub fn parts_of(object: &Listed) -> u64 {
    let told = object.etag.as_ref().and_then(ETag::parts).filter(|parts| *parts <= MOST_PARTS);
    told.unwrap_or_else(|| Layout::of(object.size, None, Transfer::Copied).count())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn own(size: u64) -> Layout {
        Layout::of(size, None, Transfer::Copied)
    }

    fn kept(size: u64, cut: Cut) -> Layout {
        Layout::of(size, Some(cut), Transfer::Copied)
    }

    fn check(size: u64, layout: &Layout) -> Result<(), TestCaseError> {
        let mut end = 0;
        let mut count = 0;
        for part in layout.parts() {
            count += 1;
            prop_assert_eq!(u64::try_from(part.number).unwrap(), count);
            prop_assert_eq!(part.bytes.start, end);
            let length = part.length();
            prop_assert!((1..=LARGEST_PART).contains(&length), "{part:?}");
            prop_assert!(length >= SMALLEST_PART || part.bytes.end == size, "{part:?}");
            end = part.bytes.end;
        }
        prop_assert_eq!(end, size);
        prop_assert_eq!(count, layout.count());
        prop_assert!(count <= MOST_PARTS);
        Ok(())
    }

    /// Sizes of every order of magnitude.
    fn size() -> impl Strategy<Value = u64> {
        (0..=45_u32).prop_flat_map(|bits| (1 << bits)..=(2_u64 << bits).min(LARGEST))
    }

    proptest! {
        #[test]
        fn our_own_parts_cover_the_object_within_the_limits(size in size()) {
            check(size, &own(size))?;
        }

        #[test]
        fn whatever_a_source_tells_the_parts_cover_the_object_within_the_limits(
            size in size(), parts in 0..20_000_u64, first in 0..2 * LARGEST_PART
        ) {
            check(size, &kept(size, Cut::Even { parts, first }))?;
        }

        #[test]
        fn an_even_cut_is_kept(first in SMALLEST_PART..=LARGEST_PART, parts in 1..=MOST_PARTS, short in 0..SMALLEST_PART) {
            let size = first * parts - short;
            let layout = kept(size, Cut::Even { parts, first });
            check(size, &layout)?;
            prop_assert_eq!((layout.count(), layout.parts), (parts, Parts::Even(first)));
        }

        #[test]
        fn a_legal_uneven_cut_is_kept(
            sizes in proptest::collection::vec(SMALLEST_PART..=LARGEST_PART, 1..50), last in 1..=LARGEST_PART
        ) {
            let sizes = [sizes, vec![last]].concat();
            let size = sizes.iter().sum();
            let layout = kept(size, Cut::Uneven(sizes.clone()));
            check(size, &layout)?;
            prop_assert_eq!(layout.parts().map(|part| part.length()).collect::<Vec<_>>(), sizes.clone());
            prop_assert_eq!(kept(size + 1, Cut::Uneven(sizes)), own(size + 1));
        }
    }

    #[test]
    fn largest_object_has_most_parts_of_largest_size() {
        assert_eq!(own(LARGEST), Layout { size: LARGEST, parts: Parts::Even(LARGEST_PART) });
        assert_eq!(own(LARGEST).count(), MOST_PARTS);
    }

    #[test]
    fn only_unlike_parts_are_uneven() {
        let uneven = |sizes: &[u64]| kept(sizes.iter().sum(), Cut::Uneven(sizes.to_vec())).uneven().is_some();
        assert!(uneven(&[5 * MIB, 6 * MIB, MIB]) && uneven(&[5 * MIB, 6 * MIB]));
        assert!(!uneven(&[6 * MIB, 6 * MIB, MIB]) && !uneven(&[7 * MIB]) && own(100 * MIB).uneven().is_none());
    }

    #[test]
    fn parts_that_do_not_fit_are_not_kept() {
        let own = own(100 * MIB);
        for (parts, first) in [(2, 40 * MIB), (1, 40 * MIB), (100, MIB), (0, 0), (1, 0)] {
            assert_eq!(kept(100 * MIB, Cut::Even { parts, first }), own, "{parts} of {first}");
        }
        for sizes in [vec![], vec![99 * MIB], vec![MIB, 99 * MIB], vec![100 * MIB, 0]] {
            assert_eq!(kept(100 * MIB, Cut::Uneven(sizes.clone())), own, "{sizes:?}");
        }
        assert_ne!(kept(100 * MIB, Cut::Even { parts: 3, first: 40 * MIB }), own);
    }
}
