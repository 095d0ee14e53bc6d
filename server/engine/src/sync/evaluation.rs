//! One evaluation of a table: from the metadata of both endpoints to a verdict.
//!
//! ```text
//! read the metadata of both endpoints → another database, an older state, columns that the copy lacks: stop
//! retry quarantined rows that are due, one by one → upload new rows, for a bounded turn
//! compare → repair → compare the whole again → compare contents, if versions prove nothing → verdict
//! ```
//!
//! A state machine without I/O and without a clock. It may be dropped at any point: another evaluation does the rest
//! from the checkpoint of that moment, or from an earlier one.
//!
//! Always: every evaluation both uploads and compares, so neither can starve the other.

use super::catch_up::CatchUp;
use super::checkpoint::{Checkpoint, Options, Purpose, Strategy};
use super::context::{Context, UnexpectedAnswer};
use super::coverage::Coverage;
use super::exchange::{Answer, Change, Meta, PerEndpoint, Question, Step, SyncFault};
use super::findings::SearchStep;
use super::identity;
use super::repair::Repair;
use super::search::Search;
use super::span::Span;
use super::uploads::Uploads;
use super::verdict::{Verdict, Work};

#[derive(Clone, Debug)]
pub struct Evaluation {
    context: Context,
    phase: Phase,
}

#[derive(Clone, Debug)]
enum Phase {
    ReadingMeta,
    /// Counting the rows of the copy above the newest local row, which lies below this version.
    CountingGone(u64),
    Retrying(Uploads),
    CatchingUp(CatchUp),
    Looking(Search),
    Repairing(Search, Box<Repair>),
    Done(Verdict),
}

/// What an evaluation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    ReadingMeta,
    /// Uploading rows written since the last evaluation.
    Uploading,
    /// Searching for differences and repairing them, or done with it.
    Reconciling,
}

/// Quarantined rows that one evaluation retries.
const RETRIES: usize = 10;

impl Evaluation {
    /// `now`: start of the evaluation in Unix milliseconds.
    pub fn new(options: Options, checkpoint: Checkpoint, now: u64) -> Self {
        let (meta, work) = (PerEndpoint::<Meta>::default(), Work::default());
        let coverage = Coverage::default();
        let context = Context { options, checkpoint, now, meta, below: 0, fresh: false, elapsed: 0, work, coverage };
        Self { context, phase: Phase::ReadingMeta }
    }

