//! Where buckets and objects live. Knows nothing of HTTP or of S3's XML.
//!
//! A bucket is an ordered index in memory, backed by a journal of JSON lines; bodies are immutable blobs beside it.
//! On disk, below the store's folder:
//!
//! ```text
//! lock                  held while a process has the store open
//! catalogue.jsonl       which bucket name is which bucket id
//! buckets/UUID.jsonl    one journal a bucket: what was put, deleted, begun
//! blobs/AB/UUID         bodies: a large one each, or many small ones
//! ```
//!
//! Always: a body is wholly written before a journal names it, and a journal line is wholly written before the caller
//! hears of success. So a process that is killed loses nothing that it had acknowledged, and shows nothing half done.
//! (Killed, not cut off from power: nothing is synced to the disk itself.) No name that a client chose is ever part of
//! a path.

mod blob;
mod blobs;
mod body;
mod bucket;
mod catalogue;
mod error;
mod journal;
mod key;
mod object;
mod page;
mod record;
mod time;
mod upload;

pub use blobs::Blobs;
pub use body::{Body, Segment};
pub use bucket::Bucket;
pub use catalogue::{RemoveError, Storage};
pub use error::StorageError;
pub use key::Key;
pub use object::{Attributes, Checksum, ETag, Encryption, Headers, Object};
pub use page::{Entry, Page, PageQuery, common_prefix};
pub use time::Millis;
pub use upload::{Part, Upload, UploadId};
