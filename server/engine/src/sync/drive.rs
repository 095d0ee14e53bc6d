//! Drives an evaluation: carries its steps to the two ends, one after the other, until there is a verdict.
//!
//! After each change, and about once a second while nothing changes, it tells an observer how far it is. The observer
//! keeps the checkpoint, and says whether the table is still ours.
//!
//! Always: no change is made before the observer has the checkpoint of the one before. Stopped or killed at any moment,
//! what was applied stays applied, and whoever goes on from the last checkpoint does the rest.

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

/// Between two times that the observer is told, while nothing changes.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// A change that is under way when it is to stop has this long to come to its end.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Local rows beyond what the remote has that are not counted one by one, to say how many are to be sent.
const MANY: u64 = 100_000;

/// What an evaluation is driven with.
pub struct Controls<'a> {
    pub allowance: &'a Allowance,
    pub stop: &'a CancellationToken,
}

/// Is told how far an evaluation is.
#[async_trait]
pub trait Observer: Send {
    /// Keeps what is to be kept. False: the table is another's by now, and nothing more may be done to it.
    async fn report(&mut self, progress: &SyncProgress<'_>) -> bool;
}

/// An evaluation under way.
pub struct SyncProgress<'a> {
    pub evaluation: &'a Evaluation,
    /// By both ends since it began.
    pub usage: PerEndpoint<Usage>,
    /// Local rows that are to be sent, as far as known; those that were sent are left out.
    pub behind: Option<u64>,
}

/// How it came to an end.
#[derive(Debug)]
pub struct DriveResult {
    pub verdict: Result<Verdict, Halt>,
    pub usage: PerEndpoint<Usage>,
    pub behind: Option<u64>,
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    #[error("stopped")]
    Stopped,
    #[error("the table is another's by now")]
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
    /// What the ends had spent before.
    began: PerEndpoint<Usage>,
    /// When the observer was told last.
    reported_at: Instant,
    /// Rows to be sent when it began.
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
                evaluation.step(); // goes on to where rows are sent, or compared
                self.to_send = to_send(ends, evaluation).await;
            }
            if met || matches!(step, Step::Apply(_)) {
                self.report(evaluation).await?;
            }
        }
    }

    /// An answer, and how many milliseconds it took. However many these are, the observer is told meanwhile. If it is to
    /// stop, what is under way has a while to come to its end.
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
                // What is cut off may have been made: it is found to be, by whoever goes on.
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

/// Rows to be sent, when the evaluation has met both ends.
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
