//! The descent: narrows the whole table down to the rows that differ, one request per level.
//!
//! ```text
//! cell of all → equal: done | one difference: named | else
//! loop: one request with all spans that differ → their pieces: 64 of each, or 8 where many differ
//!    equal → dropped | one difference → named | remote has none → all of it is missing
//!    few rows → listed at the end | else → split in the next round
//!    the residual (difference of the whole minus the findings) is zero → done
//! ```
//!
//! Always: the findings explain the whole difference only if the residual is zero. A table that changes meanwhile
//! leaves a residual, and the next evaluation continues from there. Spans, rows and findings in memory are bounded.

use super::cell::{Cell, Delta, Difference, Mark};
use super::checkpoint::Limits;
use super::context::{Context, UnexpectedAnswer};
use super::coverage::Coverage;
use super::exchange::{Answer, PerEndpoint, Question};
use super::findings::{Findings, compare};
use super::span::Span;

#[derive(Clone, Debug)]
pub struct Descent {
    /// Known differences, excluded from the search, in the order of versions.
    known: Vec<Difference>,
    residual: Option<Delta>,
    to_split: Vec<(Span, Delta)>,
    to_list: Vec<Listing>,
    found: Findings,
}

/// A span with few enough rows to list them.
#[derive(Clone, Copy, Debug)]
struct Listing {
    span: Span,
    rows: u64,
    delta: Delta,
}

impl Descent {
    pub fn new(context: &Context) -> Self {
        let known = context.checkpoint.quarantine.differences(context.below);
        Self { known, residual: None, to_split: Vec::new(), to_list: Vec::new(), found: Findings::default() }
    }

    /// The next question; `None` once everything is explained or enough was found.
    pub fn next(&self, context: &Context) -> Option<Question> {
        let limits = &context.options.limits;
        let local_below = context.below;
        match self.residual {
            None => Some(Question::Cells { spans: vec![Span::ALL], split: false, local_below }),
            Some(residual) if residual.is_zero() || self.found.len() >= limits.found => None,
            Some(_) if !self.to_split.is_empty() => {
                let spans = self.to_split[self.first_split(limits)..].iter().map(|(span, _)| *span);
                let split = self.to_split.len() <= limits.wide_splits;
                let spans = if split { spans.collect() } else { spans.flat_map(|span| span.eighths()).collect() };
                Some(Question::Cells { spans, split, local_below })
            }
            Some(_) if !self.to_list.is_empty() => {
                let first = self.first_listed(limits.rows);
                let spans = self.to_list[first..].iter().map(|listing| listing.span).collect();
                Some(Question::Lists { spans, local_below })
            }
            Some(_) => None,
        }
    }

    /// Index of the first span in the next split request, which takes spans from the end.
    fn first_split(&self, limits: &Limits) -> usize {
        self.to_split.len().saturating_sub(limits.splits)
    }

    /// Index of the first listing in the next request, which takes listings from the end, at least one.
    fn first_listed(&self, most: u64) -> usize {
        let mut rows = 0;
        let fitting = self.to_list.iter().rev().take_while(|listing| {
            rows += listing.rows;
            rows <= most
        });
        self.to_list.len() - fitting.count().max(1)
    }

    pub fn answer(&mut self, context: &Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        match (self.next(context), answer) {
            (Some(Question::Cells { spans, split, .. }), Answer::Cells(cells)) => {
                self.cells(context, &spans, split, &cells)
            }
            (Some(Question::Lists { spans, .. }), Answer::Lists(lists)) if lists.len() == spans.len() => {
                self.lists(&lists);
                Ok(())
            }
            _ => Err(UnexpectedAnswer("expected cells or rows of the spans")),
        }
    }

