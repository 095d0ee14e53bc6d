//! The storage of buckets and objects, independent of HTTP and of S3's XML.
//!
//! A bucket is an ordered index in memory, backed by a journal of JSON lines; bodies are immutable blobs beside it.
//! On disk, below the store's folder:
//!
//! ```text
//! lock                  held while a process has the store open
//! catalogue.jsonl       which bucket name is which bucket id
//! buckets/UUID.jsonl    one journal per bucket: puts, deletes, uploads
//! blobs/AB/UUID         bodies: a large one each, or many small ones
//! ```
//!
//! Always: a body is completely written before a journal names it, and a journal line is completely written before
//! success is returned. A killed process therefore loses nothing acknowledged and shows nothing half done. (A power cut
//! may lose data: nothing is flushed to disk.) Names chosen by a client are never part of a path.

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
