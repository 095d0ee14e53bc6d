//! Signatures, so that a receiver can tell our requests from anybody's: HMAC-SHA256 over the time and the body.
//!
//! The receiver computes `HMAC(secret, "{t}.{body}")`, compares it with `v1` in constant time, and refuses a `t` that is
//! long ago, so that nobody can say again what was said once.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use model::Time;
use sha2::Sha256;

/// Known to both sides, and to no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(a secret)")
    }
}

/// `t=1770000000,v1=…`: seconds since 1970, and the signature in hex.
pub fn sign(secret: &Secret, at: Time, body: &[u8]) -> String {
    let seconds = at.0.div_euclid(1_000);
    // A key of any length will do: `new_from_slice` refuses none.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()) else { return format!("t={seconds}") };
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1770000000.{"a":1}' | openssl dgst -sha256 -hmac secret`
    #[test]
    fn a_signature_is_what_another_program_computes() {
        let signed = sign(&Secret::new("secret".into()), Time(1_770_000_000_250), br#"{"a":1}"#);
        assert_eq!(signed, "t=1770000000,v1=0bf9c34219c58d4ebe02fff1b357de19bbe1a1b8a10733aea9bb43b7a4dfed72");
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new("swordfish".into())), "(a secret)");
    }
}
