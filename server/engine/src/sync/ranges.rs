//! Strategy `ranges`: a descent through cells, a repair, and the cells of the whole once more.
//!
//! Always: "in step" needs the cells of both tables, asked for after the last change, to leave nothing but what is in
//! quarantine, and the old versions of rows that were rewritten above what is compared. So a table that is written to
//! all the time is in step below the version at which the evaluation began.

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
    /// Nothing but this may be left to differ: rows that were rewritten since, above what is compared.
    Confirming(Vec<Difference>),
    /// Whether nothing is left over.
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
            Self::Ended(true) => SearchStep::Done(in_step(context, Evidence::Cells)),
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
            SearchStep::Done(Verdict::Differs { stale: found.stale.len() as u64, missing, all: found.all })
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
            _ => Err(UnexpectedAnswer("the cell of the whole")),
        }
    }

    /// Goes on after a repair. One that changed nothing and left nothing that was rewritten since needs no second look:
    /// what it left mended itself, and the next evaluation will find it so.
    pub fn repaired(&mut self, repair: &Repair) {
        let rewritten: Vec<_> = repair.rewritten().collect();
        let changed = repair.uploads.sent + repair.deleted > 0;
        *self = if changed || !rewritten.is_empty() { Self::Confirming(rewritten) } else { Self::Ended(false) };
    }
}

/// In step, if everything that may be sent is sent.
pub fn in_step(context: &mut Context, shown_by: Evidence) -> Verdict {
    context.coverage = Coverage { scanned: Span { from: 0, until: context.below }, open: Vec::new() };
    if context.below < context.meta.local.horizon {
        return Verdict::Working(context.work);
    }
    context.checkpoint.approved = 0;
    Verdict::InSync { below: context.below, shown_by, quarantined: context.checkpoint.quarantine.len() }
}
