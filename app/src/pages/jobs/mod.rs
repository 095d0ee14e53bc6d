//! The list of jobs: filters in the URL, keyset pages, and actions on all that a filter finds.

mod filter;

pub use filter::{read_filter, write_filter};
