//! Reads the signal in one event's text. Most lines of a shipper carry none and are dropped at once.

mod application;
mod fragment;
mod object;
mod platform;
mod report;
mod system;

pub(super) use self::{
    fragment::{documents, stitched},
    object::{LogObject, named, named_in_json},
    report::Report,
};
use super::{Figures, mapping::Mapping};

/// Longest text kept of a line, in characters.
const EVIDENCE: usize = 1_000;
/// Longest summary or fragment of one, in bytes.
pub(super) const SUMMARY: usize = 64 * 1_024;
/// Most bytes of an event that are read; CloudWatch's limit is 1 MB.
const EVENT: usize = 1_100_000;

/// A line with a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The request it names; `None` if it belongs to the request of the previous line.
    pub(super) request: Option<Box<str>>,
    pub(super) signal: Signal,
    /// The beginning of the event.
    pub(super) text: Box<str>,
}

/// What a line shows about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The request started.
    Start,
    /// The request ended, successfully or not.
    End,
    Report(Report),
    /// The runtime's status at the end of the request.
    Done(Status),
    /// Lambda stopped it at its timeout; milliseconds it ran, if logged.
    TimedOut(Option<u64>),
    /// It ended without returning; the text says how.
    Crashed(Box<str>),
    OutOfMemory,
    SocketsExhausted,
    /// An error was logged; the run may have gone on.
    ErrorLogged,
    Object(LogObject),
    /// A complete summary as JSON.
    Summary(Box<str>),
    /// Part of JSON that continues in other events.
    Fragment(Box<str>),
    /// The following lines belong to this request.
    RequestMarker,
}

/// The status that the platform reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Success,
    /// The function returned an error.
    Error,
    /// It did not return.
    Failure,
    Timeout,
}

impl Status {
    fn read(text: &str) -> Option<Self> {
        match text {
            "success" => Some(Self::Success),
            "error" => Some(Self::Error),
            "failure" => Some(Self::Failure),
            "timeout" => Some(Self::Timeout),
            _ => None,
        }
    }
}

/// Reads one event; `None` if it carries no signal.
pub(super) fn read(text: &str, mapping: &Mapping) -> Option<Line> {
    let whole = head(text, EVENT);
    let trimmed = whole.trim();
    let json = if trimmed.starts_with('{') { system::read(trimmed, mapping) } else { None };
    let (request, signal) = json.or_else(|| platform::read(trimmed)).or_else(|| application::read(whole, mapping))?;
    let text = whole.trim_end().chars().take(EVIDENCE).collect::<String>();
    Some(Line { request: request.map(Into::into), signal, text: text.into() })
}

/// The signal of complete JSON: a summary, or an S3 event that names a log object.
fn recognised(json: &str, mapping: &Mapping) -> Option<Signal> {
    let value = serde_json::from_str(json).ok()?;
    if json.len() <= SUMMARY && Figures::read(&value, mapping).is_some() {
        return Some(Signal::Summary(json.into()));
    }
    named_in_json(&value).map(Signal::Object)
}

/// The first `bytes` bytes, cut at a character boundary.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
