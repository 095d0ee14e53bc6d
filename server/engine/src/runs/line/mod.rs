//! One event's text → what it is a sign of, or nothing: most lines of a shipper say nothing about its run, and are
//! forgotten at once.

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

/// Of a line as evidence, in characters.
const EVIDENCE: usize = 1_000;
/// Of a summary, or of a piece of one, in bytes.
pub(super) const SUMMARY: usize = 64 * 1_024;
/// Of an event that is looked at: CloudWatch takes 1 MB.
const EVENT: usize = 1_100_000;

/// A line that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The request it names. Without one it belongs to the request of the line before.
    pub(super) request: Option<Box<str>>,
    pub(super) sign: Sign,
    /// The beginning of the event.
    pub(super) text: Box<str>,
}

/// What a line is a sign of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A request began.
    Start,
    /// It is over, however it went.
    End,
    Report(Report),
    /// How the runtime says that it went.
    Done(Status),
    /// Lambda ended it, after so many milliseconds.
    TimedOut(Option<u64>),
    /// It ended without returning: how.
    Crashed(Box<str>),
    OutOfMemory,
    SocketsExhausted,
    /// An error was logged, whatever became of it.
    Trouble,
    Object(LogObject),
    /// A summary, JSON, whole.
    Summary(Box<str>),
    /// Lines of JSON that goes on in other events.
    Piece(Box<str>),
    /// What follows belongs to this request.
    Heading,
}

/// As the platform words it.
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

/// Reads one event; `None`: it says nothing about a run.
pub(super) fn read(text: &str, mapping: &Mapping) -> Option<Line> {
    let whole = head(text, EVENT);
    let trimmed = whole.trim();
    let json = if trimmed.starts_with('{') { system::read(trimmed, mapping) } else { None };
    let (request, sign) = json.or_else(|| platform::read(trimmed)).or_else(|| application::read(whole, mapping))?;
    let text = whole.trim_end().chars().take(EVIDENCE).collect::<String>();
    Some(Line { request: request.map(Into::into), sign, text: text.into() })
}

/// Whether a whole JSON is a summary or tells of a log object.
fn recognised(json: &str, mapping: &Mapping) -> Option<Sign> {
    let value = serde_json::from_str(json).ok()?;
    if json.len() <= SUMMARY && Figures::read(&value, mapping).is_some() {
        return Some(Sign::Summary(json.into()));
    }
    named_in_json(&value).map(Sign::Object)
}

/// At most so many bytes from the beginning.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
