//! One attempt at a request: what the lines from its start on come to.

use model::{LogLine, Time};
use serde_json::Value;

use super::{
    event::Order,
    figures::Figures,
    line::{Line, LogObject, Report, SUMMARY, Sign, Status, documents, named, named_in_json, stitched},
    mapping::{Mapping, Pointer},
};

/// Lines of evidence of an attempt.
const EVIDENCE: usize = 20;
/// Pieces that are stitched: the last so many, as a summary is logged at the end.
const PIECES: usize = 1_000;

/// Always: it follows from its lines alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Of the line that says so.
    pub(super) start: Option<Time>,
    pub(super) first: Time,
    pub(super) last: Time,
    pub(super) end: Option<Time>,
    pub(super) report: Option<(Time, Report)>,
    pub(super) done: Option<Status>,
    /// Lambda ended it.
    pub(super) timed_out: bool,
    /// After how many milliseconds, if the line says it.
    pub(super) timed_out_after_ms: Option<u64>,
    pub(super) crashed: Option<Box<str>>,
    pub(super) out_of_memory: bool,
    pub(super) sockets_exhausted: bool,
    pub(super) object: Option<LogObject>,
    pub(super) summary: Option<Box<str>>,
    pub(super) evidence: Vec<LogLine>,
}

impl Attempt {
    /// `lines` are in order, and at least one.
    pub(super) fn of(lines: &[(&Order, &Line)], mapping: &Mapping) -> Self {
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
        match &line.sign {
            Sign::Start => self.start = self.start.or(Some(at)),
            Sign::End => self.end = Some(at),
            Sign::Report(report) => self.report = Some((at, report.clone())),
            Sign::Done(status) => self.done = Some(*status),
            Sign::TimedOut(after) => {
                self.timed_out = true;
                self.timed_out_after_ms = after.or(self.timed_out_after_ms);
            }
            // The first one is the cause; what the platform says of it comes later.
            Sign::Crashed(how) => self.crashed = self.crashed.take().or_else(|| Some(how.clone())),
            Sign::OutOfMemory => self.out_of_memory = true,
            Sign::SocketsExhausted => self.sockets_exhausted = true,
            Sign::Object(object) => self.object = self.object.take().or_else(|| Some(object.clone())),
            Sign::Summary(json) => self.summary = Some(json.clone()),
            Sign::Trouble | Sign::Piece(_) | Sign::Heading => {}
        }
    }

    /// Puts pieces of JSON together.
    fn stitch(&mut self, lines: &[(&Order, &Line)], mapping: &Mapping) {
        let pieces = lines.iter().filter_map(|(_, line)| match &line.sign {
            Sign::Piece(piece) => Some(piece.as_ref()),
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

    /// Whether anything says that it is over.
    pub(super) fn ended(&self) -> bool {
        self.reported() || self.end.is_some()
    }

    /// Whether there is a last word on how it went.
    pub(super) fn reported(&self) -> bool {
        let fatal = self.timed_out || self.crashed.is_some() || self.out_of_memory;
        self.report.is_some() || fatal || self.done.is_some()
    }

    /// Its start as it was said; else as the report lets it be worked out; else its first line.
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

/// The lines that count, the surest first when there are too many; in order.
fn evidence(lines: &[(&Order, &Line)], summary_is_whole: bool) -> Vec<LogLine> {
    let rank = |sign: &Sign| match sign {
        Sign::TimedOut(_) | Sign::Crashed(_) | Sign::OutOfMemory | Sign::Report(_) => Some(0),
        Sign::Summary(_) | Sign::Done(_) => Some(1),
        Sign::Object(_) | Sign::Start => Some(2),
        Sign::SocketsExhausted | Sign::Trouble => Some(3),
        Sign::Piece(_) if !summary_is_whole => Some(4),
        Sign::End | Sign::Piece(_) | Sign::Heading => None,
    };
    let mut ranked: Vec<(usize, u8)> =
        lines.iter().enumerate().filter_map(|(at, (_, line))| Some((at, rank(&line.sign)?))).collect();
    ranked.sort_by_key(|(at, rank)| (*rank, *at));
    ranked.truncate(EVIDENCE);
    ranked.sort_unstable();
    ranked.iter().map(|(at, _)| LogLine { at: lines[*at].0.at, text: lines[*at].1.text.to_string() }).collect()
}
