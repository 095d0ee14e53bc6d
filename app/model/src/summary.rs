//! Summary of one run over one log object, in the form that the shipping functions log.
//!
//! Always: `lines.encountered == lines.parsed + failures.parsing.total`. A truncated object is reported under
//! `failures.reading`; the records before that point count normally. With a sink,
//! `lines.parsed == lines.filtered + delivered + lines.duplicate + failures.sending.total`, where delivered is
//! `lines.acknowledged` if the sink acknowledges, `lines.sent` if it cannot.

use std::{collections::VecDeque, fmt};

use serde::{Deserialize, Serialize};

use crate::fidelity::is_default;

/// Failures of a kind listed in a summary.
pub const LAST_FEW: usize = 5;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    pub lines: Lines,
    pub connections: Connections,
    pub failures: Failures,
    pub bytes: Bytes,
    pub duration_ms: u64,
    /// Sink without credentials, such as `tcp://logs.internal:5000`; `None` if events were only parsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sink: Option<String>,
    /// Whether the sink acknowledges events. If not, "sent" means written with the connection closed in order.
    pub acknowledged: bool,
}

/// Counts of records. A record is usually one line; one with line feeds in quoted text is still one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lines {
    pub encountered: u64,
    pub parsed: u64,
    /// Parsed records outside the requested window.
    pub filtered: u64,
    /// Events written to a connection, each counted once despite retries. For a sink that does not
    /// acknowledge: on a connection that both endpoints then closed in order.
    pub sent: u64,
    /// Events acknowledged by the sink.
    pub acknowledged: u64,
    /// Events that the sink reported as duplicates.
    pub duplicate: u64,
    /// Characters U+FFFD written for bytes that were not UTF-8.
    pub replaced: u64,
    /// Optional fields left out of their events, because their text is not what the format has there.
    #[serde(skip_serializing_if = "is_default")]
    pub omitted: u64,
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
        self.omitted += other.omitted;
    }

    /// Takes back the counts of a run that another one replaces.
    pub fn forget(&mut self, other: &Self) {
        let Self { encountered, parsed, filtered, sent, acknowledged, duplicate, replaced, omitted } = self;
        for (count, earlier) in [
            (encountered, other.encountered),
            (parsed, other.parsed),
            (filtered, other.filtered),
            (sent, other.sent),
            (acknowledged, other.acknowledged),
            (duplicate, other.duplicate),
            (replaced, other.replaced),
            (omitted, other.omitted),
        ] {
            *count = count.saturating_sub(earlier);
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failures {
    /// Connections that failed to open, or broke.
    pub sockets: Tally<SocketFailure>,
    pub parsing: Tally<ParsingFailure>,
    /// Events that could not be delivered.
    pub sending: Tally<SendingFailure>,
    /// How many of the undelivered events the receiver refused for good and are kept as dead letters: sending their
    /// object again would bring nothing more of them.
    #[serde(skip_serializing_if = "is_default")]
    pub refused: u64,
    /// How many of the records that could not be parsed are kept whole as dead letters: a newer version can parse them
    /// again without their object.
    #[serde(skip_serializing_if = "is_default")]
    pub quarantined: u64,
    pub reading: Tally<ReadingFailure>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connections {
    pub created: u64,
    pub destroyed: u64,
}

/// A count of failures with the last five, newest last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally<T> {
    pub total: u64,
    #[serde(rename = "lastFew", default = "VecDeque::new")]
    pub last_few: VecDeque<T>,
}

/// One record that could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsingFailure {
    /// Line on which the record starts, from 1.
    pub line: u64,
    /// Offset of the record's first byte in the uncompressed object.
    pub offset: u64,
    /// Field, value and expected form.
    pub reason: String,
    /// Beginning of the record; bytes that are not UTF-8 are U+FFFD.
    pub cut: String,
}

/// One event that was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingFailure {
    /// Line on which its record starts, from 1.
    pub line: u64,
    /// Offset of the record's first byte in the uncompressed object.
    pub offset: u64,
    /// Error of the sink, or of the connection.
    pub reason: String,
    /// Beginning of the event.
    pub cut: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketFailure {
    pub reason: String,
}

/// An object that was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingFailure {
    /// Stored bytes read before the fault.
    pub byte: u64,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bytes {
    /// Stored bytes of the object, possibly compressed.
    pub read: u64,
    /// Uncompressed bytes of the object.
    pub plain: u64,
    /// Bytes of events.
    pub written: u64,
    /// Bytes sent to the sink: framed, possibly compressed, including retries.
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
    /// Adds the failures of another, whose last ones count as newer.
    pub fn absorb(&mut self, other: Self) {
        let total = self.total + other.total;
        other.last_few.into_iter().for_each(|failure| self.add(failure));
        self.total = total;
    }
}

impl Summary {
    /// Adds the figures of another run with the same sink. Durations add up to the time of all objects, not to the
    /// elapsed time.
    pub fn absorb(&mut self, other: Self) {
        let Self { lines, connections, failures, bytes, duration_ms, sink, acknowledged } = other;
        self.lines.absorb(&lines);
        self.connections.created += connections.created;
        self.connections.destroyed += connections.destroyed;
        self.failures.sockets.absorb(failures.sockets);
        self.failures.parsing.absorb(failures.parsing);
        self.failures.sending.absorb(failures.sending);
        self.failures.refused += failures.refused;
        self.failures.quarantined += failures.quarantined;
        self.failures.reading.absorb(failures.reading);
        self.bytes.read += bytes.read;
        self.bytes.plain += bytes.plain;
        self.bytes.written += bytes.written;
        self.bytes.wire += bytes.wire;
        self.duration_ms += duration_ms;
        self.sink = sink.or(self.sink.take());
        self.acknowledged |= acknowledged;
    }

    /// Whether every record was parsed, every event delivered and the object read to its end. A broken connection that
    /// was replaced is not a failure by itself.
    pub fn clean(&self) -> bool {
        let Failures { sockets: _, parsing, sending, refused: _, quarantined: _, reading } = &self.failures;
        parsing.total == 0 && sending.total == 0 && reading.total == 0
    }

    /// Whether sending the object again may deliver more of it: not if all that is missing are records that cannot be
    /// parsed and events that the receiver refused, which are dead letters.
    pub fn worth_repeating(&self) -> bool {
        let Failures { sending, refused, reading, .. } = &self.failures;
        sending.total > *refused || reading.total > 0
    }

    /// Whether the object is complete except for quarantined records: some of it was parsed, and all that is missing are
    /// records that cannot be parsed and that are kept whole.
    pub fn only_quarantined(&self) -> bool {
        let Failures { parsing, sending, quarantined, reading, .. } = &self.failures;
        let only = parsing.total > 0 && parsing.total == *quarantined && sending.total + reading.total == 0;
        only && self.lines.parsed > 0
    }

    /// Events that arrived, as far as the sink can tell.
    pub fn delivered(&self) -> u64 {
        if self.acknowledged { self.lines.acknowledged + self.lines.duplicate } else { self.lines.sent }
    }
}

impl fmt::Display for ParsingFailure {
    /// One line, safe on a terminal: the record's text is escaped.
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
    fn tally_counts_all_and_keeps_last_five() {
        let mut tally = Tally::default();
        (1..=7).for_each(|failure| tally.add(failure));
        assert_eq!((tally.total, &tally.last_few), (7, &VecDeque::from([3, 4, 5, 6, 7])));
        tally.absorb(Tally { total: 9, last_few: VecDeque::from([8, 9]) });
        assert_eq!((tally.total, tally.last_few), (16, VecDeque::from([5, 6, 7, 8, 9])));
    }

    #[test]
    fn refused_events_are_not_worth_repeating() {
        let with = |sending: u64, refused: u64, reading: u64| Summary {
            failures: Failures {
                sending: Tally { total: sending, ..Tally::default() },
                refused,
                reading: Tally { total: reading, ..Tally::default() },
                ..Failures::default()
            },
            ..Summary::default()
        };
        let judged = [with(0, 0, 0), with(3, 3, 0), with(3, 2, 0), with(3, 3, 1)].map(|it| it.worth_repeating());
        assert_eq!(judged, [false, false, true, true]);
    }

    #[test]
    fn object_is_complete_except_for_records_kept_whole() {
        let with = |parsed: u64, unparsed: u64, quarantined: u64, sending: u64| Summary {
            lines: Lines { encountered: parsed + unparsed, parsed, ..Lines::default() },
            failures: Failures {
                parsing: Tally { total: unparsed, ..Tally::default() },
                sending: Tally { total: sending, ..Tally::default() },
                quarantined,
                ..Failures::default()
            },
            ..Summary::default()
        };
        assert!(with(5, 2, 2, 0).only_quarantined());
        assert!(!with(5, 0, 0, 0).only_quarantined(), "nothing is missing");
        assert!(!with(5, 2, 1, 0).only_quarantined(), "one is kept nowhere");
        assert!(!with(5, 2, 2, 1).only_quarantined(), "an event did not arrive");
        assert!(!with(0, 2, 2, 0).only_quarantined(), "no record was parsed: another format");
    }

    #[test]
    fn summary_uses_field_names_of_functions() {
        let logged = r#"{"lines":{"encountered":76464,"parsed":76464,"sent":76464},
            "failures":{"parsing":{"total":0,"lastFew":[]},"sending":{"total":0,"lastFew":[]}}}"#;
        let summary: Summary = serde_json::from_str(logged).unwrap();
        assert_eq!((summary.lines.encountered, summary.lines.parsed, summary.clean()), (76_464, 76_464, true));
        assert_eq!(serde_json::to_value(&summary).unwrap()["failures"]["parsing"]["lastFew"], serde_json::json!([]));
    }

    #[test]
    fn record_text_cannot_control_the_terminal() {
        let failure = ParsingFailure { line: 2, offset: 9, reason: "elb: missing".into(), cut: "\u{1b}[2J\n".into() };
        assert_eq!(failure.to_string(), r"line 2, offset 9: elb: missing: \u{1b}[2J\n");
    }
}
