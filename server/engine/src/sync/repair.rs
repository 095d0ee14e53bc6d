//! Repairs differences: uploads missing rows and deletes stale remote rows.
//!
//! A remote row without an equal local row was not necessarily deleted locally: it may have been rewritten since, with
//! its new version still to be sent. Each stale remote row is therefore compared with the local row of the same key
//! before anything is deleted.
//!
//! Always: uploads come before deletes. A deleted row was looked up locally in the same evaluation, is deleted only at
//! that exact version, and a mass delete needs an operator's approval.

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
    /// Stale remote rows whose local version is not known yet.
    unchecked: Vec<Mark>,
    to_delete: Vec<Mark>,
    /// Stale remote rows whose new local version lies above the compared versions, and will be sent.
    rewritten: Vec<Mark>,
    /// Minimum number of further stale rows, which count as deletes for the guard.
    further_stale: u64,
    all: bool,
    /// Whether the guard has judged the deletes.
    judged: bool,
    pub uploads: Uploads,
    spans: Vec<Span>,
    /// Pages of `spans` left for this evaluation to send.
    turns: usize,
    /// The mass delete that waits for approval.
    pub waiting: Option<MassDelete>,
    pub deleted: u64,
    /// Rows deleted without approval, a part of `deleted`.
    pub unapproved: u64,
}

impl Repair {
    pub fn new(context: &mut Context, found: Findings) -> Self {
        let quarantine = &mut context.checkpoint.quarantine;
        let Findings { mut stale, mut missing, spans, further_stale, all, .. } = found;
        stale.retain(|mark| !quarantine.resolve(Difference::Stale(*mark)));
        missing.retain(|mark| !quarantine.resolve(Difference::Missing(*mark)));
        let mut uploads = Uploads::default();
        uploads.push(&missing, &context.checkpoint);
        let turns = context.options.limits.turn;
        Self {
            unchecked: stale,
            to_delete: Vec::new(),
            rewritten: Vec::new(),
            further_stale,
            all,
            judged: false,
            uploads,
            spans,
            turns,
            waiting: None,
            deleted: 0,
            unapproved: 0,
        }
    }

    pub fn next(&mut self, context: &Context) -> Option<Step> {
        let page = context.options.limits.page;
        if !self.unchecked.is_empty() {
            let keys = self.unchecked.iter().take(page).map(|mark| mark.key).collect();
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
        let marks: Vec<_> = self.to_delete.iter().take(page).copied().collect();
        (!marks.is_empty()).then_some(Step::Apply(Change::Delete { marks }))
    }

    /// Once every stale row is checked: lets the deletes pass, or drops them until they are approved.
    fn judge(&mut self, context: &Context) {
        self.judged = true;
        self.uploads.sort();
        if self.to_delete.is_empty() {
            return;
        }
        let rows = self.to_delete.len() as u64 + self.further_stale;
        let remote_rows = context.meta.remote.count;
        self.waiting =
            context.options.guard.requires_approval(rows, self.all, remote_rows, context.checkpoint.approved);
        if self.waiting.is_some() {
            self.to_delete.clear();
        }
    }

    /// Differences left after the repair: stale rows that were rewritten since.
    pub fn rewritten(&self) -> impl Iterator<Item = Difference> {
        self.rewritten.iter().map(|mark| Difference::Stale(*mark))
    }

    pub fn answer(&mut self, context: &mut Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        match answer {
            Answer::Versions(versions) => self.check(context, &versions),
            Answer::Page(_) => {
                let span = self.spans.pop().ok_or(UnexpectedAnswer("no page was requested"))?;
                let (covers, marks) = ascending(answer, span.from)?;
                self.uploads.push(&marks, &context.checkpoint);
                self.turns = self.turns.saturating_sub(1);
                let rest = Span { from: covers.until, until: span.until.min(context.below) };
                self.spans.extend(Some(rest).filter(|rest| !rest.is_empty()));
                Ok(())
            }
            Answer::Deleted => {
                let rows = self.to_delete.len().min(context.options.limits.page);
                self.to_delete.drain(..rows);
                self.deleted += rows as u64;
                let approved = &mut context.checkpoint.approved;
                self.unapproved += (rows as u64).saturating_sub(*approved);
                *approved = approved.saturating_sub(rows as u64);
                Ok(())
            }
            _ => Err(UnexpectedAnswer("expected current versions, a page or a deletion")),
        }
    }

    fn check(&mut self, context: &mut Context, versions: &[Option<u64>]) -> Result<(), UnexpectedAnswer> {
        let requested = self.unchecked.len().min(context.options.limits.page);
        if versions.len() != requested {
            return Err(UnexpectedAnswer("expected a version for each key"));
        }
        for (stale, version) in self.unchecked.drain(..requested).zip(versions) {
            match *version {
                None => self.to_delete.push(stale),
                // The remote has a version that never existed locally.
                Some(version) if version < stale.version => self.to_delete.push(stale),
                // Committed since the comparison: the rows are equal now.
                Some(version) if version == stale.version => {}
                Some(version) => {
                    let quarantined = context.checkpoint.quarantine.record_stale(stale, version);
                    if !quarantined && version < context.below {
                        self.uploads.push(&[Mark { version, key: stale.key }], &context.checkpoint);
                    } else if !quarantined {
                        // Rows above the bound are sent by the next evaluation.
                        self.rewritten.push(stale);
                    }
                }
            }
        }
        Ok(())
    }
}
