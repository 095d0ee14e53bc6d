//! The comparison of contents: every row of both endpoints, by the digests of its values.
//!
//! Versions prove nothing where they may have been used twice, or where a row was sent without a column that it has
//! now. Then all rows are compared once, some pages in each evaluation, and those that differ are sent again.
//!
//! Always: the position moves past rows only once they were compared, and those that differ were sent. The contents
//! count as equal after a pass that sent nothing. Rows that only one endpoint has are left to the comparison of versions.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::catch_up::ascending;
use super::cell::Mark;
use super::checkpoint::Purpose;
use super::content::ContentSum;
use super::context::{Context, UnexpectedAnswer};
use super::exchange::{Answer, EndpointRole, Order, PerEndpoint, Question};
use super::findings::{Findings, SearchStep};
use super::ranges::in_sync;
use super::repair::Repair;
use super::span::Span;
use super::verdict::Verdict;

/// Contents to be compared, from one evaluation to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentCheck {
    /// Rows below this version are compared.
    pub position: u64,
    /// Why, in the middle of a sentence.
    pub reason: String,
    /// Rows are sent again without being compared.
    #[serde(default)]
    pub resend: bool,
    /// A person accepted the local database as it is, with versions that went back.
    #[serde(default)]
    pub accepted: bool,
    /// Rows that this pass sent again. They are compared by another pass.
    #[serde(default)]
    pub sent: u64,
}

/// Rows of a span whose sums are compared: so many at first, and at most. Rows may be large.
const FIRST_PAGE: usize = 256;
const LARGEST_PAGE: usize = 2_048;
/// Most spans compared in one question.
const SPANS: usize = 16;
/// Milliseconds of an answer up to which the next question is larger, and above which it is smaller.
const QUICK: u64 = 500;
const SLOW: u64 = 2_000;
/// Questions of one evaluation, before uploads take their turn.
const TURNS: u32 = 64;

#[derive(Clone, Debug)]
pub struct Contents {
    /// Spans to compare next, adjacent and ascending.
    spans: Vec<Span>,
    /// Spans that differ, to be listed.
    differing: Vec<Span>,
    /// Rows with other values at the remote; those that are being sent again.
    changed: Vec<Mark>,
    repairing: Vec<Mark>,
    position: u64,
    turns: u32,
    page: usize,
    most_spans: usize,
    /// What the comparison of versions found before, for a verification.
    before: Verdict,
    found: u64,
}

impl Contents {
    pub fn new(context: &Context, before: Verdict) -> Self {
        let position = context.checkpoint.contents.as_ref().map_or(0, |check| check.position);
        Self {
            spans: Vec::new(),
            differing: Vec::new(),
            changed: Vec::new(),
            repairing: Vec::new(),
            position,
            turns: 0,
            page: FIRST_PAGE,
            most_spans: 1,
            before,
            found: 0,
        }
    }

    pub fn next(&mut self, context: &mut Context) -> SearchStep {
        let verifying = context.options.purpose == Purpose::Verify;
        let (columns, local_below) = (columns(context), context.below);
        if let Some(span) = self.differing.last() {
            return SearchStep::Ask(Question::ContentRows { span: *span, columns, local_below });
        }
        if !self.changed.is_empty() && !verifying {
            let missing = std::mem::take(&mut self.changed);
            self.repairing.clone_from(&missing);
            return SearchStep::Repair(Findings { missing, all: true, ..Findings::default() });
        }
        let from = self.spans.last().map_or(self.position, |span| span.until);
        let rest = Span { from, until: local_below };
        if self.spans.len() < self.most_spans && !rest.is_empty() {
            if self.turns >= TURNS && !verifying && self.spans.is_empty() {
                return SearchStep::Done(Verdict::Working(context.work));
            }
            let (endpoint, order) = (EndpointRole::Local, Order::Ascending);
            return SearchStep::Ask(Question::Page { endpoint, span: rest, order, limit: self.page });
        }
        if !self.spans.is_empty() {
            return SearchStep::Ask(Question::Contents { spans: self.spans.clone(), columns, local_below });
        }
        if let Some(check) = context.checkpoint.contents.as_mut().filter(|check| check.sent > 0 && !check.resend) {
            // What was sent again counts as equal once it was compared.
            (check.sent, check.position, self.position) = (0, 0, 0);
            return self.next(context);
        }
        SearchStep::Done(self.ended(context))
    }

