//! Drives an evaluation: carries out its steps at the two endpoints, one after the other, until there is a verdict.
//!
//! After each change, and once a second in between, it reports progress to an observer. The observer stores the
//! checkpoint and answers whether this process still holds the lease of the table.
//!
//! Always: no change is made before the observer has received the checkpoint of the previous change. After a stop or a
//! kill at any moment, applied changes stay, and the next evaluation does the rest from the last checkpoint.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::allowance::Allowance;
use super::endpoint::Usage;
use super::endpoints::Endpoints;
use super::evaluation::{Activity, Evaluation};
use super::exchange::{Answer, PerEndpoint, Step, SyncFault};
use super::span::Span;
use super::verdict::Verdict;

/// Time between two progress reports while nothing changes.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// Time that a change in flight has to finish after a stop was requested.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Surplus of local rows from which the rows to send are estimated from the totals instead of counted.
const MANY: u64 = 100_000;

/// Limits and stop signal for driving an evaluation.
pub struct Controls<'a> {
    pub allowance: &'a Allowance,
    pub stop: &'a CancellationToken,
}

/// Receives the progress of an evaluation.
#[async_trait]
pub trait Observer: Send {
    /// Stores the checkpoint. Returns false if the lease is lost: nothing more may be changed then.
    async fn report(&mut self, progress: &SyncProgress<'_>) -> bool;
}

/// Progress of a running evaluation.
pub struct SyncProgress<'a> {
    pub evaluation: &'a Evaluation,
    /// Usage of both endpoints since the start.
    pub usage: PerEndpoint<Usage>,
    /// Local rows still to be sent, as far as known.
    pub behind: Option<u64>,
}

/// Result of driving an evaluation.
#[derive(Debug)]
pub struct DriveResult {
    pub verdict: Result<Verdict, Halt>,
    pub usage: PerEndpoint<Usage>,
    pub behind: Option<u64>,
}

/// Why driving ended without a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    #[error("stopped")]
    Stopped,
    #[error("lease lost: another process is now syncing this table")]
    LeaseLost,
}

pub async fn drive(
    evaluation: &mut Evaluation,
    ends: Endpoints<'_>,
    controls: &Controls<'_>,
    observer: &mut dyn Observer,
) -> DriveResult {
    let mut drive = Drive { ends, controls, observer, began: usage(ends), reported_at: Instant::now(), to_send: None };
    let verdict = drive.run(evaluation).await;
    let (usage, behind) = (drive.usage(), drive.behind(evaluation));
    DriveResult { verdict, usage, behind }
}

struct Drive<'a> {
    ends: Endpoints<'a>,
    controls: &'a Controls<'a>,
    observer: &'a mut dyn Observer,
    /// Usage of the endpoints before the start.
    began: PerEndpoint<Usage>,
    /// Time of the last progress report.
    reported_at: Instant,
    /// Rows to be sent, estimated after the metadata was read.
    to_send: Option<u64>,
}

impl Drive<'_> {
    async fn run(&mut self, evaluation: &mut Evaluation) -> Result<Verdict, Halt> {
        let ends = self.ends;
        loop {
            let step = evaluation.step();
            if self.controls.stop.is_cancelled() && !matches!(step, Step::Done(_)) {
                return Err(Halt::Stopped);
            }
            let (answer, elapsed) = match &step {
                Step::Ask(question) => self.carry(evaluation, ends.ask(question), Duration::ZERO).await?,
                Step::Apply(change) => self.carry(evaluation, ends.apply(change), STOP_WITHIN).await?,
                Step::Done(verdict) => return Ok(verdict.clone()),
            };
            let met = matches!(answer, Ok(Answer::Meta(_)));
            evaluation.answer(answer, elapsed);
            if met {
                evaluation.step(); // moves on to uploading or comparing
                self.to_send = to_send(ends, evaluation).await;
            }
            if met || matches!(step, Step::Apply(_)) {
                self.report(evaluation).await?;
            }
        }
    }

    /// Waits for an answer; returns it with its duration in milliseconds. Reports progress meanwhile. When a stop is
    /// requested, the request in flight gets `stop_within` to finish.
    async fn carry(
        &mut self,
        evaluation: &Evaluation,
        answer: impl Future<Output = Result<Answer, SyncFault>>,
        stop_within: Duration,
    ) -> Result<(Result<Answer, SyncFault>, u64), Halt> {
        let (ends, controls) = (self.ends, self.controls);
        let carrying = async {
            controls.allowance.pass().await;
            let (before, began) = (usage(ends), Instant::now());
            let answer = answer.await;
            controls.allowance.took(&since(&before, &usage(ends)));
            (answer, u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
        };
        tokio::pin!(carrying);
        loop {
            tokio::select! {
                biased;
                answered = &mut carrying => return Ok(answered),
                // A change that was cut off may have been applied: the next evaluation finds out.
                () = controls.stop.cancelled() => {
                    return timeout(stop_within, &mut carrying).await.map_err(|_| Halt::Stopped);
                }
                () = sleep_until(self.reported_at + REPORT_EVERY) => self.report(evaluation).await?,
            }
        }
    }

    fn behind(&self, evaluation: &Evaluation) -> Option<u64> {
        Some(self.to_send?.saturating_sub(evaluation.work().uploaded))
    }

    async fn report(&mut self, evaluation: &Evaluation) -> Result<(), Halt> {
        let progress = SyncProgress { evaluation, usage: self.usage(), behind: self.behind(evaluation) };
        let ours = self.observer.report(&progress).await;
        self.reported_at = Instant::now();
        if ours { Ok(()) } else { Err(Halt::LeaseLost) }
    }

    fn usage(&self) -> PerEndpoint<Usage> {
        since(&self.began, &usage(self.ends))
    }
}

/// Rows to be sent, known once the metadata of both endpoints was read.
async fn to_send(ends: Endpoints<'_>, evaluation: &Evaluation) -> Option<u64> {
    let meta = evaluation.meta()?;
    let more = meta.local.count.saturating_sub(meta.remote.count);
    let rest = Span { from: evaluation.checkpoint().settled, until: meta.local.horizon };
    let new = evaluation.activity() == Activity::Uploading && !rest.is_empty();
    if new && more < MANY {
        return timeout(ends.timeout, ends.local.count(rest)).await.ok()?.ok();
    }
    Some(more)
}

fn usage(ends: Endpoints<'_>) -> PerEndpoint<Usage> {
    PerEndpoint { local: ends.local.usage(), remote: ends.remote.usage() }
}

fn since(before: &PerEndpoint<Usage>, now: &PerEndpoint<Usage>) -> PerEndpoint<Usage> {
    PerEndpoint { local: now.local.since(&before.local), remote: now.remote.since(&before.remote) }
}
