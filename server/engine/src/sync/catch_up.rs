//! Catching up: uploads rows written since the last evaluation, in the order of versions.
//!
//! Always: it stops after a bounded number of batches and leaves the turn to the comparison, so that deletes reach the
//! remote however fast rows are written. A copy that lacks much of the table gets all of it first, as far as it was
//! there when the evaluation began: comparing what is known to be missing would cost more than sending it.

use super::cell::Mark;
use super::context::{Context, UnexpectedAnswer};
use super::exchange::{Answer, EndpointRole, Order, Page, Question, Step};
use super::span::Span;
use super::uploads::Uploads;

/// Rows that the copy must lack at least, beside a tenth of the table, to be loaded without a comparison between.
const MANY: u64 = 10_000;

#[derive(Clone, Debug)]
pub struct CatchUp {
    pub uploads: Uploads,
    /// `settled` moves here once the queued uploads are done.
    reaching: u64,
    turns: usize,
}

impl CatchUp {
    pub fn new(context: &mut Context) -> Self {
        let settled = &mut context.checkpoint.settled;
        if context.fresh {
            // A copy from before: its rows are compared instead of sent. Those above the horizon were deleted locally,
            // and tell nothing about rows still to come.
            let above = context.meta.remote.extremes.map_or(0, |(_, highest)| highest.saturating_add(1));
            *settled = above.min(context.meta.local.horizon).max(*settled);
        }
        let (here, there) = (context.meta.local.count, context.meta.remote.count);
        let loading = here.saturating_sub(there) > (here / 10).max(MANY);
        let turns = if loading { usize::MAX } else { context.options.limits.turn };
        Self { uploads: Uploads::default(), reaching: *settled, turns }
    }

    pub fn next(&mut self, context: &mut Context) -> Option<Step> {
        if let Some(change) = self.uploads.next(&context.checkpoint) {
            return Some(Step::Apply(change));
        }
        context.checkpoint.settled = self.reaching;
        let span = Span { from: self.reaching, until: context.meta.local.horizon };
        (self.turns > 0 && !span.is_empty()).then(|| {
            let limit = context.checkpoint.batch.size();
            Step::Ask(Question::Page { endpoint: EndpointRole::Local, span, order: Order::Ascending, limit })
        })
    }

    pub fn answer(&mut self, context: &Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        let (covers, marks) = ascending(answer, self.reaching)?;
        self.uploads.push(&marks, &context.checkpoint);
        self.reaching = covers.until;
        self.turns = self.turns.saturating_sub(1);
        Ok(())
    }
}

/// The rows of an ascending page, checked to begin at `from` and to make progress.
pub fn ascending(answer: Answer, from: u64) -> Result<(Span, Vec<Mark>), UnexpectedAnswer> {
    match answer {
        Answer::Page(Page { covers, marks }) if covers.from == from && !covers.is_empty() => Ok((covers, marks)),
        _ => Err(UnexpectedAnswer("expected a page of rows in ascending order")),
    }
}
