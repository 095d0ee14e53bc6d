//! Secrets of `[auth]`: how a password and a token are made, kept and compared.
//!
//! Always: the configuration and the database hold hashes only, so that a copy of either opens nothing.

pub mod password;
pub mod token;
