//! Tokens: 256 random bits, of which only a hash is kept, so that a copy of the database or of the configuration opens
//! no door.

use std::fmt::Write;

use axum::http::HeaderValue;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config;

/// A token to hand out once, and the hex of its SHA-256 to keep. For sessions and for `[[auth.tokens]]`.
pub fn new_token() -> (String, String) {
    let token = hex(&rand::random::<[u8; 32]>());
    let kept = hex(&hash(&token));
    (token, kept)
}

/// SHA-256 needs no salt and no slowness here: nobody guesses 256 random bits.
pub(super) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whose token this `Authorization` header holds. Every known token is compared, whichever fits.
pub(super) fn owner<'a>(known: &'a [config::Token], header: &HeaderValue) -> Option<&'a str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let sent = hex(&hash(token.trim()));
    let mut owner = None;
    for token in known {
        let same = token.sha256.to_ascii_lowercase().as_bytes().ct_eq(sent.as_bytes());
        if bool::from(same) {
            owner = Some(token.name.as_str());
        }
    }
    owner
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes any writing
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_by_its_kept_hash_alone() {
        let (token, sha256) = new_token();
        let known = [config::Token { name: "ci".to_owned(), sha256: sha256.to_uppercase() }];
        let sends = |text: &str| owner(&known, &HeaderValue::from_str(text).unwrap());
        assert_eq!(sends(&format!("Bearer {token}")), Some("ci"));
        assert_eq!(sends(&format!("bearer  {token} ")), Some("ci"));
        assert_eq!(sends(&format!("Bearer {sha256}")), None);
        assert_eq!(sends(&format!("Basic {token}")), None);
        assert_eq!(sends(&token), None);
        assert_eq!(token.len(), 64);
        assert_ne!(new_token().0, token);
    }
}
