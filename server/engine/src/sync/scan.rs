//! Strategy `scan`: compares chunks of rows from the highest version down, for a remote that can only count and list.
//!
//! ```text
//! equal counts below the position at both endpoints, without quarantined rows
//!    at the top → count-verified; once a day a thorough pass compares every row regardless of counts
//!    further down → back to the top: the differences lie above
//! else the next chunk: local rows below the position → remote rows down to the lowest of them, or down to 0 when no
//!    local rows are left → repair → the position moves to the end of the chunk
//! ```
//!
//! Always: chunks are adjacent, from the highest possible version down to 0, so no row lies between them. Equal counts
//! are reported as count-verified; only a complete pass without differences is reported as more.

use model::Evidence;

use super::cell::{Difference, Mark};
use super::checkpoint::Purpose;
use super::context::{Context, UnexpectedAnswer};
use super::exchange::{Answer, EndpointRole, Order, Page, PerEndpoint, Question};
use super::findings::{Findings, SearchStep, compare};
use super::ranges::in_sync;
use super::repair::Repair;
use super::scan_position::ScanPosition;
use super::span::Span;
use super::verdict::Verdict;

#[derive(Clone, Debug)]
pub struct Scan {
    stage: Stage,
    /// Chunks left for this evaluation to compare.
    turns: usize,
    /// Surplus of rows at the remote by the last count.
    surplus: u64,
    stale: u64,
    missing: u64,
}

#[derive(Clone, Debug)]
enum Stage {
    Counting,
    ListingLocally,
    ListingRemotely {
        from: u64,
        local: Vec<Mark>,
    },
    /// Compared down to version `from`.
    Compared {
        from: u64,
        found: Findings,
    },
    Done(Verdict),
}

impl Scan {
    pub fn new(context: &mut Context) -> Self {
        let verifying = context.options.purpose == Purpose::Verify;
        if verifying {
            context.checkpoint.scan = ScanPosition { thorough: true, ..ScanPosition::default() };
        }
        let turns = if verifying { usize::MAX } else { context.options.limits.turn };
        let stage = if context.checkpoint.scan.thorough { Stage::ListingLocally } else { Stage::Counting };
        Self { stage, turns, surplus: 0, stale: 0, missing: 0 }
    }

    pub fn next(&mut self, context: &mut Context) -> SearchStep {
        loop {
            let position = context.checkpoint.scan;
            let limit = context.options.limits.page;
            match &mut self.stage {
                Stage::Counting => {
                    let (below, local_below) = (position.below, context.below);
                    return SearchStep::Ask(Question::Counts { below, local_below });
                }
                Stage::ListingLocally => {
                    let span = Span { from: 0, until: position.below.min(context.below) };
                    if span.is_empty() {
                        self.stage = Stage::ListingRemotely { from: 0, local: Vec::new() };
                        continue;
                    }
                    let (endpoint, order) = (EndpointRole::Local, Order::Descending);
                    return SearchStep::Ask(Question::Page { endpoint, span, order, limit });
                }
                Stage::ListingRemotely { from, .. } => {
                    let span = Span { from: *from, until: position.below };
                    let (endpoint, order) = (EndpointRole::Remote, Order::Descending);
                    return SearchStep::Ask(Question::Page { endpoint, span, order, limit: limit.saturating_mul(4) });
                }
                Stage::Compared { from, found } if found.is_empty() || verifying(context) => {
                    let from = *from;
                    self.advance(context, from);
                }
                Stage::Compared { found, .. } => return SearchStep::Repair(std::mem::take(found)),
                Stage::Done(verdict) => return SearchStep::Done(verdict.clone()),
            }
        }
    }

