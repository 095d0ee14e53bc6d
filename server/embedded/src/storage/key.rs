//! Keys of objects.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

/// A key: 1 to 1,024 bytes of any UTF-8. Not a path: `a//b`, `/a` and `a/../b` are three keys.
///
/// Ordered by its bytes, as S3 lists; `Borrow<[u8]>` lets an index be searched by bounds that are not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(Box<str>);

impl Key {
    pub const LONGEST: usize = 1024;

    /// Creates a key; `None` if the text is empty or too long.
    pub fn new(key: &str) -> Option<Self> {
        (1..=Self::LONGEST).contains(&key.len()).then(|| Self(key.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
