//! Mends what comparing found: sends what is missing, and deletes what is too many.
//!
//! A row at the remote that has no equal here is not thereby deleted here: it may have been written since, and its new
//! version be on its way. So each ghost is held against the local row of the same key before anything is deleted.
//!
//! Always: rows are sent before others are deleted. What is deleted was asked about in the same evaluation, is deleted
//! only at the very version, and, if it is much, only with a yes.

use model::MassDelete;

use super::catch_up::ascending;
use super::cell::{Difference, Mark};
use super::context::{Context, UnexpectedAnswer};
use super::exchange::{Answer, Change, EndpointRole, Order, Question, Step};
use super::findings::Findings;
use super::span::Span;
use super::uploads::Uploads;

#[derive(Clone, Debug)]
pub struct Repair {
    /// Ghosts of which it is not known yet what the local side has.
    doubtful: Vec<Mark>,
    doomed: Vec<Mark>,
    /// Ghosts of rows that were rewritten since: the new version lies above what is compared, and is on its way.
    rewritten: Vec<Mark>,
    /// Rows to delete beside these.
    beyond: u64,
    all: bool,
    judged: bool,
    pub uploads: Uploads,
    spans: Vec<Span>,
    /// Pages of those spans that this evaluation still sends.
    turns: usize,
    /// What has to wait.
    pub waiting: Option<MassDelete>,
    pub deleted: u64,
    /// Of these, the rows for which nobody had to say yes.
    pub unasked: u64,
}

impl Repair {
    pub fn new(context: &mut Context, found: Findings) -> Self {
        let quarantine = &mut context.checkpoint.quarantine;
        let Findings { mut stale, mut missing, spans, beyond, all, .. } = found;
        stale.retain(|mark| !quarantine.resolve(Difference::Stale(*mark)));
        missing.retain(|mark| !quarantine.resolve(Difference::Missing(*mark)));
        let mut uploads = Uploads::default();
        uploads.push(&missing, &context.checkpoint);
        let turns = context.options.limits.turn;
        Self {
            doubtful: stale,
            doomed: Vec::new(),
            rewritten: Vec::new(),
            beyond,
            all,
            judged: false,
            uploads,
            spans,
            turns,
            waiting: None,
            deleted: 0,
            unasked: 0,
        }
    }

    pub fn next(&mut self, context: &Context) -> Option<Step> {
        let page = context.options.limits.page;
        if !self.doubtful.is_empty() {
            let keys = self.doubtful.iter().take(page).map(|mark| mark.key).collect();
            return Some(Step::Ask(Question::Versions { keys }));
        }
        if !self.judged {
            self.judge(context);
        }
        if let Some(change) = self.uploads.next(&context.checkpoint) {
            return Some(Step::Apply(change));
        }
        if let Some(span) = self.spans.last().filter(|_| self.turns > 0) {
            let span = Span { from: span.from, until: span.until.min(context.below) };
            let limit = context.checkpoint.batch.size();
            return Some(Step::Ask(Question::Page {
                endpoint: EndpointRole::Local,
                span,
                order: Order::Ascending,
                limit,
            }));
        }
        let marks: Vec<_> = self.doomed.iter().take(page).copied().collect();
        (!marks.is_empty()).then_some(Step::Apply(Change::Delete { marks }))
    }

    /// With every ghost looked at: lets the deletes pass, or drops them.
    fn judge(&mut self, context: &Context) {
        self.judged = true;
        self.uploads.tidy();
        if self.doomed.is_empty() {
            return;
        }
        let rows = self.doomed.len() as u64 + self.beyond;
        let remote_rows = context.meta.remote.count;
        self.waiting =
            context.options.guard.requires_approval(rows, self.all, remote_rows, context.checkpoint.approved);
        if self.waiting.is_some() {
            self.doomed.clear();
        }
    }

    /// What is left to differ once all of this is done.
    pub fn rewritten(&self) -> impl Iterator<Item = Difference> {
        self.rewritten.iter().map(|ghost| Difference::Stale(*ghost))
    }

    pub fn answer(&mut self, context: &mut Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        match answer {
            Answer::Versions(versions) => self.held(context, &versions),
            Answer::Page(_) => {
                let span = self.spans.pop().ok_or(UnexpectedAnswer("no page was asked for"))?;
                let (covers, marks) = ascending(answer, span.from)?;
                self.uploads.push(&marks, &context.checkpoint);
                self.turns = self.turns.saturating_sub(1);
                let rest = Span { from: covers.until, until: span.until.min(context.below) };
                self.spans.extend(Some(rest).filter(|rest| !rest.is_empty()));
                Ok(())
            }
            Answer::Deleted => {
                let rows = self.doomed.len().min(context.options.limits.page);
                self.doomed.drain(..rows);
                self.deleted += rows as u64;
                let approved = &mut context.checkpoint.approved;
                self.unasked += (rows as u64).saturating_sub(*approved);
                *approved = approved.saturating_sub(rows as u64);
                Ok(())
            }
            _ => Err(UnexpectedAnswer("versions held, a page or a deletion")),
        }
    }

    fn held(&mut self, context: &mut Context, versions: &[Option<u64>]) -> Result<(), UnexpectedAnswer> {
        let asked = self.doubtful.len().min(context.options.limits.page);
        if versions.len() != asked {
            return Err(UnexpectedAnswer("a version for each key"));
        }
        for (ghost, version) in self.doubtful.drain(..asked).zip(versions) {
            match *version {
                None => self.doomed.push(ghost),
                // The remote claims to know of a version that never was.
                Some(version) if version < ghost.version => self.doomed.push(ghost),
                // Committed since the comparison.
                Some(version) if version == ghost.version => {}
                Some(version) => {
                    let quarantined = context.checkpoint.quarantine.is_stale(ghost, version);
                    if !quarantined && version < context.below {
                        self.uploads.push(&[Mark { version, key: ghost.key }], &context.checkpoint);
                    } else if !quarantined {
                        // Newer rows above the bound come in their turn.
                        self.rewritten.push(ghost);
                    }
                }
            }
        }
        Ok(())
    }
}
