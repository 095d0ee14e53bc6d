//! Splits an object into parts: a pure function of its size and of what is known of its source.
//!
//! Always, for an object of 1 byte to [`LARGEST`]: the parts cover it exactly and in order, at most [`MOST_PARTS`] of
//! them, each at most [`LARGEST_PART`] and all but the last at least [`SMALLEST_PART`].
//!
//! The ETag of a multipart object is made of its parts' hashes: only the same parts give the same ETag.

use std::ops::Range;

use crate::s3::{ETag, Listed};

pub const SMALLEST_PART: u64 = 5 << 20;
/// Largest part, and largest object of a CopyObject.
pub const LARGEST_PART: u64 = 5 << 30;
pub const MOST_PARTS: u64 = 10_000;

/// Largest object: about 48.8 TiB.
pub const LARGEST: u64 = MOST_PARTS * LARGEST_PART;

/// Largest part of our own choice: an eighth of the object, so that all parts can go at once, but at most this. Smaller
/// parts cost more requests; larger ones more to repeat.
const PREFERRED: u64 = 64 << 20;
const EIGHTH: u64 = 8;

/// How a source was split, as far as the store tells: the number of parts and the size of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub parts: u64,
    pub first: u64,
}

/// Parts of one size, except the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    size: u64,
    part: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Number of the part, from 1.
    pub number: i32,
    pub bytes: Range<u64>,
}

impl Layout {
    /// The parts of the source if they are even; else our own. Uneven parts would take a request each to be known.
    pub fn of(size: u64, source: Option<Cut>) -> Self {
        let even = source.filter(|cut| cut.is_even(size));
        let own = size.div_ceil(EIGHTH).clamp(SMALLEST_PART, PREFERRED).max(size.div_ceil(MOST_PARTS));
        Self { size, part: even.map_or(own, |cut| cut.first) }
    }

    pub fn count(&self) -> u64 {
        self.size.div_ceil(self.part)
    }

    pub fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        let Self { size, part } = *self;
        (1..).zip(0..self.count()).map(move |(number, before)| {
            let start = before * part;
            Part { number, bytes: start..size.min(start + part) }
        })
    }
}

impl Part {
    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }
}

impl Cut {
    fn is_even(&self, size: u64) -> bool {
        let legal = self.parts <= MOST_PARTS && (SMALLEST_PART..=LARGEST_PART).contains(&self.first);
        legal && size.div_ceil(self.first) == self.parts
    }
}

/// Number of parts that a copy will probably have, by the ETag alone, which does not tell their size.
pub fn parts_of(object: &Listed) -> u64 {
    let told = object.etag.as_ref().and_then(ETag::parts).filter(|parts| *parts <= MOST_PARTS);
    told.unwrap_or_else(|| Layout::of(object.size, None).count())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn check(size: u64, layout: Layout) -> Result<(), TestCaseError> {
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
            check(size, Layout::of(size, None))?;
        }

        #[test]
        fn whatever_a_source_tells_the_parts_cover_the_object_within_the_limits(
            size in size(), parts in 0..20_000_u64, first in 0..2 * LARGEST_PART
        ) {
            check(size, Layout::of(size, Some(Cut { parts, first })))?;
        }

        #[test]
        fn an_even_cut_is_kept(first in SMALLEST_PART..=LARGEST_PART, parts in 1..=MOST_PARTS, short in 0..SMALLEST_PART) {
            let size = first * parts - short;
            let layout = Layout::of(size, Some(Cut { parts, first }));
            check(size, layout)?;
            prop_assert_eq!((layout.count(), layout.part), (parts, first));
        }
    }

    #[test]
    fn largest_object_has_most_parts_of_largest_size() {
        assert_eq!(Layout::of(LARGEST, None), Layout { size: LARGEST, part: LARGEST_PART });
        assert_eq!(Layout::of(LARGEST, None).count(), MOST_PARTS);
    }

    #[test]
    fn uneven_parts_are_split_again() {
        let own = Layout::of(100 * MIB, None);
        for cut in [(3, 40 * MIB), (2, 40 * MIB), (1, 40 * MIB), (100, MIB), (0, 0), (1, 0)] {
            let cut = Cut { parts: cut.0, first: cut.1 };
            let kept = cut == Cut { parts: 3, first: 40 * MIB };
            assert_eq!(Layout::of(100 * MIB, Some(cut)) != own, kept, "{cut:?}");
        }
    }
}
