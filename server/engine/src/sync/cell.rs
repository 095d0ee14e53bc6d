//! Cells: summaries of the rows of a version range, 32 bytes each.
//!
//! Cells are linear: the cells of two halves add up to the cell of the whole, and the local cell subtracted from the
//! remote one leaves the sum of the *differing* rows only. If exactly one row differs, that remainder names it; most
//! differences are therefore found without listing rows.
//!
//! Always: these numbers are part of the protocol. Both endpoints compute them on any database, so they are built from
//! SHA-256, which every language and most databases have, and are fixed by the vectors in the tests.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Version and key of a row, as both endpoints name it. Ordered as tables are read: by version, then by key.
///
/// Rows with equal marks count as equal: the version is the evidence, their values are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// Grows with every write to the table; at most `i64::MAX`, the largest integer of databases.
    pub version: u64,
    /// [`integer_key`] or [`text_key`] of the row's key.
    pub key: u64,
}

/// The mark key of an integer key: the integer itself in two's complement, so that a mark names its row.
pub fn integer_key(key: i64) -> u64 {
    key.cast_unsigned()
}

/// The mark key of a text key: the first eight bytes, big-endian, of the SHA-256 of its UTF-8.
pub fn text_key(key: &str) -> u64 {
    first_eight(&Sha256::digest(key.as_bytes()))
}

fn first_eight(digest: &[u8]) -> u64 {
    digest[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Mark {
    /// Hash of a row: the first eight bytes, big-endian, of the SHA-256 of key and version, both big-endian.
    pub fn hash(self) -> u64 {
        let mut text = [0; 16];
        text[..8].copy_from_slice(&self.key.to_be_bytes());
        text[8..].copy_from_slice(&self.version.to_be_bytes());
        first_eight(&Sha256::digest(text))
    }
}

/// Row count of a version range, and the exclusive or of the rows' hashes, keys and versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub count: u64,
    pub hash: u64,
    pub keys: u64,
    pub versions: u64,
}

impl Cell {
    pub const BYTES: usize = 32;

    pub fn of(marks: &[Mark]) -> Self {
        let mut cell = Self::default();
        for mark in marks {
            cell.add(*mark, mark.hash());
        }
        cell
    }

    /// Adds a row whose hash is already known, for instance from a column.
    pub fn add(&mut self, mark: Mark, hash: u64) {
        self.merge(&Self { count: 1, hash, keys: mark.key, versions: mark.version });
    }

    /// Adds the cell of another range.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.hash ^= other.hash;
        self.keys ^= other.keys;
        self.versions ^= other.versions;
    }

    /// Wire form: the four numbers in the order of the fields, big-endian.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (part, number) in bytes.chunks_exact_mut(8).zip([self.count, self.hash, self.keys, self.versions]) {
            part.copy_from_slice(&number.to_be_bytes());
        }
        bytes
    }

    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let number = |at: usize| first_eight(&bytes[at..]);
        Self { count: number(0), hash: number(8), keys: number(16), versions: number(24) }
    }
}

/// A row that only one endpoint has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// Only at the remote: the row was deleted or changed locally.
    Stale(Mark),
    /// Only in the local table: the row was never sent, or the remote lost it.
    Missing(Mark),
}

impl Difference {
    pub fn mark(self) -> Mark {
        match self {
            Self::Stale(mark) | Self::Missing(mark) => mark,
        }
    }

    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Stale(mark) => Self::Missing(mark),
            Self::Missing(mark) => Self::Stale(mark),
        }
    }
}

/// The remote cell of a range minus the local cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Surplus of rows at the remote; negative if it has fewer.
    pub count: i64,
    hash: u64,
    keys: u64,
    versions: u64,
}

impl Delta {
    pub fn between(local: &Cell, remote: &Cell) -> Self {
        Self {
            count: remote.count.cast_signed() - local.count.cast_signed(),
            hash: remote.hash ^ local.hash,
            keys: remote.keys ^ local.keys,
            versions: remote.versions ^ local.versions,
        }
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// The differing row, if exactly one differs. Several rows look like one with probability 2⁻⁶⁴.
    pub fn single(&self) -> Option<Difference> {
        let mark = Mark { version: self.versions, key: self.keys };
        match self.count {
            1 if mark.hash() == self.hash => Some(Difference::Stale(mark)),
            -1 if mark.hash() == self.hash => Some(Difference::Missing(mark)),
            _ => None,
        }
    }

    /// Subtracts a known difference.
    pub fn settle(&mut self, difference: Difference) {
        let mark = difference.mark();
        self.subtract(&Self {
            count: if matches!(difference, Difference::Stale(_)) { 1 } else { -1 },
            hash: mark.hash(),
            keys: mark.key,
            versions: mark.version,
        });
    }

    pub fn subtract(&mut self, other: &Self) {
        self.count -= other.count;
        self.hash ^= other.hash;
        self.keys ^= other.keys;
        self.versions ^= other.versions;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's hashlib and struct: `sha256(pack(">QQ", key, version)).digest()[:8].hex()`.
    #[test]
    fn protocol_hashes_match_published_vectors() {
        let hash = |key, version| Mark { version, key }.hash();
        assert_eq!(hash(0, 0), 0x3747_08ff_f771_9dd5);
        assert_eq!(hash(1, 2), 0x8c76_54ec_fd7b_0b62);
        assert_eq!(hash(integer_key(-1), i64::MAX.cast_unsigned()), 0xc333_90cb_07a3_9914);
        assert_eq!(text_key(""), 0xe3b0_c442_98fc_1c14);
        assert_eq!(text_key("Zoë"), 0xc6a1_2698_582f_c110);
        assert_eq!(integer_key(-2), 0xffff_ffff_ffff_fffe);
        let cell = Cell::of(&[Mark { version: 2, key: 1 }, Mark { version: 5, key: 4 }]);
        assert_eq!(cell.to_bytes()[..8], [0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!(cell.to_bytes()[16..], [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(Cell::from_bytes(&cell.to_bytes()), cell);
    }

    #[test]
    fn delta_of_two_cells_names_a_single_row() {
        let shared = [Mark { version: 1, key: 9 }, Mark { version: 8, key: 3 }];
        let odd = Mark { version: 7, key: 11 };
        let with = Cell::of(&[shared[0], odd, shared[1]]);
        let without = Cell::of(&shared);
        assert_eq!(Delta::between(&without, &with).single(), Some(Difference::Stale(odd)));
        assert_eq!(Delta::between(&with, &without).single(), Some(Difference::Missing(odd)));
        assert!(Delta::between(&with, &with).is_zero());
    }

    #[test]
    fn three_differences_do_not_look_like_one() {
        let mark = |version| Mark { version, key: version * 10 };
        let delta = Delta::between(&Cell::of(&[mark(1)]), &Cell::of(&[mark(2), mark(3)]));
        assert_eq!((delta.count, delta.single()), (1, None));
    }

    #[test]
    fn delta_is_zero_once_differences_are_settled() {
        let mark = |version| Mark { version, key: version };
        let mut delta = Delta::between(&Cell::of(&[mark(1)]), &Cell::of(&[mark(2)]));
        assert_eq!(delta.count, 0);
        delta.settle(Difference::Stale(mark(2)));
        assert_eq!(delta.single(), Some(Difference::Missing(mark(1))));
        delta.settle(Difference::Missing(mark(1)));
        assert!(delta.is_zero());
    }
}
