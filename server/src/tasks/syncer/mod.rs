//! The syncer: keeps the configured tables in step with their remote copies.
//!
//! One task per table, in every server and worker; the store lets one of them at a time evaluate it, and gives it back
//! after each evaluation, so that servers, workers and commands take turns. A table that is in step, or waits for a
//! person, is looked at again after its time; one with more to do at once, after a breath in which another may take it;
//! one whose ends do not answer, ever more rarely, but every minute. What people ask is answered within seconds.
//!
//! Always: a table is evaluated by one process at a time, and by none while it is paused. Killed at any moment, what was
//! done stays done, and whoever takes the table next goes on from there.

mod checkpoint;
mod map;
mod observer;
mod rate;
mod turn;
mod verdict;

use std::{sync::Arc, time::Duration};

use db::DbError;
use engine::sync::Verdict;
use model::{SyncState, Time};
use rand::Rng as _;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span, warn};

pub use self::turn::{Context, Ended, Keeper, Turn};

/// Between evaluations of a table with more to do: in it another may take the table.
pub const BREATH: Duration = Duration::from_millis(200);
/// After an evaluation that did nothing and did not show the ends to be equal, or reached none; doubles.
pub const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How often what people ask is looked for.
const LISTEN_EVERY: Duration = Duration::from_secs(1);
/// After a database of our own that did not answer, and while another has the table.
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// Started tasks.
pub struct Syncer {
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// After its usual time.
    Usual,
    In(Duration),
}

/// Waits that grow while nothing comes of it.
#[derive(Debug, Default)]
pub struct Patience {
    times: u32,
}

impl Patience {
    /// After an evaluation.
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
    pub fn start(context: Context) -> Self {
        let (shutdown, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let context = Arc::new(context);
        for table in context.syncs.iter() {
            let span = info_span!("syncer", table = %table.name);
            let keeper = Keeper::new(Arc::clone(&context), table.clone());
            tasks.spawn(keep_in_step(keeper, shutdown.clone()).instrument(span));
        }
        Self { shutdown, tasks }
    }

    /// Stops between two requests, and gives the tables back.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn keep_in_step(mut keeper: Keeper, shutdown: CancellationToken) {
    let mut patience = Patience::default();
    let mut next = Next::In(Duration::ZERO);
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = rest(&keeper, next) => {}
            () = shutdown.cancelled() => return,
        }
        next = match keeper.turn(false, &mut |_| (), &shutdown).await {
            Ok(Turn::Ended(ended)) => patience.after(&ended),
            Ok(Turn::Another) => Next::In(BETWEEN_TRIES.min(keeper.config().every)),
            Ok(Turn::Paused | Turn::Cut(_)) => Next::In(LISTEN_EVERY),
            Err(error) => {
                warn!(%error, "the database refused what an evaluation had to tell; trying again");
                Next::In(BETWEEN_TRIES)
            }
        };
    }
}

/// Until the table is due, or somebody asks for something; and for as long as it is paused.
async fn rest(keeper: &Keeper, next: Next) {
    let wait = match next {
        Next::Usual => keeper.config().every,
        Next::In(wait) => wait,
    };
    let due = Instant::now() + wait;
    // What waits for an end that cannot be opened must not keep it busy.
    let earliest = Instant::now() + wait.min(FIRST_WAIT);
    loop {
        match wanted(keeper).await {
            Ok(Wanted::Paused) => sleep(LISTEN_EVERY).await,
            Ok(Wanted::Now) if earliest <= Instant::now() => return,
            Ok(Wanted::Now) => sleep_until(earliest).await,
            Ok(Wanted::InItsTime) if due <= Instant::now() => return,
            Ok(Wanted::Later(later)) if due <= Instant::now() => sleep(later.min(LISTEN_EVERY)).await,
            Ok(Wanted::InItsTime | Wanted::Later(_)) => sleep_until(due.min(Instant::now() + LISTEN_EVERY)).await,
            Err(error) => {
                warn!(%error, "what is asked of the table cannot be read; trying again");
                sleep(BETWEEN_TRIES).await;
            }
        }
    }
}

enum Wanted {
    Paused,
    Now,
    InItsTime,
    /// Another has looked meanwhile.
    Later(Duration),
}

async fn wanted(keeper: &Keeper) -> Result<Wanted, DbError> {
    let (db, config) = (keeper.db(), keeper.config());
    let known = db.sync(&config.name).await?.map(|(status, ..)| status);
    if known.as_ref().is_some_and(|status| status.paused) {
        return Ok(Wanted::Paused);
    }
    if db.sync_is_asked(&config.name).await? {
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
    fn waits_double_to_a_minute_and_scatter() {
        let mut patience = Patience::default();
        let waits: Vec<_> = (0..10).map(|_| patience.longer().as_secs_f64()).collect();
        assert!((1.0..1.25).contains(&waits[0]) && (2.0..2.5).contains(&waits[1]), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait < 75.0) && waits[9] >= 60.0, "{waits:?}");
    }
}
