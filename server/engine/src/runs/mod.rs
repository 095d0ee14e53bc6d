//! Runs of a shipper that is a Lambda function, read from what it logs.
//!
//! ```text
//! line     one event's text → what it is a sign of, or nothing
//! stream   the signs of a log stream, in order → attempts at requests
//! reader   events in any order, early, late, repeated → invocations, each told again when more is known of it
//! judge    evidence → outcome, and the sentence that explains it; History: what runs of that size usually read
//! mapping  where the counters lie in another shipper's summary
//! shape    many runs → what those that lost have in common
//! export   files of logs that somebody exported → events
//! ```
//! No I/O and no clock: events are pushed, the time is told.
//!
//! Always: which runs come of a set of events does not depend on how it is cut, in which order it comes, or how often
//! an event is repeated. No text makes it panic. Memory is bounded: lines that say nothing about a run are not kept, a
//! request's lines and the requests themselves have limits, and what is long over is forgotten.

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
