//! The wire protocol between a sync and a replica of a table.
//!
//! JSON over HTTP, described in the server's `openapi.json` for other clients. Client and server share these types, so
//! they cannot diverge.
//!
//! Always: a parsed message is valid. Versions are at most `i64::MAX`, spans are not empty, an unknown field of a
//! request is an error, and each error says what would be right.

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
    answers::{Contents, Counted, Deleted, Lists, Overview, PageAnswer, RefusedRow, Summaries, Taken},
    numbers::{Bound, MarkOnWire, SpanOnWire, Version},
    queries::{CountQuery, PageQuery},
    requests::{ContentsRequest, Deletion, ListRequest, SummariesRequest, Upload},
    rows::{BadRow, RowKey, RowOnWire},
};

/// Response header: number of rows that the server read for the answer, as far as it knows.
pub const ROWS_READ: &str = "logyard-rows-read";
