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
mod clock;
mod cursor;
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
    format::{Choice, Format, Kind},
    inflate::Inflater,
    letters::{Letter, LetterReason},
    origin::Origin,
    output::Output,
    parser::{Parsed, Parser},
    plan::{Ledger, LedgerError, LogName, NothingDelivered, preview},
    records::{Ending, Record, Records},
    resend::resend,
    run::{Options, Shipment, run},
    ship_error::ShipError,
    tracker::{Checkpoint, Confirmed, Ran, Taken, Totals, Tracker},
};
