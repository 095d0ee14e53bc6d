//! The search for differences, by the configured strategy.

use super::checkpoint::{Purpose, Strategy};
use super::contents::Contents;
use super::context::{Context, UnexpectedAnswer};
use super::exchange::Answer;
use super::findings::SearchStep;
use super::ranges::Ranges;
use super::repair::Repair;
use super::scan::Scan;
use super::verdict::Verdict;

#[derive(Clone, Debug)]
pub enum Search {
    Ranges(Ranges),
    Scan(Scan),
    Contents(Contents),
}

impl Search {
    pub fn new(context: &mut Context) -> Self {
        match context.options.strategy {
            Strategy::Ranges => Self::Ranges(Ranges::new(context)),
            Strategy::Scan => Self::Scan(Scan::new(context)),
        }
    }

    /// The comparison of contents that follows this verdict on the versions, if one is wanted.
    pub fn after(context: &Context, verdict: &Verdict) -> Option<Self> {
        let wanted = match context.options.purpose {
            Purpose::Sync => context.checkpoint.contents.is_some() && matches!(verdict, Verdict::InSync { .. }),
            Purpose::Verify => context.options.contents,
        };
        wanted.then(|| Self::Contents(Contents::new(context, verdict.clone())))
    }

    pub fn next(&mut self, context: &mut Context) -> SearchStep {
        match self {
            Self::Ranges(ranges) => ranges.next(context),
            Self::Scan(scan) => scan.next(context),
            Self::Contents(contents) => contents.next(context),
        }
    }

    pub fn answer(&mut self, context: &mut Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        match self {
            Self::Ranges(ranges) => ranges.answer(context, answer),
            Self::Scan(scan) => scan.answer(context, answer),
            Self::Contents(contents) => contents.answer(context, answer),
        }
    }

    pub fn repaired(&mut self, context: &mut Context, repair: &Repair) {
        match self {
            Self::Ranges(ranges) => ranges.repaired(repair),
            Self::Scan(scan) => scan.repaired(context, repair),
            Self::Contents(contents) => contents.repaired(context, repair),
        }
    }
}
