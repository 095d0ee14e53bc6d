//! The wire between the two ends of a sync: what a client sends to a copy of a table, and what that answers.
//!
//! JSON over HTTP, so that any client can speak it; `openapi.json` of the server tells it to them. Both ends of ours are
//! made of these types, so they cannot differ.
//!
//! Always: what was parsed is right. Versions are at most `i64::MAX`, spans run upwards, a field that is not known is
//! an error, and each error names what would be right.

mod answers;
pub mod gzip;
pub mod limits;
mod numbers;
mod queries;
mod requests;
mod rows;
#[cfg(test)]
mod tests;

pub use self::{
    answers::{Counted, Deleted, Lists, Overview, PageAnswer, RefusedRow, Summaries, Taken},
    numbers::{Bound, MarkOnWire, SpanOnWire, Version},
    queries::{CountQuery, PageQuery},
    requests::{Deletion, ListRequest, SummariesRequest, Upload},
    rows::{BadRow, RowKey, RowOnWire},
};

/// Of an answer: rows that the server read for it, as far as it knows.
pub const ROWS_READ: &str = "logyard-rows-read";
