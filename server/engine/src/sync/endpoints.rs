//! The two endpoints of a sync: carries out a step of an evaluation and returns the answer.
//!
//! Always: a question for both endpoints is sent to both concurrently. The local endpoint leaves out rows that are not
//! safe to read yet; the remote leaves out nothing. A row that no longer exists when it would be sent is not sent.

use std::time::Duration;

use tokio::time::timeout;

use super::cell::Mark;
use super::endpoint::{Local, Remote, Row, RowBatch, TableEndpoint};
use super::exchange::{Answer, Change, EndpointRole, PerEndpoint, Question, SyncFault};
use super::quarantine::Refusal;
use super::span::Span;

/// Both endpoints of a sync.
#[derive(Clone, Copy)]
pub struct Endpoints<'a> {
    pub local: &'a dyn Local,
    pub remote: &'a dyn Remote,
    /// An endpoint that takes longer to answer counts as unreachable.
    pub timeout: Duration,
}

impl Endpoints<'_> {
    /// Carries out a change.
    pub async fn apply(&self, change: &Change) -> Result<Answer, SyncFault> {
        match change {
            Change::Upload { marks } => self.upload(marks).await,
            Change::Delete { marks } => {
                let refused = self.wait(self.remote, self.remote.delete(marks)).await?;
                Ok(Answer::Deleted { refused })
            }
        }
    }

    /// Asks a question.
    pub async fn ask(&self, question: &Question) -> Result<Answer, SyncFault> {
        let Self { local, remote, .. } = *self;
        match question {
            Question::Meta => self.both(local.meta(), remote.meta()).await.map(Box::new).map(Answer::Meta),
            Question::Cells { spans, split, local_below } => {
                let (here, there) = (local.cells(spans, *split, *local_below), remote.cells(spans, *split, Span::END));
                self.both(here, there).await.and_then(pairs).map(Answer::Cells)
            }
            Question::Counts { below, local_below } => {
                let to = |until| Span { from: 0, until };
                let (here, there) = (local.count(to(*below.min(local_below))), remote.count(to(*below)));
                self.both(here, there).await.map(Answer::Counts)
            }
            Question::Lists { spans, local_below } => {
                let (here, there) = (local.list(spans, *local_below), remote.list(spans, Span::END));
                self.both(here, there).await.and_then(pairs).map(Answer::Lists)
            }
            Question::Page { endpoint: EndpointRole::Local, span, order, limit } => {
                self.wait(local, local.page(*span, *order, *limit)).await.map(Answer::Page)
            }
            Question::Page { endpoint: EndpointRole::Remote, span, order, limit } => {
                self.wait(remote, remote.page(*span, *order, *limit)).await.map(Answer::Page)
            }
            Question::Contents { spans, columns, local_below } => {
                let there = remote.contents(spans, columns, *local_below);
                let here = local.contents(spans, columns, *local_below);
                self.both(here, there).await.and_then(pairs).map(Answer::Contents)
            }
            Question::ContentRows { span, columns, local_below } => {
                let there = remote.content_rows(*span, columns, *local_below);
                let here = local.content_rows(*span, columns, *local_below);
                self.both(here, there).await.map(Answer::ContentRows)
            }
            Question::Versions { keys } => self.wait(local, local.current_versions(keys)).await.map(Answer::Versions),
        }
    }

    async fn both<T>(
        &self,
        local: impl Future<Output = Result<T, SyncFault>>,
        remote: impl Future<Output = Result<T, SyncFault>>,
    ) -> Result<PerEndpoint<T>, SyncFault> {
        let (local, remote) = tokio::join!(self.wait(self.local, local), self.wait(self.remote, remote));
        Ok(PerEndpoint { local: local?, remote: remote? })
    }

    /// An endpoint's answer, or a fault that names the endpoint.
    async fn wait<T>(
        &self,
        end: &dyn TableEndpoint,
        answer: impl Future<Output = Result<T, SyncFault>>,
    ) -> Result<T, SyncFault> {
        match timeout(self.timeout, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(SyncFault::Unavailable(error))) => {
                Err(SyncFault::Unavailable(format!("{}: {error}", end.location())))
            }
            Ok(Err(SyncFault::Refused(error))) => Err(SyncFault::Refused(format!("{}: {error}", end.location()))),
            Ok(Err(SyncFault::Failed(error))) => Err(SyncFault::Failed(format!("{}: {error}", end.location()))),
            Err(_) => {
                let seconds = self.timeout.as_secs();
                Err(SyncFault::Unavailable(format!("{}: no answer within {seconds} s", end.location())))
            }
        }
    }

    /// Sends rows; many of them in two halves at once, so that one is encoded while the other is stored.
    async fn send(&self, mut rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        if rows.len() < HALVED {
            return self.remote.upload(rows).await;
        }
        let second = rows.split_off(rows.len() / 2);
        let (first, second) = tokio::join!(self.remote.upload(rows), self.remote.upload(second));
        let (mut refused, second) = (first?, second?);
        refused.extend(second);
        Ok(refused)
    }

    async fn upload(&self, marks: &[Mark]) -> Result<Answer, SyncFault> {
        let RowBatch { taken, rows } = self.wait(self.local, self.local.rows(marks)).await?;
        if rows.is_empty() {
            return Ok(Answer::Uploaded { taken, refused: Vec::new() });
        }
        let refused = self.wait(self.remote, self.send(rows)).await?;
        Ok(Answer::Uploaded { taken, refused })
    }
}

/// Fewest rows of an upload that is sent in two halves at once.
const HALVED: usize = 2_000;

/// Pairs the answers of both endpoints about the same items.
fn pairs<T>(sides: PerEndpoint<Vec<T>>) -> Result<Vec<PerEndpoint<T>>, SyncFault> {
    let (here, there) = (sides.local.len(), sides.remote.len());
    if here != there {
        return Err(SyncFault::Refused(format!(
            "the local table answered {here} items where the remote answered {there}"
        )));
    }
    Ok(sides.local.into_iter().zip(sides.remote).map(|(local, remote)| PerEndpoint { local, remote }).collect())
}
