//! Tokens: 256 random bits, of which only the SHA-256 is kept.

use sha2::{Digest, Sha256};

/// Creates a token, and the hex of its SHA-256 to store. For sessions and for `[[auth.tokens]]`.
pub fn new_token() -> (String, String) {
    let token = hex::encode(rand::random::<[u8; 32]>());
    let kept = hex::encode(hash(&token));
    (token, kept)
}

/// SHA-256 needs neither salt nor slowness here: 256 random bits cannot be guessed.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
