//! The plan of a mirror: what a preview found, so that what is deleted is what somebody saw and confirmed.
//!
//! Always: the same listings and the same request give the same plan, wherever they are read. Whatever the listings
//! say differently gives another one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Invalid, Time};

/// A SHA-256 as 64 hex digits, in small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// What a mirror would do, by the listings of one preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Of the request and of everything that would be copied or deleted: what names the plan.
    pub id: Digest,
    /// When the listings were read, by the clock of whoever read them.
    pub at: Time,
    /// Of the source, as far as chosen.
    pub source_objects: u64,
    pub to_copy: u64,
    pub to_copy_bytes: u64,
    pub to_delete: u64,
    pub to_delete_bytes: u64,
    /// Of what would be deleted alone: key, ETag and size of each, in key order.
    pub extras: Digest,
    /// The newest `LastModified` of what would be deleted, by the destination's own clock. What was written later was
    /// in no preview. `None`: nothing would be deleted.
    pub newest_extra: Option<Time>,
}

impl Digest {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a hash's bytes.
    pub fn of(hash: [u8; 32]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect())
    }
}

impl TryFrom<String> for Digest {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            Ok(Self(text))
        } else {
            Err(Invalid::new("plan", text, "the id of a plan, 64 hex digits, as a preview of the mirror answers it"))
        }
    }
}

impl FromStr for Digest {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::try_from(text.to_owned())
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Plan {
    /// What another plan for the same request would do differently, figure by figure: `to delete 3 → 5`. Where no
    /// figure differs, other objects are meant.
    pub fn changes(&self, now: &Self) -> String {
        let figures = [
            ("to delete", self.to_delete, now.to_delete),
            ("bytes to delete", self.to_delete_bytes, now.to_delete_bytes),
            ("to copy", self.to_copy, now.to_copy),
            ("bytes to copy", self.to_copy_bytes, now.to_copy_bytes),
            ("at the source", self.source_objects, now.source_objects),
        ];
        let changed = figures.into_iter().filter(|(_, before, now)| before != now);
        let changed: Vec<String> = changed.map(|(what, before, now)| format!("{what} {before} → {now}")).collect();
        if !changed.is_empty() {
            return changed.join(", ");
        }
        let what = if self.extras == now.extras { "to copy" } else { "to delete" };
        format!("the same numbers, but different objects {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(to_delete: u64, extras: u8) -> Plan {
        Plan {
            id: Digest::of([extras; 32]),
            at: Time(0),
            source_objects: 10,
            to_copy: 2,
            to_copy_bytes: 20,
            to_delete,
            to_delete_bytes: to_delete,
            extras: Digest::of([extras; 32]),
            newest_extra: None,
        }
    }

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = Digest::of([0xa7; 32]);
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        for text in ["", "a7", &"A7".repeat(32), &"g7".repeat(32)] {
            assert_eq!(text.parse::<Digest>().unwrap_err().field, "plan");
        }
    }

    #[test]
    fn what_changed_is_said_in_figures_and_never_called_nothing() {
        assert_eq!(plan(3, 1).changes(&plan(5, 2)), "to delete 3 → 5, bytes to delete 3 → 5");
        assert_eq!(plan(3, 1).changes(&plan(3, 2)), "the same numbers, but different objects to delete");
        assert_eq!(plan(3, 1).changes(&plan(3, 1)), "the same numbers, but different objects to copy");
    }
}