    /// The checkpoint at this moment.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.context.checkpoint
    }

    /// The checkpoint, if it should be stored: a verification leaves none.
    pub fn to_keep(&self) -> Option<&Checkpoint> {
        (self.context.options.purpose == Purpose::Sync).then_some(&self.context.checkpoint)
    }

    /// Metadata of both endpoints, once it was read.
    pub fn meta(&self) -> Option<&PerEndpoint<Meta>> {
        (self.context.meta != PerEndpoint::default()).then_some(&self.context.meta)
    }

    pub fn activity(&self) -> Activity {
        match &self.phase {
            Phase::ReadingMeta | Phase::CountingGone(_) => Activity::ReadingMeta,
            Phase::Retrying(_) | Phase::CatchingUp(_) => Activity::Uploading,
            Phase::Looking(_) | Phase::Repairing(..) | Phase::Done(_) => Activity::Reconciling,
        }
    }

    /// Version up to which rows are uploaded, or down to which a scan has compared.
    pub fn position(&self) -> Option<u64> {
        match (self.activity(), self.context.options.strategy) {
            (Activity::Uploading, _) => Some(self.context.checkpoint.settled),
            (Activity::Reconciling, Strategy::Scan) => self.context.checkpoint.scan.version(),
            (Activity::ReadingMeta, _) | (Activity::Reconciling, Strategy::Ranges) => None,
        }
    }

    /// Coverage of the key space so far; quarantined rows count as differing.
    pub fn coverage(&self) -> Coverage {
        let mut coverage = self.context.coverage.clone();
        let quarantined = self.context.checkpoint.quarantine.entries();
        coverage.open.extend(quarantined.map(|entry| Span::of_version(entry.mark.version)));
        coverage
    }

    /// Work done so far.
    pub fn work(&self) -> Work {
        let uploads = match &self.phase {
            Phase::Retrying(uploads) => uploads.sent,
            Phase::CatchingUp(catch_up) => catch_up.uploads.sent,
            Phase::Repairing(_, repair) => repair.uploads.sent,
            Phase::ReadingMeta | Phase::CountingGone(_) | Phase::Looking(_) | Phase::Done(_) => 0,
        };
        Work { uploaded: self.context.work.uploaded + uploads, ..self.context.work }
    }

    /// The next step; the same one until it is answered.
    pub fn step(&mut self) -> Step {
        let context = &mut self.context;
        loop {
            self.phase = match &mut self.phase {
                Phase::ReadingMeta => return Step::Ask(Question::Meta),
                Phase::CountingGone(below) => {
                    return Step::Ask(Question::Counts { below: *below, local_below: *below });
                }
                Phase::Retrying(uploads) => {
                    if let Some(change) = uploads.next(&context.checkpoint) {
                        return Step::Apply(change);
                    }
                    context.work.uploaded += uploads.sent;
                    // Once one of them is taken, the cause may be gone: the others need not wait.
                    match uploads.rest(&context.checkpoint) {
                        Some(all) => Phase::Retrying(all),
                        None => Phase::CatchingUp(CatchUp::new(context)),
                    }
                }
                Phase::CatchingUp(catch_up) => {
                    if let Some(step) = catch_up.next(context) {
                        return step;
                    }
                    context.work.uploaded += catch_up.uploads.sent;
                    context.below = context.meta.local.horizon.min(context.checkpoint.settled);
                    Phase::Looking(Search::new(context))
                }
                Phase::Looking(search) => match search.next(context) {
                    SearchStep::Ask(question) => return Step::Ask(question),
                    SearchStep::Repair(found) => {
                        Phase::Repairing(search.clone(), Box::new(Repair::new(context, found)))
                    }
                    SearchStep::Done(verdict) => match Search::after(context, &verdict) {
                        Some(contents) if !matches!(search, Search::Contents(_)) => Phase::Looking(contents),
                        _ => Phase::Done(verdict),
                    },
                },
                Phase::Repairing(search, repair) => {
                    if let Some(step) = repair.next(context) {
                        return step;
                    }
                    context.work.uploaded += repair.uploads.sent;
                    context.work.deleted += repair.deleted;
                    repair.remember(context);
                    search.repaired(context, repair);
                    match (repair.went_back.take(), repair.waiting) {
                        (Some(verdict), _) => Phase::Done(verdict),
                        (None, Some(mass)) => Phase::Done(Verdict::Waiting(mass)),
                        (None, None) => Phase::Looking(search.clone()),
                    }
                }
                Phase::Done(verdict) => return Step::Done(verdict.clone()),
            };
        }
    }

    /// Accepts the answer to the last step. `elapsed`: its duration in milliseconds.
    pub fn answer(&mut self, answer: Result<Answer, SyncFault>, elapsed: u64) {
        let outcome = match answer {
            Ok(answer) => self.take(answer, elapsed),
            Err(fault) => {
                self.fail(&fault);
                Ok(())
            }
        };
        if let Err(unexpected) = outcome {
            self.phase = Phase::Done(Verdict::Refused { error: unexpected.to_string() });
        }
    }

    fn take(&mut self, answer: Answer, elapsed: u64) -> Result<(), UnexpectedAnswer> {
        let context = &mut self.context;
        context.elapsed = elapsed;
        if let Answer::Uploaded { taken, refused } = answer {
            let uploads = self.phase.uploads().ok_or(UnexpectedAnswer("no upload was in flight"))?;
            uploads.answered(context, taken, refused, elapsed);
            self.bound_quarantine();
            return Ok(());
        }
        match &mut self.phase {
            Phase::ReadingMeta => {
                let Answer::Meta(meta) = answer else {
                    return Err(UnexpectedAnswer("expected the metadata of both tables"));
                };
                self.identify(*meta);
                Ok(())
            }
            Phase::CountingGone(_) => {
                let Answer::Counts(counts) = answer else { return Err(UnexpectedAnswer("expected counts")) };
                let gone = context.meta.remote.count.saturating_sub(counts.remote);
                match identity::gone(context, gone) {
                    Some(verdict) => self.phase = Phase::Done(verdict),
                    None => self.begin(),
                }
                Ok(())
            }
            Phase::CatchingUp(catch_up) => catch_up.answer(context, answer),
            Phase::Looking(search) => search.answer(context, answer),
            Phase::Repairing(_, repair) => repair.answer(context, answer),
            Phase::Retrying(_) | Phase::Done(_) => Err(UnexpectedAnswer("no question was open")),
        }
    }

    fn identify(&mut self, meta: PerEndpoint<Meta>) {
        let context = &mut self.context;
        context.meta = meta;
        if let Some(verdict) = identity::obstacle(context) {
            self.phase = Phase::Done(verdict);
        } else if let Some(below) = identity::went_back_to(context) {
            self.phase = Phase::CountingGone(below);
        } else {
            self.begin();
        }
    }

    fn begin(&mut self) {
        let context = &mut self.context;
        self.phase = if context.options.purpose == Purpose::Sync {
            let quarantine = &mut context.checkpoint.quarantine;
            quarantine.retry_deletes(context.now, context.options.limits.found);
            Phase::Retrying(Uploads::singly(quarantine.due(context.now, RETRIES)))
        } else if context.options.contents && !context.meta.remote.compares {
            let error = "the remote does not compare contents: a server of this version of Logyard does".to_owned();
            Phase::Done(Verdict::Refused { error })
        } else {
            context.below = context.meta.local.horizon;
            Phase::Looking(Search::new(context))
        };
    }

    /// More rows than fit into memory are no rows at fault, but a table at fault.
    fn bound_quarantine(&mut self) {
        let quarantine = &self.context.checkpoint.quarantine;
        if quarantine.len() > self.context.options.limits.quarantine {
            let first = quarantine.entries().next().map(|entry| entry.refusal.as_str()).unwrap_or_default();
            let error = format!("more than {} rows; the first: {first}", self.context.options.limits.quarantine);
            self.phase = Phase::Done(Verdict::Refused { error });
        }
    }

    fn fail(&mut self, fault: &SyncFault) {
        let step = self.step();
        if let (Phase::Repairing(_, repair), Step::Apply(Change::Delete { .. }), SyncFault::Refused(error)) =
            (&mut self.phase, &step, fault)
        {
            repair.not_deleted(&mut self.context, error);
            return;
        }
        let sending = matches!(step, Step::Apply(Change::Upload { .. }));
        let retrying = matches!(self.phase, Phase::Retrying(_));
        if let Some(uploads) = self.phase.uploads().filter(|_| sending) {
            uploads.failed(&mut self.context, fault);
            self.bound_quarantine();
            if retrying && !matches!(fault, SyncFault::Failed(_)) || matches!(fault, SyncFault::Refused(_)) {
                return;
            }
        }
        self.phase = Phase::Done(match fault {
            SyncFault::Unavailable(error) => Verdict::Unreachable { error: error.clone() },
            SyncFault::Refused(error) | SyncFault::Failed(error) => Verdict::Refused { error: error.clone() },
        });
    }
}

impl Phase {
    fn uploads(&mut self) -> Option<&mut Uploads> {
        match self {
            Self::Retrying(uploads) => Some(uploads),
            Self::CatchingUp(catch_up) => Some(&mut catch_up.uploads),
            Self::Repairing(_, repair) => Some(&mut repair.uploads),
            Self::ReadingMeta | Self::CountingGone(_) | Self::Looking(_) | Self::Done(_) => None,
        }
    }
}
