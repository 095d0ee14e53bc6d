//! The extra objects that a user confirmed to delete, in sections in key order, each with a count and a sum of its objects.
//!
//! Deleting takes time, in which source and destination change. So each section is listed again, and compared with what
//! was confirmed before any of its objects is deleted. The sections not yet done are part of the checkpoint.
//!
//! Always: at most [`MOST`] sections, however many objects there are; where there would be more, two become one.

use std::collections::VecDeque;

use model::Key;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::plan_builder::write_object;
use crate::s3::Listed;

const MOST: usize = 256;

/// Most sections begun since the checkpoint was stored: a resumed clone may find these with objects deleted.
pub(super) const OPEN: u64 = 8;

/// Objects in a section, unless that would make too many sections.
const SIZE: u64 = 250;

/// Neighbouring objects in key order, from the end of the section before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    pub(super) last: Key,
    pub(super) count: u64,
    /// Sum of the hashes of all objects, so that two sections can become one.
    sum: [u64; 4],
}

/// The sections left to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sections {
    /// Everything up to here is done.
    pub(super) after: Option<Key>,
    pub(super) left: VecDeque<Section>,
}

/// Makes sections of objects that come in key order.
pub(super) struct Cutter {
    size: u64,
    sections: VecDeque<Section>,
}

impl Section {
    fn of(object: &Listed) -> Self {
        let mut hash = Sha256::new();
        write_object(&mut hash, object);
        let hash: [u8; 32] = hash.finalize().into();
        let mut sum = [0; 4];
        for (lane, bytes) in sum.iter_mut().zip(hash.as_chunks::<8>().0) {
            *lane = u64::from_be_bytes(*bytes);
        }
        Self { last: object.key.clone(), count: 1, sum }
    }

    fn join(&mut self, next: Self) {
        self.last = next.last;
        self.count += next.count;
        for (lane, other) in self.sum.iter_mut().zip(next.sum) {
            *lane = lane.wrapping_add(other);
        }
    }

    /// Whether these objects, in key order, are exactly those of the section.
    pub fn is(&self, objects: &[Listed]) -> bool {
        let found = objects.iter().map(Self::of).reduce(|mut section, next| {
            section.join(next);
            section
        });
        found.is_some_and(|found| (found.count, found.sum) == (self.count, self.sum))
    }
}

impl Sections {
    /// Removes the first section, which is done.
    pub fn pass(&mut self) {
        if let Some(section) = self.left.pop_front() {
            self.after = Some(section.last);
        }
    }
}

impl Cutter {
    pub fn new() -> Self {
        Self { size: SIZE, sections: VecDeque::new() }
    }

    pub fn add(&mut self, object: &Listed) {
        let section = Section::of(object);
        if let Some(open) = self.sections.back_mut().filter(|open| open.count < self.size) {
            return open.join(section);
        }
        if self.sections.len() == MOST {
            self.pair_up();
        }
        self.sections.push_back(section);
    }

    /// Halves the number of sections by joining pairs.
    fn pair_up(&mut self) {
        self.size *= 2;
        let mut sections = std::mem::take(&mut self.sections).into_iter();
        while let Some(mut section) = sections.next() {
            if let Some(next) = sections.next() {
                section.join(next);
            }
            self.sections.push_back(section);
        }
    }

    pub fn finish(self) -> Sections {
        Sections { after: None, left: self.sections }
    }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    fn object(number: u64) -> Listed {
        let key = format!("{number:08}").parse().unwrap();
        Listed { key, size: number, etag: None, modified: Time(0), class: None }
    }

    fn cut(count: u64, size: u64) -> Sections {
        let mut cutter = Cutter { size, ..Cutter::new() };
        for number in 0..count {
            cutter.add(&object(number));
        }
        cutter.finish()
    }

    #[test]
    fn sections_hold_every_object_once_and_stay_few() {
        let most = 2 * MOST as u64;
        for count in [0, 1, 2, 3, most, most + 1, 5 * most] {
            let sections = cut(count, 2);
            assert!(sections.left.len() <= MOST);
            let mut next = 0;
            for section in &sections.left {
                let objects: Vec<Listed> = (next..next + section.count).map(object).collect();
                assert!(section.is(&objects));
                next += section.count;
                assert_eq!(section.last, objects.last().unwrap().key);
            }
            assert_eq!(next, count);
        }
    }

    #[test]
    fn section_differs_from_any_other() {
        let sections = cut(3, 3);
        let section = &sections.left[0];
        let all: Vec<Listed> = (0..3).map(object).collect();
        assert!(section.is(&all) && !section.is(&all[..2]) && !section.is(&[]));
        let replaced = [object(0), object(1), Listed { size: 9, ..object(2) }];
        assert!(!section.is(&replaced));
        assert!(!section.is(&[object(0), object(1), object(2), object(3)]));
    }

    #[test]
    fn finished_sections_are_known_by_their_last_key() {
        let mut sections = cut(3, 2);
        sections.pass();
        assert_eq!((sections.after, sections.left.len()), (Some(object(1).key), 1));
    }
}
