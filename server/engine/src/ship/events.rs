//! Turns the bytes of one object into events and a summary, without any I/O.
//!
//! The caller pushes bytes as they arrive. Events are appended to the caller's buffer until it holds a batch, and the
//! caller empties it before pushing more: a slow consumer slows down reading.
//!
//! An event outside the window, or that the pipeline's conditions leave out, is counted as filtered and removed from the
//! buffer.

use std::sync::Arc;

use model::{Lines, ParsingFailure, ReadingFailure, Summary, Window};

use super::{
    error::{Broken, cut},
    format::Choice,
    inflate::Inflater,
    origin::Origin,
    output::Output,
    parser::Parser,
    records::{Ending, Records},
    transform::Transform,
};
use crate::log_object::Foreign;

/// Default limit of a record's length, in bytes. Balancers cut user agents at 8 KiB; this leaves ample room for the
/// other fields.
pub const RECORD_LIMIT: usize = 1024 * 1024;

/// Characters kept of a record that could not be parsed.
const CUT: usize = 200;

#[derive(Clone, Debug)]
pub struct ParseOptions {
    pub choice: Choice,
    /// Longest record in bytes; a longer one counts as a parsing failure.
    pub record_limit: usize,
    /// Name of a file that is not an object of a bucket, as a hint at its format.
    pub name: Option<String>,
    /// Keeps only events in this window, by the records' own timestamps.
    pub window: Option<Window>,
    /// Changes to events; those that it leaves out count as filtered.
    pub transform: Option<Arc<Transform>>,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { choice: Choice::Auto, record_limit: RECORD_LIMIT, name: None, window: None, transform: None }
    }
}

/// Why a call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The buffer holds a batch. Empty it and call again.
    Full,
    /// All bytes are consumed. Push more, or finish.
    NeedsInput,
    /// No more events follow: the object is at its end, or broken.
    Finished,
}

pub struct Events {
    inflater: Inflater,
    records: Records,
    parser: Parser,
    window: Option<Window>,
    transform: Option<Arc<Transform>>,
    summary: Summary,
    /// What the object is, if its first record says that it is not a load balancer's log.
    foreign: Option<Foreign>,
}

impl Events {
    pub fn new(options: &ParseOptions, origin: Origin) -> Self {
        Self {
            inflater: Inflater::default(),
            records: Records::new(options.record_limit),
            parser: Parser::new(options.choice, origin, options.name.as_deref()),
            window: options.window,
            transform: options.transform.clone(),
            summary: Summary::default(),
            foreign: None,
        }
    }

    /// Consumes `bytes` and appends events to `out`, one per line.
    pub fn push(&mut self, bytes: &mut &[u8], out: &mut impl Output) -> Step {
        loop {
            if let Some(step) = self.drain(out) {
                return step;
            }
            match self.inflater.inflate(bytes, self.records.space()) {
                Ok(0) if bytes.is_empty() => return Step::NeedsInput,
                Ok(written) => {
                    self.records.filled(written);
                    self.summary.bytes.plain += written as u64;
                }
                Err(broken) => self.break_off(&broken),
            }
        }
    }

    /// Appends the remaining events after the last byte. Call it until it returns [`Step::Finished`].
    pub fn finish(&mut self, out: &mut impl Output) -> Step {
        if !self.records.is_finished() {
            match self.inflater.finish() {
                Ok(()) => self.records.finish(Ending::Whole),
                Err(broken) => self.break_off(&broken),
            }
        }
        self.drain(out).unwrap_or(Step::Finished)
    }

    /// Records that the object could not be read beyond stored byte `byte`. [`Self::finish`] still returns the
    /// remaining events.
    pub fn give_up(&mut self, byte: u64, reason: String) {
        self.summary.failures.reading.add(ReadingFailure { byte, reason });
        self.records.finish(Ending::Broken);
    }

    /// Progress: stored bytes read, and records counted.
    pub fn position(&self) -> (u64, Lines) {
        (self.inflater.read(), self.summary.lines)
    }

    /// What the object is, if its content is positively not a load balancer's log. It then has no records.
    pub fn foreign(&self) -> Option<Foreign> {
        self.foreign
    }

    /// The summary so far; the caller fills in the duration.
    pub fn summary(&self) -> Summary {
        let mut summary = self.summary.clone();
        summary.bytes.read = self.inflater.read();
        summary
    }

    /// Parses the buffered records; `None` if more bytes are needed.
    fn drain(&mut self, out: &mut impl Output) -> Option<Step> {
        while let Some(record) = self.records.next() {
            if record.offset == 0
                && let Some(broken) = Broken::of_beginning(record.bytes)
            {
                self.records = Records::new(0);
                self.break_off(&broken);
                break;
            }
            self.summary.lines.encountered += 1;
            let buffer = out.buffer();
            let start = buffer.len();
            match self.parser.event(&record, buffer) {
                Ok(parsed) => {
                    self.summary.lines.parsed += 1;
                    if self.window.is_some_and(|window| !window.contains(parsed.time)) {
                        self.summary.lines.filtered += 1;
                        buffer.truncate(start);
                        continue;
                    }
                    if let Some(transform) = &self.transform
                        && !transform.apply(buffer, start, record.bytes, parsed.id.unwrap_or(record.offset.into()))
                    {
                        self.summary.lines.filtered += 1;
                        continue;
                    }
                    buffer.push(b'\n');
                    self.summary.lines.replaced += parsed.replaced;
                    self.summary.lines.omitted += parsed.omitted;
                    self.summary.bytes.written += (buffer.len() - start) as u64;
                    out.written(&record, &parsed);
                }
                Err(error) => {
                    if self.summary.lines.encountered == 1
                        && let Some(foreign) = Foreign::of_content(record.bytes)
                    {
                        self.foreign = Some(foreign);
                        self.summary.lines.encountered = 0;
                        self.records = Records::new(0);
                        self.records.finish(Ending::Whole);
                        break;
                    }
                    let (line, offset) = (record.line, record.offset);
                    let cut = cut(record.bytes, CUT);
                    let failure = ParsingFailure { line, offset, reason: error.to_string(), cut };
                    out.failed(&failure, record.fault.is_none().then_some(record.bytes));
                    self.summary.failures.parsing.add(failure);
                }
            }
            if out.is_full() {
                return Some(Step::Full);
            }
        }
        self.records.is_finished().then_some(Step::Finished)
    }

    fn break_off(&mut self, broken: &Broken) {
        self.give_up(self.inflater.read(), broken.to_string());
    }
}
