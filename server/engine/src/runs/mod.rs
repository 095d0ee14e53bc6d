//! Reads the runs of a shipper that is a Lambda function from its log.
//!
//! ```text
//! line     one event's text → a signal about a run, or none
//! stream   the signals of a log stream, in order → attempts at requests
//! reader   events in any order, late or repeated → invocations, each reported again when more is known
//! judge    evidence → outcome and the sentence that explains it; History: usual line counts by object size
//! mapping  JSON pointers to the counters in another shipper's summary
//! shape    many runs → what the runs with losses have in common
//! export   exported log files → events
//! ```
//! No I/O and no clock: the caller pushes events and passes the time.
//!
//! Always: the same events give the same runs, however they are split, ordered or repeated. No text causes a panic.
//! Memory is bounded: lines without a signal are dropped, lines and requests have limits, and old requests are
//! forgotten.

mod attempt;
mod event;
mod export;
mod figures;
mod invocation;
mod judge;
mod line;
mod mapping;
mod read;
mod reader;
mod shape;
mod stream;

pub use self::{
    export::{ExportError, read_export},
    figures::Figures,
    judge::{Ending, Evidence, History, judge},
    mapping::{Mapping, Pointer},
    read::Read,
    reader::{Options, Reader},
    shape::{FALSE_ALARMS, Sample, losses, prefix_of},
};
pub use crate::log_event::LogEvent;
