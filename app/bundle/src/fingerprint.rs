//! SHA-256 over parts, written in hexadecimal: equal only for equal parts.

use std::fmt;

use sha2::{Digest, Sha256};

#[derive(Clone, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// The length goes in too, so that moving a byte from one part to the next is a change.
    pub fn with(mut self, part: &[u8]) -> Self {
        self.0.update(part.len().to_le_bytes());
        self.0.update(part);
        self
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.clone().finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_not_confused_with_their_sum() {
        let one = Fingerprint::default().with(b"ab").with(b"c").to_string();
        let other = Fingerprint::default().with(b"a").with(b"bc").to_string();
        assert_ne!(one, other);
        assert_eq!(one.len(), 64);
    }
}
