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
use super::checkpoint::Checkpoint;
use super::context::{Context, UnexpectedAnswer};
use super::exchange::{Answer, Change, EndpointRole, Order, Question, Step};
use super::findings::Findings;
use super::identity::GONE;
use super::span::Span;
use super::uploads::Uploads;
use super::verdict::Verdict;

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
    /// Rows that the remote refused to delete.
    pub kept: u64,
    /// Rows deleted without approval, a part of `deleted`.
    pub unapproved: u64,
    /// Rows that the remote has in a newer version than the local table.
    newer: u64,
    /// The verdict, if there are so many of them that the local table went back.
    pub went_back: Option<Verdict>,
    /// Rows of the next delete, at most; halved when one is refused without saying which row.
    deletes: usize,
}

/// How many times the remote may lack a row that it accepted, and for how many rows that is remembered.
const SWALLOWED: u32 = 3;
const REMEMBERED: usize = 1_000;

impl Repair {
    pub fn new(context: &mut Context, found: Findings) -> Self {
        let quarantine = &mut context.checkpoint.quarantine;
        let Findings { mut stale, mut missing, spans, further_stale, all, .. } = found;
        stale.retain(|mark| !quarantine.resolve(Difference::Stale(*mark)));
        missing.retain(|mark| !quarantine.resolve(Difference::Missing(*mark)));
        refuse_swallowed(context, &mut missing);
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
            kept: 0,
            unapproved: 0,
            newer: 0,
            went_back: None,
            deletes: context.options.limits.page,
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
        let marks: Vec<_> = self.to_delete.iter().take(self.deletes).copied().collect();
        (!marks.is_empty()).then_some(Step::Apply(Change::Delete { marks }))
    }

    /// Once every stale row is checked: lets the deletes pass, or drops them until they are approved.
    fn judge(&mut self, context: &Context) {
        self.judged = true;
        self.uploads.sort();
        let accepted = context.checkpoint.contents.as_ref().is_some_and(|check| check.accepted);
        if self.newer > GONE && !accepted {
            self.went_back = Some(Verdict::EpochChanged {
                was: format!("a table with {} rows in the versions that the copy has", self.newer),
                is: "one with older versions of them".to_owned(),
            });
            *self = Self { uploads: Uploads::default(), spans: Vec::new(), to_delete: Vec::new(), ..self.clone() };
            return;
        }
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

    /// Remembers which of the missing rows the remote accepted.
    pub fn remember(&self, context: &mut Context) {
        let swallowed = &mut context.checkpoint.swallowed;
        for mark in &self.uploads.accepted {
            let times =
                swallowed.get(&mark.key).filter(|(version, _)| *version == mark.version).map_or(0, |(_, times)| *times);
            if times > 0 || swallowed.len() < REMEMBERED {
                swallowed.insert(mark.key, (mark.version, times + 1));
            }
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
            Answer::Deleted { refused } => {
                let rows = self.to_delete.len().min(self.deletes);
                let asked: Vec<_> = self.to_delete.drain(..rows).collect();
                for mark in asked.iter().filter(|mark| refused.iter().all(|(kept, _)| kept != *mark)) {
                    context.checkpoint.quarantine.resolve(Difference::Missing(*mark));
                }
                let deleted = (rows as u64).saturating_sub(refused.len() as u64);
                self.kept += refused.len() as u64;
                for (mark, refusal) in refused {
                    context.checkpoint.quarantine.refuse_delete(mark, refusal, context.now);
                }
                self.deletes = (self.deletes * 2).min(context.options.limits.page);
                self.deleted += deleted;
                let approved = &mut context.checkpoint.approved;
                self.unapproved += deleted.saturating_sub(*approved);
                *approved = approved.saturating_sub(deleted);
                Ok(())
            }
            _ => Err(UnexpectedAnswer("expected current versions, a page or a deletion")),
        }
    }

    /// A delete was refused, and the remote did not say because of which row: halves it down to that row.
    pub fn not_deleted(&mut self, context: &mut Context, error: &str) {
        let rows = self.to_delete.len().min(self.deletes);
        if rows > 1 {
            self.deletes = rows / 2;
        } else if let Some(mark) = self.to_delete.first().copied() {
            self.to_delete.remove(0);
            self.kept += 1;
            context.checkpoint.quarantine.refuse_delete(mark, error.to_owned(), context.now);
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
                Some(version) if version < stale.version => {
                    self.newer += 1;
                    self.to_delete.push(stale);
                }
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

/// Sets rows aside that the remote accepted several times and still lacks: sending them again would never end.
fn refuse_swallowed(context: &mut Context, missing: &mut Vec<Mark>) {
    let Checkpoint { swallowed, quarantine, .. } = &mut context.checkpoint;
    missing.retain(|mark| {
        let sent = swallowed.get(&mark.key).is_some_and(|(version, times)| *version == mark.version && *times >= SWALLOWED);
        if sent {
            let refusal = format!(
                "the copy accepted the row {SWALLOWED} times and does not have it: a trigger, a rule or another writer may \
                 remove it"
            );
            quarantine.refuse(*mark, refusal, context.now);
            swallowed.remove(&mark.key);
        }
        !sent
    });
}
