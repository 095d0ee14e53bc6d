//! The counters of a summary. A counter that the shipper did not log is `None`: unknown, never zero.

use std::collections::VecDeque;

use model::{
    Bytes, Connections, Failures, LAST_FEW, Lines, ParsingFailure, ReadingFailure, SendingFailure, SocketFailure,
    Summary, Tally,
};
use serde_json::Value;

use super::mapping::{Mapping, Pointer};

/// Longest failure text kept, in characters.
const REASON: usize = 500;
/// Largest whole number that a float holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The counters of a summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub encountered: Option<u64>,
    pub parsed: Option<u64>,
    pub filtered: Option<u64>,
    pub sent: Option<u64>,
    /// `None` if the receiver does not acknowledge.
    pub acknowledged: Option<u64>,
    pub duplicate: Option<u64>,
    pub connections_created: Option<u64>,
    pub connections_destroyed: Option<u64>,
    pub parsing_failures: Option<u64>,
    pub sending_failures: Option<u64>,
    pub socket_failures: Option<u64>,
    pub reading_failures: Option<u64>,
}

impl Figures {
    /// Reads the counters; `None` if the JSON counts no lines at all, as it is not a summary then.
    pub fn read(json: &Value, mapping: &Mapping) -> Option<Self> {
        let count = |pointer: &Pointer| pointer.of(json).and_then(count);
        let total = |pointer: &Pointer| pointer.of(json).and_then(total);
        let sent = count(&mapping.sent);
        // Logyard's own summaries always have this counter and a flag that says whether the sink acknowledges. Without
        // the flag, a zero beside sent events is taken for "does not acknowledge", which claims less.
        let flag = json.get("acknowledged").and_then(Value::as_bool);
        let acknowledges = |acknowledged: &u64| flag.unwrap_or(*acknowledged > 0 || sent.is_none_or(|sent| sent == 0));
        let figures = Self {
            encountered: count(&mapping.encountered),
            parsed: count(&mapping.parsed),
            filtered: count(&mapping.filtered),
            sent,
            acknowledged: count(&mapping.acknowledged).filter(acknowledges),
            duplicate: count(&mapping.duplicate),
            connections_created: count(&mapping.connections_created),
            connections_destroyed: count(&mapping.connections_destroyed),
            parsing_failures: total(&mapping.parsing_failures),
            sending_failures: total(&mapping.sending_failures),
            socket_failures: total(&mapping.socket_failures),
            reading_failures: total(&mapping.reading_failures),
        };
        let lines = [figures.encountered, figures.parsed, figures.sent, figures.acknowledged];
        lines.iter().any(Option::is_some).then_some(figures)
    }

    /// The counters of a summary in Logyard's own shape, where every counter is known.
    pub fn of(summary: &Summary) -> Self {
        let Summary { lines, connections, failures, acknowledged, .. } = summary;
        Self {
            encountered: Some(lines.encountered),
            parsed: Some(lines.parsed),
            filtered: Some(lines.filtered),
            sent: Some(lines.sent),
            acknowledged: acknowledged.then_some(lines.acknowledged),
            duplicate: Some(lines.duplicate),
            connections_created: Some(connections.created),
            connections_destroyed: Some(connections.destroyed),
            parsing_failures: Some(failures.parsing.total),
            sending_failures: Some(failures.sending.total),
            socket_failures: Some(failures.sockets.total),
            reading_failures: Some(failures.reading.total),
        }
    }

    /// Lines read: as counted, else the sum of parsed and unparsed lines.
    pub fn read_lines(&self) -> Option<u64> {
        self.encountered.or_else(|| Some(self.parsed?.saturating_add(self.parsing_failures?)))
    }

    /// Events to send: parsed and not filtered.
    pub fn events(&self) -> Option<u64> {
        self.parsed.map(|parsed| parsed.saturating_sub(self.filtered.unwrap_or(0)))
    }

    /// Events acknowledged, or known to the receiver before; if it does not acknowledge, events sent.
    pub fn delivered(&self) -> Option<u64> {
        match self.acknowledged {
            Some(acknowledged) => Some(acknowledged.saturating_add(self.duplicate.unwrap_or(0))),
            None => self.sent,
        }
    }
}

/// The summary in Logyard's shape; `None` if the counters of read, parsed or sent lines are unknown.
pub(super) fn summary(json: &Value, figures: &Figures, mapping: &Mapping) -> Option<Summary> {
    let lines = Lines {
        encountered: figures.read_lines()?,
        parsed: figures.parsed?,
        filtered: figures.filtered.unwrap_or(0),
        sent: figures.sent.or(figures.acknowledged)?,
        acknowledged: figures.acknowledged.unwrap_or(0),
        duplicate: figures.duplicate.unwrap_or(0),
        replaced: json.pointer("/lines/replaced").and_then(count).unwrap_or(0),
        omitted: json.pointer("/lines/omitted").and_then(count).unwrap_or(0),
    };
    let failures = Failures {
        sockets: tally(json, &mapping.socket_failures, |failure| SocketFailure { reason: reason(failure) }),
        parsing: tally(json, &mapping.parsing_failures, |failure| ParsingFailure {
            line: number(failure, "line"),
            offset: number(failure, "offset"),
            reason: reason(failure),
            cut: text(failure, "cut"),
        }),
        quarantined: json.pointer("/failures/quarantined").and_then(count).unwrap_or(0),
        refused: json.pointer("/failures/refused").and_then(count).unwrap_or(0),
        sending: tally(json, &mapping.sending_failures, |failure| SendingFailure {
            line: number(failure, "line"),
            offset: number(failure, "offset"),
            reason: reason(failure),
            cut: text(failure, "cut"),
        }),
        reading: tally(json, &mapping.reading_failures, |failure| ReadingFailure {
            byte: number(failure, "byte"),
            reason: reason(failure),
        }),
    };
    let bytes = |name: &str| json.pointer("/bytes").map_or(0, |bytes| number(bytes, name));
    Some(Summary {
        lines,
        connections: Connections {
            created: figures.connections_created.unwrap_or(0),
            destroyed: figures.connections_destroyed.unwrap_or(0),
        },
        failures,
        bytes: Bytes { read: bytes("read"), plain: bytes("plain"), written: bytes("written"), wire: bytes("wire") },
        duration_ms: number(json, "duration_ms"),
        sink: json.get("sink").and_then(Value::as_str).map(cut),
        acknowledged: figures.acknowledged.is_some(),
    })
}

fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A count written as a float, such as `76464.0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, not negative and exact")]
fn whole(number: f64) -> Option<u64> {
    ((0.0..EXACT).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

fn total(value: &Value) -> Option<u64> {
    count(value).or_else(|| value.get("total").and_then(count))
}

fn tally<T>(json: &Value, pointer: &Pointer, read: impl Fn(&Value) -> T) -> Tally<T> {
    let Some(logged) = pointer.of(json) else { return Tally::default() };
    let few = logged.get("lastFew").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let few = &few[few.len().saturating_sub(LAST_FEW)..];
    Tally { total: total(logged).unwrap_or(0), last_few: few.iter().map(read).collect::<VecDeque<T>>() }
}

/// The text of a logged failure: a string, an object with a message, or any other JSON as it is.
fn reason(failure: &Value) -> String {
    let mut candidates = ["reason", "message", "errorMessage", "error", "code"].iter();
    let named = candidates.find_map(|name| failure.get(name)?.as_str());
    match failure.as_str().or(named) {
        Some(text) => cut(text),
        None => cut(&failure.to_string()),
    }
}

fn number(json: &Value, name: &str) -> u64 {
    json.get(name).and_then(count).unwrap_or(0)
}

fn text(json: &Value, name: &str) -> String {
    json.get(name).and_then(Value::as_str).map(cut).unwrap_or_default()
}

fn cut(text: &str) -> String {
    text.chars().take(REASON).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &Value) -> (Figures, Option<Summary>) {
        let figures = Figures::read(json, &Mapping::default()).unwrap();
        let summary = summary(json, &figures, &Mapping::default());
        (figures, summary)
    }

    #[test]
    fn missing_counter_is_unknown() {
        let (figures, summary) = read(&json!({"lines": {"encountered": 5, "parsed": 5}}));
        assert_eq!((figures.sent, figures.connections_created, summary), (None, None, None));
        let (figures, summary) =
            read(&json!({"lines": {"parsed": 5, "sent": 4}, "failures": {"parsing": {"total": 1}}}));
        assert_eq!(figures.read_lines(), Some(6));
        assert_eq!(summary.unwrap().lines.encountered, 6);
        assert_eq!(Figures::read(&json!({"lines": ["sent"], "parsed": 3}), &Mapping::default()), None);
    }

    #[test]
    fn last_five_failures_are_read_in_any_form() {
        let few = json!(["a", "b", {"message": "connect EMFILE"}, {"code": "ECONNRESET"}, {"x": 1}, "last"]);
        let (_, summary) = read(&json!({"lines": {"encountered": 9, "parsed": 9, "sent": 2},
            "failures": {"sockets": {"total": 7, "lastFew": few}}}));
        let sockets = summary.unwrap().failures.sockets;
        let reasons: Vec<&str> = sockets.last_few.iter().map(|failure| failure.reason.as_str()).collect();
        assert_eq!((sockets.total, reasons), (7, vec!["b", "connect EMFILE", "ECONNRESET", r#"{"x":1}"#, "last"]));
    }

    #[test]
    fn own_summary_survives_a_round_trip() {
        let mut own = Summary { acknowledged: true, sink: Some("tcp://logs:5000".into()), ..Summary::default() };
        own.lines = Lines {
            encountered: 8,
            parsed: 7,
            filtered: 1,
            sent: 6,
            acknowledged: 5,
            duplicate: 1,
            replaced: 2,
            omitted: 3,
        };
        own.failures.parsing.add(ParsingFailure {
            line: 3,
            offset: 90,
            reason: "elb: missing".into(),
            cut: "x".into(),
        });
        let (figures, summary) = read(&serde_json::to_value(&own).unwrap());
        assert_eq!((figures.delivered(), figures.events()), (Some(6), Some(6)));
        assert_eq!(summary.as_ref(), Some(&own));
        own.acknowledged = false;
        assert_eq!(read(&serde_json::to_value(&own).unwrap()).0.acknowledged, None);
    }

    #[test]
    fn counts_are_read_from_whole_numbers_only() {
        let counts = [json!(3), json!(3.0), json!("3"), json!(3.5), json!(-3), json!(true), json!(null), json!(1e300)];
        assert_eq!(counts.map(|value| count(&value)), [Some(3), Some(3), Some(3), None, None, None, None, None]);
    }
}
