//! Errors of the store as a whole.

use std::{io, net::SocketAddr};

pub use crate::storage::StorageError;

#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The store accepts any credentials, so it must not be reachable from other machines.
    #[error("the embedded store listens on loopback only, and {0} is not: use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    #[error("cannot listen on {addr}: {source}")]
    Listen { addr: SocketAddr, source: io::Error },
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("there is no bucket {0:?}")]
    NoBucket(String),
    #[error("there is a bucket {0:?} already")]
    BucketExists(String),
    /// A bucket name has 3 to 63 lower-case letters, digits, dots and hyphens.
    #[error("{0:?} is not a valid bucket name: use 3 to 63 lower-case letters, digits, dots and hyphens")]
    BadBucketName(String),
    #[error("a key has 1 to 1,024 bytes; {0:?} does not")]
    BadKey(String),
}
