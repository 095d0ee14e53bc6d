//! The syncer: keeps the configured tables in sync with their remote copies.
//!
//! A leased task per table. The lease is released after each evaluation, so that servers, workers and `logyard sync`
//! take turns. A table that is in sync, or waits for a person, is evaluated again after its interval; one with more to
//! do, after a short pause in which another process may take it; one whose ends do not answer, ever more rarely, but
//! every minute. Requests of people are answered within seconds.
//!
//! Always: a table is evaluated by one process at a time, and by none while it is paused. Killed at any moment,
//! finished work stays finished, and the next holder continues from there.

mod checkpoint;
mod map;
mod observer;
mod rate;
mod turn;
mod verdict;

use std::{sync::Arc, time::Duration};

use db::{DbError, task};
use engine::sync::{Halt, Verdict};
use model::{SyncState, Time};
use rand::Rng as _;
use tokio::time::{Instant, sleep, sleep_until};

pub use self::turn::{Context, Ended, Keeper, Turn, Verification};
use crate::{
    config,
    tasks::leased::{Lease, LeaseTerms, LeasedTask, Started, TaskError},
};

/// Pause between evaluations of a table with more to do, in which another process may take the table.
pub const BREATH: Duration = Duration::from_millis(200);
/// Pause after an evaluation that changed nothing and proved nothing, or reached no end; it doubles.
pub const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Pause between two checks for requests of people.
const LISTEN_EVERY: Duration = Duration::from_secs(1);
/// Pause while Logyard's own database does not answer.
const BETWEEN_RETRIES: Duration = Duration::from_secs(5);

/// Keeps one table in sync.
pub struct Syncer {
    keeper: Keeper,
}

/// When to evaluate next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// After the table's interval.
    Usual,
    In(Duration),
}

/// Pauses that grow for as long as evaluations change nothing.
#[derive(Debug, Default)]
pub struct Patience {
    times: u32,
}

impl Patience {
    /// Says when to evaluate next.
    pub fn after(&mut self, ended: &Ended) -> Next {
        match &ended.verdict {
            Some(Verdict::Working(work)) if work.uploaded + work.deleted > 0 => {
                self.times = 0;
                Next::In(BREATH)
            }
            Some(Verdict::Working(_) | Verdict::Unreachable { .. }) => Next::In(self.longer()),
            None if ended.status.state == SyncState::Unreachable => Next::In(self.longer()),
            _ => {
                self.times = 0;
                Next::Usual
            }
        }
    }

    /// Twice as long as the last time, and a part of it more, so that many do not come back at once.
    fn longer(&mut self) -> Duration {
        let wait = FIRST_WAIT.saturating_mul(1 << self.times.min(6)).min(LONGEST_WAIT);
        self.times += 1;
        wait.mul_f64(rand::rng().random_range(1.0..1.25))
    }
}

impl Syncer {
    pub fn start(context: Context) -> Started {
        let mut started = Started::default();
        let terms = LeaseTerms::new(context.db.clone(), Arc::clone(&context.holder), context.lease_ms);
        started.lease(&terms, Self::all(context));
        started
    }

    /// One for each configured table.
    pub fn all(context: Context) -> Vec<Self> {
        let context = Arc::new(context);
        let syncer = |table: &config::Table| Self { keeper: Keeper::new(Arc::clone(&context), table.clone()) };
        context.syncs.iter().map(syncer).collect()
    }
}

impl LeasedTask for Syncer {
    const NAME: &'static str = task::SYNC;
    /// An evaluation stops between two requests.
    const DRAIN: Duration = Duration::from_secs(3);
    const TAKES_TURNS: bool = true;
    type State = Patience;

    fn key(&self) -> &str {
        self.keeper.config().name.as_str()
    }

    async fn round(&mut self, patience: &mut Patience, lease: &Lease) -> Result<Duration, TaskError> {
        let every = self.keeper.config().every;
        match self.keeper.turn(None, &mut |_| (), lease.shutdown()).await? {
            Turn::Ended(ended) => Ok(match patience.after(&ended) {
                Next::Usual => every,
                Next::In(wait) => wait,
            }),
            Turn::Another | Turn::Cut(Halt::LeaseLost) => Err(TaskError::Lost),
            Turn::Paused | Turn::Cut(Halt::Stopped) => Ok(LISTEN_EVERY),
        }
    }

    /// Waits until the table is due or a person asks for something, and for as long as it is paused.
    async fn rest(&mut self, _: &mut Patience, wait: Duration) {
        let due = Instant::now() + wait;
        // A request that waits for an end that cannot be opened must not keep the table busy.
        let earliest = Instant::now() + wait.min(FIRST_WAIT);
        loop {
            match wanted(&self.keeper).await {
                Ok(Wanted::Paused) => sleep(LISTEN_EVERY).await,
                Ok(Wanted::Now) if earliest <= Instant::now() => return,
                Ok(Wanted::Now) => sleep_until(earliest).await,
                Ok(Wanted::InItsTime) if due <= Instant::now() => return,
                Ok(Wanted::Later(later)) if due <= Instant::now() => sleep(later.min(LISTEN_EVERY)).await,
                Ok(Wanted::InItsTime | Wanted::Later(_)) => sleep_until(due.min(Instant::now() + LISTEN_EVERY)).await,
                // The driver asks the database next, and reports the outage.
                Err(_) => return sleep(BETWEEN_RETRIES).await,
            }
        }
    }
}

enum Wanted {
    Paused,
    Now,
    InItsTime,
    /// Another process has evaluated it meanwhile.
    Later(Duration),
}

async fn wanted(keeper: &Keeper) -> Result<Wanted, DbError> {
    let (db, config) = (keeper.db(), keeper.config());
    let known = db.sync(&config.name).await?.map(|(status, ..)| status);
    if known.as_ref().is_some_and(|status| status.paused) {
        return Ok(Wanted::Paused);
    }
    if db.has_sync_requests(&config.name).await? {
        return Ok(Wanted::Now);
    }
    let unsettled = [SyncState::New, SyncState::Uploading, SyncState::Reconciling, SyncState::Unreachable];
    let settled = known.filter(|status| !unsettled.contains(&status.state));
    let looked_at = settled.and_then(|status| status.looked_at);
    let every = i64::try_from(config.every.as_millis()).unwrap_or(i64::MAX);
    let left = looked_at.map_or(0, |Time(at)| at.saturating_add(every).saturating_sub(db.now().0));
    Ok(match u64::try_from(left) {
        Ok(left) if left > 0 => Wanted::Later(Duration::from_millis(left)),
        _ => Wanted::InItsTime,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_a_minute_and_scatter() {
        let mut patience = Patience::default();
        let waits: Vec<_> = (0..10).map(|_| patience.longer().as_secs_f64()).collect();
        assert!((1.0..1.25).contains(&waits[0]) && (2.0..2.5).contains(&waits[1]), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait < 75.0) && waits[9] >= 60.0, "{waits:?}");
    }
}