    fn cells(
        &mut self,
        context: &Context,
        requested: &[Span],
        split: bool,
        cells: &[PerEndpoint<Cell>],
    ) -> Result<(), UnexpectedAnswer> {
        let spans = if split { requested.iter().flat_map(Span::split).collect() } else { requested.to_vec() };
        if spans.len() != cells.len() {
            return Err(UnexpectedAnswer("expected one cell per span"));
        }
        if self.residual.is_some() {
            self.to_split.truncate(self.first_split(&context.options.limits));
            for (span, sides) in spans.into_iter().zip(cells) {
                self.classify(context, span, sides);
            }
        } else {
            let delta = self.unexplained(Span::ALL, Delta::between(&cells[0].local, &cells[0].remote));
            self.residual = Some(delta);
            self.classify(context, Span::ALL, &cells[0]);
            // The range of the rows is known, so the nine levels above it are skipped.
            for (span, _) in &mut self.to_split {
                *span = populated(context, &self.known);
            }
        }
        Ok(())
    }

    fn classify(&mut self, context: &Context, span: Span, sides: &PerEndpoint<Cell>) {
        let limits = &context.options.limits;
        let PerEndpoint { local, remote } = sides;
        let delta = self.unexplained(span, Delta::between(local, remote));
        let rows = local.count.max(remote.count);
        let few = if local.count == 0 { limits.list_stale } else { limits.list };
        if delta.is_zero() {
            return;
        }
        if let Some(difference) = delta.single() {
            self.settle(difference);
        } else if remote.count == 0 {
            self.found.spans.push(span);
            self.found.rows_in_spans += local.count;
            self.residual.get_or_insert_default().subtract(&delta);
        } else if rows <= few || span.width() == 1 {
            self.to_list.push(Listing { span, rows, delta });
        } else {
            self.to_split.push((span, delta));
        }
    }

    fn lists(&mut self, lists: &[PerEndpoint<Vec<Mark>>]) {
        let listed = self.to_list.split_off(self.to_list.len() - lists.len());
        for (listing, sides) in listed.into_iter().zip(lists) {
            for difference in compare(sides, self.known_in(listing.span)) {
                self.settle(difference);
            }
        }
    }

    fn settle(&mut self, difference: Difference) {
        self.residual.get_or_insert_default().settle(difference);
        self.found.push(difference);
    }

    /// The difference of a span without the known differences.
    fn unexplained(&self, span: Span, mut delta: Delta) -> Delta {
        for difference in self.known_in(span) {
            delta.settle(*difference);
        }
        delta
    }

    fn known_in(&self, span: Span) -> &[Difference] {
        let at = |version| self.known.partition_point(|difference| difference.mark().version < version);
        &self.known[at(span.from)..at(span.until)]
    }

    /// Whether the findings explain the whole difference.
    pub fn is_settled(&self) -> bool {
        self.residual.is_some_and(|residual| residual.is_zero())
    }

    /// Coverage so far.
    pub fn coverage(&self, context: &Context) -> Coverage {
        let split = self.to_split.iter().map(|(span, _)| *span);
        let listed = self.to_list.iter().map(|listing| listing.span);
        let open = split.chain(listed).chain(self.found.open()).collect();
        Coverage { scanned: Span { from: 0, until: context.below }, open }
    }

    /// The findings, with the minimum surplus of the spans that were not searched.
    pub fn into_found(mut self) -> Findings {
        let left = self.to_split.iter().map(|(_, delta)| delta).chain(self.to_list.iter().map(|left| &left.delta));
        self.found.further_stale = left.map(|delta| delta.count.max(0).unsigned_abs()).sum();
        self.found.all = self.is_settled();
        self.found
    }
}

/// The block that contains the rows of both endpoints and the known differences.
fn populated(context: &Context, known: &[Difference]) -> Span {
    let extremes = [context.meta.local.extremes, context.meta.remote.extremes];
    let bounds = extremes.iter().flatten().flat_map(|(low, high)| [*low, *high]);
    let versions: Vec<_> = bounds.chain(known.iter().map(|difference| difference.mark().version)).collect();
    match (versions.iter().min(), versions.iter().max()) {
        (Some(low), Some(high)) => Span::block_around(*low, *high),
        _ => Span::ALL,
    }
}
