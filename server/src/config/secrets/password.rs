//! The operator's password: argon2id, off the async threads, a few at a time.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// Verifications at once. Each takes 19 MiB and a core for about 30 ms, so more would let strangers slow the server.
const AT_ONCE: usize = 2;

#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct PasswordError(argon2::password_hash::Error);

/// The PHC string for `auth.password_hash`: argon2id with a salt of its own.
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(PasswordError)?;
    Ok(hash.to_string())
}

pub struct Verifier {
    hash: String,
    places: Semaphore,
}

impl Verifier {
    pub fn new(hash: String) -> Self {
        Self { hash, places: Semaphore::new(AT_ONCE) }
    }

    /// True for the right password, if `name_fits`. A wrong name takes as long as a wrong password, so the two cannot be
    /// distinguished.
    pub async fn fits(&self, password: String, name_fits: bool) -> bool {
        let Ok(_place) = self.places.acquire().await else { return false };
        let hash = self.hash.clone();
        let verified = tokio::task::spawn_blocking(move || match PasswordHash::new(&hash) {
            Ok(hash) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
            Err(error) => {
                tracing::error!(%error, "auth.password_hash is not a PHC string; nobody can sign in until it is set again");
                false
            }
        });
        verified.await.unwrap_or(false) & name_fits
    }
}

/// Compares in a time that does not depend on where the texts differ.
pub fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one.as_bytes()).ct_eq(&Sha256::digest(other.as_bytes())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_hashed_password_fits() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_ne!(hash, hash_password("correct horse").unwrap(), "each hash has its own salt");
        let verifier = Verifier::new(hash);
        assert!(verifier.fits("correct horse".to_owned(), true).await);
        assert!(!verifier.fits("correct horse".to_owned(), false).await);
        assert!(!verifier.fits("correct horses".to_owned(), true).await);
        assert!(!Verifier::new("plain".to_owned()).fits("plain".to_owned(), true).await);
    }
}
