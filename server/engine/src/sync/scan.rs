//! Strategy `scan`: top down, a chunk of rows at a time, for a remote that can only count and list.
//!
//! The algorithm as its authors describe it, with what they found out later and some that they did not:
//!
//! ```text
//! as many rows below the position at both ends, but for those in quarantine
//!    at the top → count-verified; once a day a pass without early exit looks at every row
//!    further down → back to the top: what differs lies there
//! else the next chunk: local rows below the position → what the remote has between, down to the lowest of them, or to 0
//!    when none are left → repair → the position is where the chunk ends
//! ```
//!
//! Always: chunks lie side by side, from the top of all versions to 0, so nothing is between them. A count is called a
//! count; only a whole pass that found nothing is called more.

use serde::{Deserialize, Serialize};

use model::Evidence;

use super::cell::{Difference, Mark};
use super::checkpoint::Purpose;
use super::context::{Context, Misfit};
use super::exchange::{Answer, Order, Page, Question, Side, Sides};
use super::found::{Found, compare};
use super::look::Looking;
use super::ranges::in_step;
use super::repair::Repair;
use super::span::Span;
use super::verdict::Verdict;

/// How far a pass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The next chunk lies below this version.
    below: u64,
    /// Looks at every row, whatever the counts are.
    thorough: bool,
    /// Differences that this pass found.
    found: u64,
    /// Rows that it deleted.
    deleted: u64,
    /// When the next thorough pass is due, in Unix milliseconds.
    thorough_at: u64,
}

impl Default for Position {
    fn default() -> Self {
        Self { below: Span::END, thorough: false, found: 0, deleted: 0, thorough_at: 0 }
    }
}

impl Position {
    /// The version down to which a pass has come; `None` at the top.
    pub fn version(&self) -> Option<u64> {
        (self.below < Span::END).then_some(self.below)
    }

    fn back_to_the_top(&mut self) {
        *self = Self { thorough: self.thorough, thorough_at: self.thorough_at, ..Self::default() };
    }
}

#[derive(Clone, Debug)]
pub struct Scan {
    stage: Stage,
    /// Chunks that this evaluation still compares.
    turns: usize,
    /// Rows that the remote has more, by the last count.
    surplus: u64,
    ghosts: u64,
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
    /// Compared down to a version.
    Compared {
        from: u64,
        found: Found,
    },
    Done(Verdict),
}

impl Scan {
    pub fn new(context: &mut Context) -> Self {
        let verifying = context.options.purpose == Purpose::Verify;
        if verifying {
            context.checkpoint.scan = Position { thorough: true, ..Position::default() };
        }
        let turns = if verifying { usize::MAX } else { context.options.limits.turn };
        let stage = if context.checkpoint.scan.thorough { Stage::ListingLocally } else { Stage::Counting };
        Self { stage, turns, surplus: 0, ghosts: 0, missing: 0 }
    }

    pub fn next(&mut self, context: &mut Context) -> Looking {
        loop {
            let position = context.checkpoint.scan;
            let limit = context.options.limits.page;
            match &mut self.stage {
                Stage::Counting => {
                    let (below, local_below) = (position.below, context.below);
                    return Looking::Ask(Question::Counts { below, local_below });
                }
                Stage::ListingLocally => {
                    let span = Span { from: 0, until: position.below.min(context.below) };
                    if span.is_empty() {
                        self.stage = Stage::ListingRemotely { from: 0, local: Vec::new() };
                        continue;
                    }
                    let (side, order) = (Side::Local, Order::Descending);
                    return Looking::Ask(Question::Page { side, span, order, limit });
                }
                Stage::ListingRemotely { from, .. } => {
                    let span = Span { from: *from, until: position.below };
                    let (side, order) = (Side::Remote, Order::Descending);
                    return Looking::Ask(Question::Page { side, span, order, limit: limit.saturating_mul(4) });
                }
                Stage::Compared { from, found } if found.is_empty() || verifying(context) => {
                    let from = *from;
                    self.advance(context, from);
                }
                Stage::Compared { found, .. } => return Looking::Repair(std::mem::take(found)),
                Stage::Done(verdict) => return Looking::Done(verdict.clone()),
            }
        }
    }