    fn ended(&self, context: &mut Context) -> Verdict {
        if context.options.purpose == Purpose::Verify {
            return match self.before {
                Verdict::Differs { stale, missing, all, .. } => {
                    Verdict::Differs { stale, missing, changed: self.found, all }
                }
                _ if self.found > 0 => Verdict::Differs { stale: 0, missing: 0, changed: self.found, all: true },
                _ => in_sync(context, model::Evidence::Contents),
            };
        }
        let resent = context.checkpoint.contents.take().is_some_and(|check| check.resend);
        if !resent {
            context.checkpoint.compared_at = Some(context.now);
        }
        in_sync(context, if resent { model::Evidence::Cells } else { model::Evidence::Contents })
    }

    pub fn answer(&mut self, context: &mut Context, answer: Answer) -> Result<(), UnexpectedAnswer> {
        self.turns += 1;
        match answer {
            Answer::Contents(sums) if sums.len() == self.spans.len() => {
                context.work.rounds += 1;
                self.adapt(context.elapsed);
                self.compare_sums(context, &sums);
                Ok(())
            }
            Answer::ContentRows(rows) => {
                context.work.rounds += 1;
                self.differing.pop().ok_or(UnexpectedAnswer("no rows were requested"))?;
                self.compare_rows(context, &rows);
                Ok(())
            }
            Answer::Page(_) => {
                let from = self.spans.last().map_or(self.position, |span| span.until);
                let (covers, marks) = ascending(answer, from)?;
                if context.checkpoint.contents.as_ref().is_some_and(|check| check.resend) {
                    self.changed = marks;
                    self.position = covers.until;
                } else {
                    self.spans.push(covers);
                }
                Ok(())
            }
            _ => Err(UnexpectedAnswer("expected a page, or the contents of the requested spans")),
        }
    }

    /// Asks for more after a quick answer, for less after a slow one.
    fn adapt(&mut self, elapsed: u64) {
        if elapsed > SLOW {
            (self.page, self.most_spans) = ((self.page / 2).max(1), 1);
        } else if elapsed < QUICK && self.page < LARGEST_PAGE {
            self.page *= 2;
        } else if elapsed < QUICK {
            self.most_spans = (self.most_spans * 2).min(SPANS);
        }
    }

    fn compare_sums(&mut self, context: &mut Context, sums: &[PerEndpoint<ContentSum>]) {
        let spans = std::mem::take(&mut self.spans);
        self.position = spans.last().map_or(self.position, |span| span.until);
        let differing = spans.into_iter().zip(sums).filter(|(_, sum)| sum.local != sum.remote);
        self.differing = differing.map(|(span, _)| span).collect();
        self.settle(context);
    }

    fn compare_rows(&mut self, context: &mut Context, rows: &PerEndpoint<Vec<(Mark, u128)>>) {
        let there: HashMap<_, _> = rows.remote.iter().copied().collect();
        let other = |(mark, digest): &&(Mark, u128)| there.get(mark).is_some_and(|there| there != digest);
        let changed: Vec<_> = rows.local.iter().filter(other).map(|(mark, _)| *mark).collect();
        self.found += changed.len() as u64;
        context.work.found += changed.len() as u64;
        self.changed.extend(changed);
        self.settle(context);
    }

    /// Everything up to the position is compared, and nothing is left to be sent.
    fn settle(&mut self, context: &mut Context) {
        if !self.differing.is_empty() || !self.changed.is_empty() {
            return;
        }
        if let Some(check) = &mut context.checkpoint.contents {
            check.position = self.position;
        }
    }

    pub fn repaired(&mut self, context: &mut Context, repair: &Repair) {
        for mark in self.repairing.drain(..) {
            context.checkpoint.quarantine.differs_in_contents(mark);
        }
        if let Some(check) = &mut context.checkpoint.contents {
            check.sent += repair.uploads.sent;
        }
        self.settle(context);
    }
}

/// The columns to compare, by name.
fn columns(context: &Context) -> Vec<String> {
    let mut names: Vec<_> = context.meta.local.columns.iter().flatten().map(|column| column.name.clone()).collect();
    names.sort_unstable();
    names
}
