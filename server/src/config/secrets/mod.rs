//! Secrets of `[auth]`: how a password and a token are created, stored and compared.
//!
//! Always: configuration and database contain hashes only, so a copy of either gives no access.

pub mod password;
pub mod token;
