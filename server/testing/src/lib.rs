//! What the tests of several crates share. A development dependency only: nothing that ships uses it.
//!
//! - `eventually`: waits for a condition, and says what never came
//! - `process`: a child process that ends with the test
//! - `store`: an S3 store in memory, its buckets, and its request counts
//!
//! Databases to test with are in `db::testing`. A helper that only one crate needs stays in the tests of that crate.

mod eventually;
mod process;
mod store;

pub use eventually::{Answer, Span, Within, eventually, eventually_async, eventually_blocking, seen, within};
pub use process::ChildProcess;
pub use store::{TestBucket, TestStore};
