//! What one run over one log object really did, in the shape the shipping functions have always logged.
//!
//! Always: `lines.encountered == lines.parsed + failures.parsing.total`. A run whose object broke off says so under
//! `failures.reading`; the records before the break are counted like any others. And where there is a sink,
//! `lines.parsed == lines.filtered + delivered + lines.duplicate + failures.sending.total`, where delivered is
//! `lines.acknowledged` if the sink acknowledges, `lines.sent` if it cannot.

use std::{collections::VecDeque, fmt};

use serde::{Deserialize, Serialize};

/// How many failures of a kind a summary keeps: enough to see what is wrong, few enough to stay readable.
pub const LAST_FEW: usize = 5;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    pub lines: Lines,
    pub connections: Connections,
    pub failures: Failures,
    pub bytes: Bytes,
    pub duration_ms: u64,
    /// Where the events went, without credentials: `tcp://logs.internal:5000`. `None`: nowhere, they were only parsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sink: Option<String>,
    /// Whether that sink says what it took. Without it "sent" means: written, and the connection closed cleanly.
    pub acknowledged: bool,
}

/// Counts of records. A record is usually one line; one whose quoted text holds line feeds is still one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lines {
    pub encountered: u64,
    pub parsed: u64,
    /// Parsed, and outside the window that was asked for.
    pub filtered: u64,
    /// Written to a connection, each event counted once however often it was sent again. For a sink that does not
    /// acknowledge: on a connection that both sides then closed cleanly.
    pub sent: u64,
    /// The sink said that it took them.
    pub acknowledged: u64,
    /// The sink said that it had them already.
    pub duplicate: u64,
    /// Characters U+FFFD written in place of bytes that were not UTF-8.
    pub replaced: u64,
}

impl Lines {
    pub fn absorb(&mut self, other: &Self) {
        self.encountered += other.encountered;
        self.parsed += other.parsed;
        self.filtered += other.filtered;
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.duplicate += other.duplicate;
        self.replaced += other.replaced;
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failures {
    /// Connections that could not be opened, or broke.
    pub sockets: Tally<SocketFailure>,
    pub parsing: Tally<ParsingFailure>,
    /// Events that were given up.
    pub sending: Tally<SendingFailure>,
    pub reading: Tally<ReadingFailure>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connections {
    pub created: u64,
    pub destroyed: u64,
}

/// A count of failures and the last five of them, newest last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally<T> {
    pub total: u64,
    #[serde(rename = "lastFew", default = "VecDeque::new")]
    pub last_few: VecDeque<T>,
}

/// One record that could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsingFailure {
    /// The line the record starts on, from 1.
    pub line: u64,
    /// Of the record's first byte in the uncompressed object.
    pub offset: u64,
    /// Which field, what it held, what would be right.
    pub reason: String,
    /// The beginning of the record; bytes that are not UTF-8 are U+FFFD.
    pub cut: String,
}

/// One event that was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingFailure {
    /// The line its record starts on, from 1.
    pub line: u64,
    /// Of the record's first byte in the uncompressed object.
    pub offset: u64,
    /// What the sink said, or how the connection ended.
    pub reason: String,
    /// The beginning of the event.
    pub cut: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketFailure {
    pub reason: String,
}

/// An object that could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingFailure {
    /// Of the object as it is stored: bytes read before the fault.
    pub byte: u64,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bytes {
    /// Of the object as it is stored: compressed, if it is.
    pub read: u64,
    /// The same once uncompressed.
    pub plain: u64,
    /// Of events.
    pub written: u64,
    /// On the wire to the sink: framed, perhaps compressed, some of it more than once.
    pub wire: u64,
}

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self { total: 0, last_few: VecDeque::new() }
    }
}

impl<T> Tally<T> {
    pub fn add(&mut self, failure: T) {
        self.total += 1;
        if self.last_few.len() == LAST_FEW {
            self.last_few.pop_front();
        }
        self.last_few.push_back(failure);
    }
}

impl<T> Tally<T> {
    /// Adds all of another's; its last few count as the newer ones.
    pub fn absorb(&mut self, other: Self) {
        let total = self.total + other.total;
        other.last_few.into_iter().for_each(|failure| self.add(failure));
        self.total = total;
    }
}

impl Summary {
    /// Adds another run's figures, of the same sink. Durations add up to the time that objects took, not to that which
    /// passed.
    pub fn absorb(&mut self, other: Self) {
        let Self { lines, connections, failures, bytes, duration_ms, sink, acknowledged } = other;
        self.lines.absorb(&lines);
        self.connections.created += connections.created;
        self.connections.destroyed += connections.destroyed;
        self.failures.sockets.absorb(failures.sockets);
        self.failures.parsing.absorb(failures.parsing);
        self.failures.sending.absorb(failures.sending);
        self.failures.reading.absorb(failures.reading);
        self.bytes.read += bytes.read;
        self.bytes.plain += bytes.plain;
        self.bytes.written += bytes.written;
        self.bytes.wire += bytes.wire;
        self.duration_ms += duration_ms;
        self.sink = sink.or(self.sink.take());
        self.acknowledged |= acknowledged;
    }

    /// True if every record was parsed, every event delivered, and the object read to its end. A connection that broke
    /// and was replaced is no failure by itself.
    pub fn clean(&self) -> bool {
        let Failures { sockets: _, parsing, sending, reading } = &self.failures;
        parsing.total == 0 && sending.total == 0 && reading.total == 0
    }

    /// Events of which it is known that they arrived, as far as the sink can say.
    pub fn delivered(&self) -> u64 {
        if self.acknowledged { self.lines.acknowledged + self.lines.duplicate } else { self.lines.sent }
    }
}

impl fmt::Display for ParsingFailure {
    /// On one line and safe on a terminal: what the record holds is escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, offset {}: {}: {}", self.line, self.offset, self.reason, self.cut.escape_debug())
    }
}

impl fmt::Display for ReadingFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.byte, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_all_and_keeps_the_last_five() {
        let mut tally = Tally::default();
        (1..=7).for_each(|failure| tally.add(failure));
        assert_eq!((tally.total, &tally.last_few), (7, &VecDeque::from([3, 4, 5, 6, 7])));
        tally.absorb(Tally { total: 9, last_few: VecDeque::from([8, 9]) });
        assert_eq!((tally.total, tally.last_few), (16, VecDeque::from([5, 6, 7, 8, 9])));
    }

    #[test]
    fn a_summary_reads_and_writes_the_names_the_functions_log() {
        let logged = r#"{"lines":{"encountered":76464,"parsed":76464,"sent":76464},
            "failures":{"parsing":{"total":0,"lastFew":[]},"sending":{"total":0,"lastFew":[]}}}"#;
        let summary: Summary = serde_json::from_str(logged).unwrap();
        assert_eq!((summary.lines.encountered, summary.lines.parsed, summary.clean()), (76_464, 76_464, true));
        assert_eq!(serde_json::to_value(&summary).unwrap()["failures"]["parsing"]["lastFew"], serde_json::json!([]));
    }

    #[test]
    fn what_a_record_holds_cannot_steer_the_terminal() {
        let failure = ParsingFailure { line: 2, offset: 9, reason: "elb: missing".into(), cut: "\u{1b}[2J\n".into() };
        assert_eq!(failure.to_string(), r"line 2, offset 9: elb: missing: \u{1b}[2J\n");
    }
}
