//! The embedded S3 store, for Logyard's demo and for tests.
//!
//! Real S3 over real HTTP, on loopback only: every legal key, listings with ETags, tags, metadata, storage classes,
//! multipart uploads, conditional requests. Encryption as clients see it. No versions, policies or ACLs.
//! [`Embedded::start`] runs it in this process; with a folder it survives a restart, and a kill at any moment (though
//! not a power cut).
//!
//! Always: it listens on loopback only and refuses requests that a web page could have sent, because it accepts any
//! credentials and none. Only signatures made with [`ACCESS_KEY`] are checked.
//!
//! - `handle`: starting, stopping, seeding, counting requests
//! - `direct`: writing and reading without HTTP, for tests and benchmarks
//! - `content`: complete objects without HTTP, with metadata, tags and parts
//! - `demo`: objects of the demo's buckets
//! - `http`: the listener and the layers in front of s3s
//! - `service`: the operations of S3
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

/// The known credentials. Others, and none, are accepted too, because the store listens on loopback only.
pub const ACCESS_KEY: &str = "logyard";
pub const SECRET_KEY: &str = "logyard-demo";
