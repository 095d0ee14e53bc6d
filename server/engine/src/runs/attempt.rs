//! One attempt at a request, derived from its log lines.
//!
//! Lambda may run a request several times; each start begins an attempt.

use model::{LogLine, Time};
use serde_json::Value;

use super::{
    event::EventOrder,
    figures::Figures,
    line::{Line, LogObject, Report, SUMMARY, Signal, Status, documents, named, named_in_json, stitched},
    mapping::{Mapping, Pointer},
};

/// Most lines of evidence kept per attempt.
const EVIDENCE: usize = 20;
/// Most JSON fragments that are joined: the last ones, as a summary is logged at the end.
const PIECES: usize = 1_000;

/// All that is known of one attempt. Always: it follows from the attempt's lines alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Time of the start line, if there is one.
    pub(super) start: Option<Time>,
    pub(super) first: Time,
    pub(super) last: Time,
    pub(super) end: Option<Time>,
    pub(super) report: Option<(Time, Report)>,
    pub(super) done: Option<Status>,
    /// Lambda stopped it at its timeout.
    pub(super) timed_out: bool,
    /// How many milliseconds it ran before that, if the line says so.
    pub(super) timed_out_after_ms: Option<u64>,
    pub(super) crashed: Option<Box<str>>,
    pub(super) out_of_memory: bool,
    pub(super) sockets_exhausted: bool,
    pub(super) object: Option<LogObject>,
    pub(super) summary: Option<Box<str>>,
    pub(super) evidence: Vec<LogLine>,
}

impl Attempt {
    /// Derives the attempt from its lines, which are in order and at least one.
    pub(super) fn of(lines: &[(&EventOrder, &Line)], mapping: &Mapping) -> Self {
        let mut attempt = Self {
            first: lines.first().map_or(Time(0), |(order, _)| order.at),
            last: lines.last().map_or(Time(0), |(order, _)| order.at),
            ..Self::default()
        };
        for (order, line) in lines {
            attempt.take(order.at, line);
        }
        let summary_is_whole = attempt.summary.is_some();
        if !summary_is_whole || attempt.object.is_none() {
            attempt.stitch(lines, mapping);
        }
        if attempt.object.is_none() {
            attempt.object = attempt.summary.as_deref().and_then(|json| named_by_summary(json, mapping));
        }
        attempt.evidence = evidence(lines, summary_is_whole);
        attempt
    }

    fn take(&mut self, at: Time, line: &Line) {
        match &line.signal {
            Signal::Start => self.start = self.start.or(Some(at)),
            Signal::End => self.end = Some(at),
            Signal::Report(report) => self.report = Some((at, report.clone())),
            Signal::Done(status) => self.done = Some(*status),
            Signal::TimedOut(after) => {
                self.timed_out = true;
                self.timed_out_after_ms = after.or(self.timed_out_after_ms);
            }
            // The first crash line states the cause; the platform's own lines about it follow later.
            Signal::Crashed(how) => self.crashed = self.crashed.take().or_else(|| Some(how.clone())),
            Signal::OutOfMemory => self.out_of_memory = true,
            Signal::SocketsExhausted => self.sockets_exhausted = true,
            Signal::Object(object) => self.object = self.object.take().or_else(|| Some(object.clone())),
            Signal::Summary(json) => self.summary = Some(json.clone()),
            Signal::ErrorLogged | Signal::Fragment(_) | Signal::RequestMarker => {}
        }
    }

    /// Joins JSON that was logged over several events, and reads a summary or an object from it.
    fn stitch(&mut self, lines: &[(&EventOrder, &Line)], mapping: &Mapping) {
        let pieces = lines.iter().filter_map(|(_, line)| match &line.signal {
            Signal::Fragment(piece) => Some(piece.as_ref()),
            _ => None,
        });
        let mut bytes = 0;
        let mut last: Vec<&str> = pieces
            .rev()
            .take(PIECES)
            .take_while(|piece| {
                bytes += piece.len();
                bytes <= 2 * SUMMARY
            })
            .collect();
        last.reverse();
        let text = stitched(last.into_iter());
        let mut found = None;
        for json in documents(&text) {
            let Ok(value) = serde_json::from_str::<Value>(json) else { continue };
            if json.len() <= SUMMARY && Figures::read(&value, mapping).is_some() {
                found = Some(json.into());
            } else if self.object.is_none() {
                self.object = named_in_json(&value);
            }
        }
        self.summary = self.summary.take().or(found);
    }

    /// Whether the log shows that it ended.
    pub(super) fn ended(&self) -> bool {
        self.reported() || self.end.is_some()
    }

    /// Whether the log shows how it ended.
    pub(super) fn reported(&self) -> bool {
        let fatal = self.timed_out || self.crashed.is_some() || self.out_of_memory;
        self.report.is_some() || fatal || self.done.is_some()
    }

    /// Time of its start line; else computed from its report; else the time of its first line.
    pub(super) fn started_at(&self) -> Time {
        let reported = || {
            let (at, report) = self.report.as_ref()?;
            let duration = i64::try_from(report.duration_ms?).ok()?;
            Some(Time(at.0.saturating_sub(duration)).min(self.first))
        };
        self.start.or_else(reported).unwrap_or(self.first)
    }
}

fn named_by_summary(json: &str, mapping: &Mapping) -> Option<LogObject> {
    let json: Value = serde_json::from_str(json).ok()?;
    let text = |pointer: &Pointer| pointer.of(&json).and_then(Value::as_str);
    named(text(&mapping.bucket)?, text(&mapping.key)?)
}

/// The lines the outcome rests on, in order; the most conclusive ones if there are too many.
fn evidence(lines: &[(&EventOrder, &Line)], summary_is_whole: bool) -> Vec<LogLine> {
    let rank = |signal: &Signal| match signal {
        Signal::TimedOut(_) | Signal::Crashed(_) | Signal::OutOfMemory | Signal::Report(_) => Some(0),
        Signal::Summary(_) | Signal::Done(_) => Some(1),
        Signal::Object(_) | Signal::Start => Some(2),
        Signal::SocketsExhausted | Signal::ErrorLogged => Some(3),
        Signal::Fragment(_) if !summary_is_whole => Some(4),
        Signal::End | Signal::Fragment(_) | Signal::RequestMarker => None,
    };
    let mut ranked: Vec<(usize, u8)> =
        lines.iter().enumerate().filter_map(|(at, (_, line))| Some((at, rank(&line.signal)?))).collect();
    ranked.sort_by_key(|(at, rank)| (*rank, *at));
    ranked.truncate(EVIDENCE);
    ranked.sort_unstable();
    ranked.iter().map(|(at, _)| LogLine { at: lines[*at].0.at, text: lines[*at].1.text.to_string() }).collect()
}
