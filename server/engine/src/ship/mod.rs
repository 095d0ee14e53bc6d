//! The shipper: log objects of load balancers in, events as JSON lines out, and an account of every record.
//!
//! ```text
//! plan     a place and a window → the objects that can hold it, listed day by day
//! object   one of them: read (s3) → Events → Parcel → sink → its summary, outcome and failure
//! Events   bytes → Inflater (gzip or as they are) → Records (lines joined where a quoted text holds line feeds)
//!          → Parser (one record by the table of its format, a Block at a time) → Draft of an event, kept if it is
//!          whole, in the caller's buffer; Summary
//! tracker  settled objects → cursor, counts, failures, runs: progress and checkpoint from one place
//! queue    messages of a queue → the objects that they tell of, for whoever follows a place
//! letters  what could not be parsed or delivered, in a file; resend sends such a file
//! ```
//! `Events` works without any I/O: bytes are pushed in, events pulled out. `Batches` drives it from a reader, blocking
//! or not; a reprocess drives it from S3.
//!
//! Always: encountered = parsed + failed; parsed = filtered + delivered + given up. How the input is cut into chunks
//! changes nothing. A record that is broken takes no other with it. An event is one valid JSON object on one line. An
//! object is settled once all its events are accounted for and its dead letters are on the disk. Memory is bounded by
//! the record limit and by how many objects are read at once.

mod batches;
mod block;
mod cursor;
mod draft;
mod error;
mod event;
mod events;
mod field;
mod format;
mod inflate;
mod json;
mod letters;
mod object;
mod origin;
mod outcome;
mod output;
mod parser;
mod plan;
pub mod queue;
mod records;
mod resend;
mod run;
mod ship_error;
pub mod sink;
mod text;
mod timestamp;
mod tracker;

pub use self::{
    batches::Batches,
    error::{Broken, Likely, RecordError},
    events::{Events, ParseOptions, RECORD_LIMIT, Step},
    format::Choice,
    inflate::Inflater,
    letters::{Letter, LetterReason},
    origin::Origin,
    output::Output,
    parser::{Parsed, Parser},
    plan::{Ledger, LedgerError, NothingDelivered, preview},
    records::{Ending, Record, Records},
    resend::resend,
    run::{Options, Shipment, run},
    ship_error::ShipError,
    tracker::{Checkpoint, Confirmed, Ran, Taken, Totals, Tracker},
};
pub use crate::log_object::{Format, Kind, LogName};
