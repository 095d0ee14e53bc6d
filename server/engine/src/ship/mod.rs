//! The shipper's parsing half: an object of load-balancer logs in, events as JSON lines and a summary out.
//!
//! ```text
//! bytes → Inflater (gzip or as they are) → Records (lines joined where a quoted text holds line feeds)
//!       → Parser (one record by the table of its format) → an event in the caller's buffer; Summary
//! ```
//! `Events` is that chain without any I/O: bytes are pushed in, events pulled out. `Batches` drives it from a reader,
//! blocking or not.
//!
//! Always: encountered = parsed + failed. How the input is cut into chunks changes nothing. A record that is broken
//! takes no other with it. An event is one valid JSON object on one line. Memory is bounded by the record limit.

mod batches;
mod cursor;
mod error;
mod event;
mod events;
mod field;
mod format;
mod inflate;
mod json;
mod origin;
mod output;
mod parser;
mod records;
pub mod sink;
mod text;
mod timestamp;

pub use self::{
    batches::Batches,
    error::{Broken, Likely, RecordError},
    events::{Events, ParseOptions, RECORD_LIMIT, Step},
    format::{Choice, Format, Kind},
    inflate::Inflater,
    origin::Origin,
    output::Output,
    parser::{Parsed, Parser},
    records::{Ending, Record, Records},
};
