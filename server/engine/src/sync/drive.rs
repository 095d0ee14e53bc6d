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
use super::carry::Ends;
use super::ends::Spent;
use super::evaluation::{Doing, Evaluation};
use super::exchange::{Answer, Sides, Step, SyncFault};
use super::span::Span;
use super::verdict::Verdict;

/// Between two times that the observer is told, while nothing changes.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// A change that is under way when it is to stop has this long to come to its end.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Local rows beyond what the remote has that are not counted one by one, to say how many are to be sent.
const MANY: u64 = 100_000;

/// What an evaluation is driven with.
pub struct Terms<'a> {
    pub allowance: &'a Allowance,
    pub stop: &'a CancellationToken,
}

/// Is told how far an evaluation is.
#[async_trait]
pub trait Observer: Send {
    /// Keeps what is to be kept. False: the table is another's by now, and nothing more may be done to it.
    async fn told(&mut self, told: &Told<'_>) -> bool;
}

/// An evaluation under way.
pub struct Told<'a> {
    pub evaluation: &'a Evaluation,
    /// By both ends since it began.
    pub spent: Sides<Spent>,
    /// Local rows that are to be sent, as far as known; those that were sent are left out.
    pub behind: Option<u64>,
}

/// How it came to an end.
#[derive(Debug)]
pub struct Driven {
    pub verdict: Result<Verdict, Halt>,
    pub spent: Sides<Spent>,
    pub behind: Option<u64>,
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    #[error("stopped")]
    Stopped,
    #[error("the table is another's by now")]
    Lost,
}

pub async fn drive(
    evaluation: &mut Evaluation,
    ends: Ends<'_>,
    terms: &Terms<'_>,
    observer: &mut dyn Observer,
) -> Driven {
    let mut drive = Drive { ends, terms, observer, began: spent(ends), told: Instant::now(), to_send: None };
    let verdict = drive.run(evaluation).await;
    let (spent, behind) = (drive.spent(), drive.behind(evaluation));
    Driven { verdict, spent, behind }
}

struct Drive<'a> {
    ends: Ends<'a>,
    terms: &'a Terms<'a>,
    observer: &'a mut dyn Observer,
    /// What the ends had spent before.
    began: Sides<Spent>,
    /// When the observer was told last.
    told: Instant,
    /// Rows to be sent when it began.
    to_send: Option<u64>,
}

impl Drive<'_> {
    async fn run(&mut self, evaluation: &mut Evaluation) -> Result<Verdict, Halt> {
        let ends = self.ends;
        loop {
            let step = evaluation.step();
            if self.terms.stop.is_cancelled() && !matches!(step, Step::Done(_)) {
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
                self.tell(evaluation).await?;
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
        let (ends, terms) = (self.ends, self.terms);
        let carrying = async {
            terms.allowance.pass().await;
            let (before, began) = (spent(ends), Instant::now());
            let answer = answer.await;
            terms.allowance.took(&since(&before, &spent(ends)));
            (answer, u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
        };
        tokio::pin!(carrying);
        loop {
            tokio::select! {
                biased;
                answered = &mut carrying => return Ok(answered),
                // What is cut off may have been made: it is found to be, by whoever goes on.
                () = terms.stop.cancelled() => {
                    return timeout(stop_within, &mut carrying).await.map_err(|_| Halt::Stopped);
                }
                () = sleep_until(self.told + TELL_EVERY) => self.tell(evaluation).await?,
            }
        }
    }

    fn behind(&self, evaluation: &Evaluation) -> Option<u64> {
        Some(self.to_send?.saturating_sub(evaluation.work().uploaded))
    }

    async fn tell(&mut self, evaluation: &Evaluation) -> Result<(), Halt> {
        let told = Told { evaluation, spent: self.spent(), behind: self.behind(evaluation) };
        let ours = self.observer.told(&told).await;
        self.told = Instant::now();
        if ours { Ok(()) } else { Err(Halt::Lost) }
    }

    fn spent(&self) -> Sides<Spent> {
        since(&self.began, &spent(self.ends))
    }
}

/// Rows to be sent, when the evaluation has met both ends.
async fn to_send(ends: Ends<'_>, evaluation: &Evaluation) -> Option<u64> {
    let meta = evaluation.meta()?;
    let more = meta.local.count.saturating_sub(meta.remote.count);
    let rest = Span { from: evaluation.checkpoint().settled, until: meta.local.horizon };
    let new = evaluation.doing() == Doing::Uploading && !rest.is_empty();
    if new && more < MANY {
        return timeout(ends.patience, ends.local.count(rest)).await.ok()?.ok();
    }
    Some(more)
}

fn spent(ends: Ends<'_>) -> Sides<Spent> {
    Sides { local: ends.local.spent(), remote: ends.remote.spent() }
}

fn since(before: &Sides<Spent>, now: &Sides<Spent>) -> Sides<Spent> {
    Sides { local: now.local.since(&before.local), remote: now.remote.since(&before.remote) }
}