    pub fn answer(&mut self, context: &mut Context, answer: Answer) -> Result<(), Misfit> {
        context.work.rounds += 1;
        match (std::mem::replace(&mut self.stage, Stage::Counting), answer) {
            (Stage::Counting, Answer::Counts(counts)) => self.counted(context, &counts),
            (Stage::ListingLocally, Answer::Page(Page { covers, marks })) => {
                self.stage = Stage::ListingRemotely { from: covers.from, local: marks };
            }
            (Stage::ListingRemotely { from, local }, Answer::Page(Page { covers, marks })) => {
                if covers.from < from || covers.from >= context.checkpoint.scan.below {
                    return Err(Misfit("a page of the span asked for"));
                }
                self.compare(context, covers.from, local, marks);
            }
            _ => return Err(Misfit("counts or a page")),
        }
        Ok(())
    }

    fn counted(&mut self, context: &mut Context, counts: &Sides<u64>) {
        let position = &mut context.checkpoint.scan;
        let known = context.checkpoint.quarantine.differences(context.below);
        let mut delta = counts.remote.cast_signed() - counts.local.cast_signed();
        for difference in known.iter().filter(|difference| difference.mark().version < position.below) {
            delta -= if matches!(difference, Difference::Ghost(_)) { 1 } else { -1 };
        }
        self.surplus = delta.max(0).unsigned_abs();
        self.stage = if delta != 0 {
            Stage::ListingLocally
        } else if position.below < Span::END {
            position.back_to_the_top();
            Stage::Counting
        } else if position.thorough_at <= context.now {
            position.thorough = true;
            Stage::ListingLocally
        } else {
            Stage::Done(in_step(context, Evidence::Count))
        };
    }

    fn compare(&mut self, context: &mut Context, from: u64, mut local: Vec<Mark>, remote: Vec<Mark>) {
        let position = &mut context.checkpoint.scan;
        let span = Span { from, until: position.below };
        local.retain(|mark| span.contains(mark.version));
        let mut known = context.checkpoint.quarantine.differences(context.below);
        known.retain(|difference| span.contains(difference.mark().version));
        let mut found = Found { all: true, ..Found::default() };
        for difference in compare(&Sides { local, remote }, &known) {
            found.push(difference);
        }
        found.beyond = position.deleted.max(self.surplus.saturating_sub(found.ghosts.len() as u64));
        if span.until == Span::END {
            context.sight.open.clear();
        }
        let until = if context.sight.looked.is_empty() { span.until } else { context.sight.looked.until };
        context.sight.looked = Span { from, until: until.min(context.below) };
        context.sight.open.extend(found.open());
        position.found += found.len() as u64;
        context.work.found += found.len() as u64;
        self.ghosts += found.ghosts.len() as u64;
        self.missing += found.missing.len() as u64;
        self.stage = Stage::Compared { from, found };
    }

    /// The chunk is dealt with.
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
        let proven = position.thorough && position.found == 0;
        if position.thorough {
            let every = context.options.limits.thorough_every;
            position.thorough = false;
            // A table that is written to all the time must not be scanned all the time.
            position.thorough_at = context.now.saturating_add(if proven { every } else { every / 24 });
        }
        position.back_to_the_top();
        if proven {
            in_step(context, Evidence::Scan)
        } else if verifying(context) {
            Verdict::Differs { ghosts: self.ghosts, missing: self.missing, all: true }
        } else {
            Verdict::Working(context.work)
        }
    }

    pub fn repaired(&mut self, context: &mut Context, repair: &Repair) {
        context.checkpoint.scan.deleted += repair.unasked;
        // Where deletes wait the position stays: with a yes the same chunk is compared again.
        if let (Stage::Compared { from, .. }, None) = (&self.stage, repair.waiting) {
            let from = *from;
            self.advance(context, from);
        }
    }
}

fn verifying(context: &Context) -> bool {
    context.options.purpose == Purpose::Verify
}