    pub fn answer(&mut self, context: &mut Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        context.work.rounds += 1;
        match (std::mem::replace(&mut self.stage, Stage::Counting), answer) {
            (Stage::Counting, Answer::Counts(counts)) => self.counted(context, &counts),
            (Stage::ListingLocally, Answer::Page(Page { covers, marks })) => {
                self.stage = Stage::ListingRemotely { from: covers.from, local: marks };
            }
            (Stage::ListingRemotely { from, local }, Answer::Page(Page { covers, marks })) => {
                if covers.from < from || covers.from >= context.checkpoint.scan.below {
                    return Err(UnexpectedAnswer("expected a page of the requested span"));
                }
                self.compare(context, covers.from, local, marks);
            }
            _ => return Err(UnexpectedAnswer("expected counts or a page")),
        }
        Ok(())
    }

    fn counted(&mut self, context: &mut Context, counts: &PerEndpoint<u64>) {
        let position = &mut context.checkpoint.scan;
        let known = context.checkpoint.quarantine.differences(context.below);
        let mut delta = counts.remote.cast_signed() - counts.local.cast_signed();
        for difference in known.iter().filter(|difference| difference.mark().version < position.below) {
            delta -= if matches!(difference, Difference::Stale(_)) { 1 } else { -1 };
        }
        self.surplus = delta.max(0).unsigned_abs();
        self.stage = if delta != 0 {
            Stage::ListingLocally
        } else if position.below < Span::END {
            position.restart();
            Stage::Counting
        } else if position.thorough_at <= context.now {
            position.thorough = true;
            Stage::ListingLocally
        } else {
            Stage::Done(in_sync(context, Evidence::Count))
        };
    }

    fn compare(&mut self, context: &mut Context, from: u64, mut local: Vec<Mark>, remote: Vec<Mark>) {
        let position = &mut context.checkpoint.scan;
        let span = Span { from, until: position.below };
        local.retain(|mark| span.contains(mark.version));
        let mut known = context.checkpoint.quarantine.differences(context.below);
        known.retain(|difference| span.contains(difference.mark().version));
        let mut found = Findings { all: true, ..Findings::default() };
        for difference in compare(&PerEndpoint { local, remote }, &known) {
            found.push(difference);
        }
        found.further_stale = position.deleted.max(self.surplus.saturating_sub(found.stale.len() as u64));
        if span.until == Span::END {
            context.coverage.open.clear();
        }
        let until = if context.coverage.scanned.is_empty() { span.until } else { context.coverage.scanned.until };
        context.coverage.scanned = Span { from, until: until.min(context.below) };
        context.coverage.open.extend(found.open());
        position.found += found.len() as u64;
        context.work.found += found.len() as u64;
        self.stale += found.stale.len() as u64;
        self.missing += found.missing.len() as u64;
        self.stage = Stage::Compared { from, found };
    }

    /// Moves to the next chunk.
    fn advance(&mut self, context: &mut Context, from: u64) {
        self.turns = self.turns.saturating_sub(1);
        let position = &mut context.checkpoint.scan;
        position.below = from;
        self.stage = if from > 0 {
            if self.turns > 0 { Stage::ListingLocally } else { Stage::Done(Verdict::Working(context.work)) }
        } else {
            Stage::Done(self.at_the_bottom(context))
        };
    }

    fn at_the_bottom(&self, context: &mut Context) -> Verdict {
        let position = &mut context.checkpoint.scan;
        let clean = position.thorough && position.found == 0;
        if position.thorough {
            let every = context.options.limits.thorough_every;
            position.thorough = false;
            // A table that is written to all the time must not be scanned all the time.
            position.thorough_at = context.now.saturating_add(if clean { every } else { every / 24 });
        }
        position.restart();
        if clean {
            in_sync(context, Evidence::Scan)
        } else if verifying(context) {
            Verdict::Differs { stale: self.stale, missing: self.missing, changed: 0, all: true }
        } else {
            Verdict::Working(context.work)
        }
    }

    pub fn repaired(&mut self, context: &mut Context, repair: &Repair) {
        context.checkpoint.scan.deleted += repair.unapproved;
        // While deletes wait for approval the position stays; the same chunk is compared again afterwards.
        if let (Stage::Compared { from, .. }, None) = (&self.stage, repair.waiting) {
            let from = *from;
            self.advance(context, from);
        }
    }
}

fn verifying(context: &Context) -> bool {
    context.options.purpose == Purpose::Verify
}
