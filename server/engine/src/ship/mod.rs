//! The shipper: reads log objects of load balancers, sends their records as JSON events, and accounts for every record.
//!
//! ```text
//! plan          a place and a window → the objects that may hold records of it, listed day by day
//! object        one object: read (s3) → Events → ObjectSender → sink → its summary, outcome and failure
//! Events        bytes → Inflater (gzip or plain) → Records (lines joined where a quoted text has line feeds)
//!               → Parser (one record by the table of its format) → Draft of an event → the caller's buffer; Summary
//! transform     an event as a pipeline wants it: names, labels, conditions, redaction; Events applies it
//! template      the index template for those events, compared with a cluster's
//! tracker       settled objects → cursor, counts, failures, runs: progress and checkpoint from one place
//! queue         messages of a queue → the objects that they announce, for a follower
//! dead_letters  records not parsed and events given up, in a file; resend sends such a file
//! ```
//! `Events` does no I/O: bytes are pushed in, events pulled out. `Batches` feeds it from a reader, a reprocess from S3.
//!
//! Always: encountered = parsed + failed; parsed = filtered + delivered + given up. How the input is split into chunks
//! changes nothing. A broken record affects no other. An event is one valid JSON object on one line. An object is
//! settled once all its events are accounted for and its dead letters are on the disk. Memory is bounded by the record
//! limit and by the number of objects read at once.

mod batches;
mod block;
mod cursor;
mod dead_letters;
mod draft;
mod error;
mod event;
mod events;
mod field;
mod format;
mod inflate;
mod json;
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
pub mod template;
mod text;
mod timestamp;
mod tracker;
mod transform;

pub use self::{
    batches::Batches,
    dead_letters::{DeadLetter, DeadLetterReason},
    error::{Broken, Likely, RecordError},
    events::{Events, ParseOptions, RECORD_LIMIT, Step},
    format::Choice,
    inflate::Inflater,
    origin::Origin,
    output::Output,
    parser::{Parsed, Parser},
    plan::{Ledger, LedgerError, NothingDelivered, preview},
    records::{Ending, Record, Records},
    resend::{Standing, resend, resend_standing},
    run::{Options, Shipment, run},
    ship_error::ShipError,
    tracker::{Checkpoint, Confirmed, Ran, Taken, Totals, Tracker},
    transform::Transform,
};
pub use crate::log_object::{Foreign, Format, Kind, LogName};
