//! Tokens: 256 random bits, of which only the SHA-256 is kept.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Makes a token to hand out once, and the hex of its SHA-256 to keep. For sessions and for `[[auth.tokens]]`.
pub fn new_token() -> (String, String) {
    let token = hex(&rand::random::<[u8; 32]>());
    let kept = hex(&hash(&token));
    (token, kept)
}

/// SHA-256 needs neither salt nor slowness here: nobody guesses 256 random bits.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes any writing
        text
    })
}
