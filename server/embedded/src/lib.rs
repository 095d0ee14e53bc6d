//! The embedded S3 store: what Logyard's demo runs on, and what its tests clone from and to.
//!
//! Real S3 over real HTTP, on loopback only: every legal key, listings with ETags, tags, metadata, storage classes,
//! multipart uploads, conditional requests. Encryption as clients see it. No versions, policies
//! or ACLs. [`Embedded::start`] runs it in
//! this process; with a folder it survives a restart, and a kill at any moment (though not a power cut).
//!
//! It is open: any credentials work, and none. Only a request signed as [`ACCESS_KEY`] has its signature checked.
//! Therefore it refuses to listen anywhere but on loopback, and refuses what a web page could have sent.
//!
//! - `handle`: starting, stopping, seeding, counting requests
//! - `direct`: writing and reading without HTTP, for tests and benchmarks
//! - `content`: the same with all that an object carries
//! - `demo`: what the demo's buckets hold
//! - `http`: the listener and what stands in front of s3s
//! - `service`: S3's operations
//! - `storage`: buckets, journals, bodies

mod content;
mod demo;
mod direct;
mod error;
mod handle;
mod http;
mod service;
mod storage;

pub use content::Content;
pub use error::{EmbeddedError, StorageError};
pub use handle::{Config, Embedded};
pub use http::Pace;
pub use storage::Headers;

/// The known pair of credentials; others, and none, are accepted too, as it listens on loopback only.
pub const ACCESS_KEY: &str = "logyard";
pub const SECRET_KEY: &str = "logyard-demo";
