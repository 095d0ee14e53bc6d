//! Spans as inclusive bounds in signed integers, as databases compare them.

use engine::sync::{Mark, Span};

/// Lowest and highest version of a span, which must not be empty.
pub fn bounds(span: Span) -> (i64, i64) {
    let last = span.until.min(Span::END).saturating_sub(1);
    (signed(span.from), signed(last))
}

/// A version as a signed integer, at most `i64::MAX`.
pub fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// The part of a span below a version.
pub fn below(span: Span, below: u64) -> Span {
    Span { from: span.from, until: span.until.min(below).min(Span::END) }
}

/// Merges spans into sorted spans that do not touch.
pub fn merged(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<_> = spans.into_iter().filter(|span| !span.is_empty()).collect();
    spans.sort_unstable_by_key(|span| span.from);
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.from <= last.until => last.until = last.until.max(span.until),
            _ => merged.push(span),
        }
    }
    merged
}

/// The part of the sorted `marks` that lies in a span.
pub fn within(marks: &[Mark], span: Span) -> &[Mark] {
    let at = |version| marks.partition_point(|mark| mark.version < version);
    &marks[at(span.from)..at(span.until).max(at(span.from))]
}
