//! API tokens in `Authorization: Bearer` headers.

use axum::http::HeaderValue;
use subtle::ConstantTimeEq;

use crate::config::{self, secrets::token::hash};

/// The name of the token in an `Authorization` header. Compares every configured token, also after a match.
pub(super) fn owner<'a>(known: &'a [config::Token], header: &HeaderValue) -> Option<&'a str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let sent = hex::encode(hash(token.trim()));
    let mut owner = None;
    for token in known {
        let same = token.sha256.to_ascii_lowercase().as_bytes().ct_eq(sent.as_bytes());
        if bool::from(same) {
            owner = Some(token.name.as_str());
        }
    }
    owner
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::secrets::token::new_token;

    #[test]
    fn token_is_recognised_by_its_hash() {
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
