//! The plan of a mirror: the result of a preview, so that only objects are deleted that a user saw and confirmed.
//!
//! Always: equal listings and equal requests give the same plan on any machine. Any difference in the listings
//! gives another plan.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Invalid, Time};

/// A SHA-256 as 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// Changes that a mirror would make, by the listings of one preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Digest of the request and of all objects to copy or delete; identifies the plan.
    pub id: Digest,
    /// Time of the listings, by the local clock.
    pub at: Time,
    /// Selected objects of the source.
    pub source_objects: u64,
    pub to_copy: u64,
    pub to_copy_bytes: u64,
    pub to_delete: u64,
    pub to_delete_bytes: u64,
    /// Digest of the objects to delete: key, ETag and size of each, in key order.
    pub extras: Digest,
    /// Newest `LastModified` among the objects to delete, by the destination's clock. Objects written later were
    /// not in the preview. `None` if nothing would be deleted.
    pub newest_extra: Option<Time>,
}

impl Digest {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Encodes the bytes of a hash.
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
    /// Differences of another plan for the same request, figure by figure: `to delete 3 → 5`. If no
    /// figure differs, the plans concern other objects.
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
    fn digest_round_trips() {
        let digest = Digest::of([0xa7; 32]);
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        for text in ["", "a7", &"A7".repeat(32), &"g7".repeat(32)] {
            assert_eq!(text.parse::<Digest>().unwrap_err().field, "plan");
        }
    }

    #[test]
    fn plan_changes_are_listed_and_never_empty() {
        assert_eq!(plan(3, 1).changes(&plan(5, 2)), "to delete 3 → 5, bytes to delete 3 → 5");
        assert_eq!(plan(3, 1).changes(&plan(3, 2)), "the same numbers, but different objects to delete");
        assert_eq!(plan(3, 1).changes(&plan(3, 1)), "the same numbers, but different objects to copy");
    }
}
