//! Strategy `ranges`: a descent through cells, a repair, and a final comparison of the whole tables' cells.
//!
//! Always: the verdict "in sync" requires that the cells of both tables, read after the last change, differ by nothing
//! but quarantined rows and the old versions of rows rewritten above the compared versions. A table that is written to
//! all the time is therefore in sync below the version at which the evaluation began.

use model::Evidence;

use super::cell::{Delta, Difference};
use super::checkpoint::Purpose;
use super::context::{Context, UnexpectedAnswer};
use super::coverage::Coverage;
use super::descent::Descent;
use super::exchange::{Answer, Question};
use super::findings::SearchStep;
use super::repair::Repair;
use super::span::Span;
use super::verdict::Verdict;

#[derive(Clone, Debug)]
pub enum Ranges {
    Descending(Box<Descent>),
    Repairing,
    /// Comparing the whole again; only these stale rows may differ: their new versions lie above the compared ones.
    Confirming(Vec<Difference>),
    /// Done; true if no difference is left.
    Ended(bool),
}

impl Ranges {
    pub fn new(context: &Context) -> Self {
        Self::Descending(Box::new(Descent::new(context)))
    }

    pub fn next(&mut self, context: &mut Context) -> SearchStep {
        match self {
            Self::Descending(descent) => match descent.next(context) {
                Some(question) => SearchStep::Ask(question),
                None => self.descended(context),
            },
            Self::Ended(true) => SearchStep::Done(in_sync(context, Evidence::Cells)),
            Self::Ended(false) => SearchStep::Done(Verdict::Working(context.work)),
            Self::Repairing | Self::Confirming(_) => {
                SearchStep::Ask(Question::Cells { spans: vec![Span::ALL], split: false, local_below: context.below })
            }
        }
    }

    fn descended(&mut self, context: &mut Context) -> SearchStep {
        let Self::Descending(descent) = std::mem::replace(self, Self::Repairing) else { return self.next(context) };
        let found = descent.into_found();
        context.work.found += found.len() as u64;
        if found.is_empty() {
            *self = Self::Ended(found.all);
            self.next(context)
        } else if context.options.purpose == Purpose::Verify {
            let missing = found.missing.len() as u64 + found.rows_in_spans;
            SearchStep::Done(Verdict::Differs { stale: found.stale.len() as u64, missing, changed: 0, all: found.all })
        } else {
            SearchStep::Repair(found)
        }
    }

    pub fn answer(&mut self, context: &mut Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        context.work.rounds += 1;
        match (&mut *self, answer) {
            (Self::Descending(descent), answer) => {
                descent.answer(context, answer)?;
                context.coverage = descent.coverage(context);
                Ok(())
            }
            (Self::Confirming(rewritten), Answer::Cells(cells)) if cells.len() == 1 => {
                let mut delta = Delta::between(&cells[0].local, &cells[0].remote);
                for difference in context.checkpoint.quarantine.differences(context.below).iter().chain(&*rewritten) {
                    delta.settle(*difference);
                }
                if delta.is_zero() {
                    context.coverage.open.clear();
                }
                *self = Self::Ended(delta.is_zero());
                Ok(())
            }
            _ => Err(UnexpectedAnswer("expected the cell of the whole table")),
        }
    }

    /// Continues after a repair. A repair that changed nothing and found no rewritten rows needs no second comparison:
    /// its differences resolved themselves, as the next evaluation will find.
    pub fn repaired(&mut self, repair: &Repair) {
        let rewritten: Vec<_> = repair.rewritten().collect();
        let changed = repair.uploads.sent + repair.deleted + repair.kept > 0;
        *self = if changed || !rewritten.is_empty() { Self::Confirming(rewritten) } else { Self::Ended(false) };
    }
}

/// The verdict "in sync" if everything below the horizon was sent, otherwise "working".
pub fn in_sync(context: &mut Context, shown_by: Evidence) -> Verdict {
    context.coverage = Coverage { scanned: Span { from: 0, until: context.below }, open: Vec::new() };
    if context.below < context.meta.local.horizon {
        return Verdict::Working(context.work);
    }
    context.checkpoint.approved = 0;
    context.checkpoint.swallowed.clear();
    let (quarantined, held_back) = (context.checkpoint.quarantine.len(), context.meta.local.held_back.clone());
    Verdict::InSync { below: context.below, shown_by, quarantined, held_back }
}
