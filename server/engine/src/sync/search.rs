//! The search for differences, by the configured strategy.

use super::checkpoint::Strategy;
use super::context::{Context, UnexpectedAnswer};
use super::exchange::Answer;
use super::findings::SearchStep;
use super::ranges::Ranges;
use super::repair::Repair;
use super::scan::Scan;

#[derive(Clone, Debug)]
pub enum Search {
    Ranges(Ranges),
    Scan(Scan),
}

impl Search {
    pub fn new(context: &mut Context) -> Self {
        match context.options.strategy {
            Strategy::Ranges => Self::Ranges(Ranges::new(context)),
            Strategy::Scan => Self::Scan(Scan::new(context)),
        }
    }

    pub fn next(&mut self, context: &mut Context) -> SearchStep {
        match self {
            Self::Ranges(ranges) => ranges.next(context),
            Self::Scan(scan) => scan.next(context),
        }
    }

    pub fn answer(&mut self, context: &mut Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        match self {
            Self::Ranges(ranges) => ranges.answer(context, answer),
            Self::Scan(scan) => scan.answer(context, answer),
        }
    }

    pub fn repaired(&mut self, context: &mut Context, repair: &Repair) {
        match self {
            Self::Ranges(ranges) => ranges.repaired(repair),
            Self::Scan(scan) => scan.repaired(context, repair),
        }
    }
}
