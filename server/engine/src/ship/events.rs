//! From the bytes of one object to its events and its summary, without any I/O.
//!
//! Bytes are pushed in as they come, events are appended to the caller's buffer until it holds a batch, and the caller
//! empties it before going on: whoever is slow to take events slows the reading.
//!
//! With a window, an event outside it is counted as filtered and taken back off the buffer.

use model::{Lines, ParsingFailure, ReadingFailure, Summary, Window};

use super::{
    error::{Broken, cut},
    format::Choice,
    inflate::Inflater,
    origin::Origin,
    output::Output,
    parser::Parser,
    records::{Ending, Records},
};

/// Bytes of the longest record that is parsed, unless configured otherwise. Balancers cut user agents at 8 KiB; this
/// leaves room for whatever comes with them.
pub const RECORD_LIMIT: usize = 1024 * 1024;

/// Characters of a failed record that are kept.
const CUT: usize = 200;

/// The first bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

#[derive(Clone, Debug)]
pub struct ParseOptions {
    pub choice: Choice,
    /// Bytes over which a record is a counted failure.
    pub record_limit: usize,
    /// The file's name, if it is not an object of a bucket: a hint of its format.
    pub name: Option<String>,
    /// Only events of this stretch of time, by the records' own timestamps.
    pub window: Option<Window>,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { choice: Choice::Auto, record_limit: RECORD_LIMIT, name: None, window: None }
    }
}

/// Why events stopped coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The buffer holds a batch. Empty it and go on.
    Full,
    /// All bytes are used up. Push more, or finish.
    Hungry,
    /// Nothing more comes: the object is at its end, or broken.
    Over,
}

pub struct Events {
    inflater: Inflater,
    records: Records,
    parser: Parser,
    window: Option<Window>,
    summary: Summary,
}

impl Events {
    pub fn new(options: &ParseOptions, origin: Origin) -> Self {
        Self {
            inflater: Inflater::default(),
            records: Records::new(options.record_limit),
            parser: Parser::new(options.choice, origin, options.name.as_deref()),
            window: options.window,
            summary: Summary::default(),
        }
    }

    /// Takes from `bytes`, and appends events to `out`, one a line.
    pub fn push(&mut self, bytes: &mut &[u8], out: &mut impl Output) -> Step {
        loop {
            if let Some(step) = self.drain(out) {
                return step;
            }
            match self.inflater.inflate(bytes, self.records.space()) {
                Ok(0) if bytes.is_empty() => return Step::Hungry,
                Ok(written) => {
                    self.records.filled(written);
                    self.summary.bytes.plain += written as u64;
                }
                Err(broken) => self.break_off(&broken),
            }
        }
    }

    /// There are no more bytes: appends what is left. To be called until it is [`Step::Over`].
    pub fn finish(&mut self, out: &mut impl Output) -> Step {
        if !self.records.is_finished() {
            match self.inflater.finish() {
                Ok(()) => self.records.finish(Ending::Whole),
                Err(broken) => self.break_off(&broken),
            }
        }
        self.drain(out).unwrap_or(Step::Over)
    }

    /// The object cannot be read any further; `byte` of it, as stored, had been. What is left is still to be had by
    /// [`Self::finish`].
    pub fn give_up(&mut self, byte: u64, reason: String) {
        self.summary.failures.reading.add(ReadingFailure { byte, reason });
        self.records.finish(Ending::Broken);
    }

    /// How far it is: bytes read of the object as stored, and its records.
    pub fn standing(&self) -> (u64, Lines) {
        (self.inflater.read(), self.summary.lines)
    }

    /// What happened so far. Its duration is the caller's to fill in.
    pub fn summary(&self) -> Summary {
        let mut summary = self.summary.clone();
        summary.bytes.read = self.inflater.read();
        summary
    }

    /// Parses the records that are there. `None`: it takes more bytes to go on.
    fn drain(&mut self, out: &mut impl Output) -> Option<Step> {
        while let Some(record) = self.records.next() {
            if record.offset == 0 && record.bytes.starts_with(PARQUET) {
                self.records = Records::new(0);
                self.break_off(&Broken::Parquet);
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
                    buffer.push(b'\n');
                    self.summary.lines.replaced += parsed.replaced;
                    self.summary.bytes.written += (buffer.len() - start) as u64;
                    out.written(&record, &parsed);
                }
                Err(error) => {
                    let (line, offset) = (record.line, record.offset);
                    let cut = cut(record.bytes, CUT);
                    let failure = ParsingFailure { line, offset, reason: error.to_string(), cut };
                    out.failed(&failure);
                    self.summary.failures.parsing.add(failure);
                }
            }
            if out.is_full() {
                return Some(Step::Full);
            }
        }
        self.records.is_finished().then_some(Step::Over)
    }

    fn break_off(&mut self, broken: &Broken) {
        self.give_up(self.inflater.read(), broken.to_string());
    }
}
