//! What a running reprocess has done so far, in one place, so that progress, checkpoint, failures and runs always agree.
//!
//! Always:
//! - What is taken together was true at one instant: the checkpoint counts and holds exactly the keys whose failures
//!   and runs were taken by then.
//! - A key that was in flight is not in the checkpoint: resumed from it, the object is sent once more.
//! - `done + skipped + failed + in_flight <= found`.
//! - Keys ahead of the cursor are at most [`WINDOW`], failures and runs not taken about [`UNTAKEN`]: whoever runs ahead
//!   of that waits. So a reprocess stands still unless someone takes from it.

mod checkpoint;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Failure, Key, Lines, Phase, Progress, Summary};
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};

pub use self::checkpoint::{Checkpoint, Confirmed, Ran, Taken, Totals};
use self::state::State;
use crate::s3::{Listed, Meter};

/// Keys listed but not yet passed by the cursor. The checkpoint may name them all, so they are not many.
const WINDOW: usize = 512;

/// Failures and runs held for the next take, above which nothing new is begun.
const UNTAKEN: usize = 1_000;

/// By what a key in the window is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ticket {
    Listed(u64),
    /// Of a key recorded as failed earlier, that was counted already.
    Retried(u64),
}

/// What became of a key.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// A recorded run delivered it.
    Skipped,
    /// A log of health checks: none of the objects.
    LeftOut,
    /// It was read, or that was tried.
    Over { ran: Box<Ran>, failure: Option<Failure> },
    /// It could not even be looked at.
    Failed(Failure),
}

/// Shared by the engine, which writes, and its caller, which takes once a second. Cheap to clone.
#[derive(Clone)]
pub struct Tracker {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    window: Semaphore,
    taken: Notify,
    meter: Arc<Meter>,
}

impl Tracker {
    /// From a job's row or a state file; default values for a fresh start. Progress counts on.
    pub fn resume(progress: Progress, checkpoint: Checkpoint) -> Self {
        let shared = Shared {
            state: Mutex::new(State::resume(progress, checkpoint, Instant::now())),
            window: Semaphore::new(WINDOW),
            taken: Notify::new(),
            meter: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    pub fn take(&self) -> Taken {
        let taken = self.state().take(&self.shared.meter, Instant::now());
        self.shared.taken.notify_waiters();
        taken
    }

    /// After a failed write: what was taken is due again.
    pub fn put_back(&self, taken: Taken) {
        self.state().put_back(taken);
    }

    /// Of all runs of this attempt together. Its duration is what they took, one after the other.
    pub fn summary(&self) -> Summary {
        self.state().summary.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.shared.meter
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.state().phase = phase;
    }

    /// The work is over or interrupted: nothing is in flight any more.
    pub(super) fn halt(&self) {
        self.state().halt(Instant::now());
    }

    /// Forgets what earlier attempts counted: for what is not resumed but done again.
    pub(super) fn start_over(&self) {
        self.state().start_over();
    }

    /// Whether the listing was read to its end and all of it settled, by an earlier attempt or this one.
    pub(super) fn is_done(&self) -> bool {
        self.state().checkpoint.done
    }

    pub(super) fn cursor(&self) -> Option<Key> {
        self.state().checkpoint.cursor.clone()
    }

    pub(super) fn confirmed(&self) -> Option<Confirmed> {
        self.state().checkpoint.confirmed.clone()
    }

    pub(super) fn confirm(&self, plan: Confirmed) {
        self.state().checkpoint.confirmed = Some(plan);
    }

    pub(super) fn totals(&self) -> Totals {
        self.state().checkpoint.totals
    }

    /// The next key of the listing. Waits while too much is unsettled or untaken. `None`: an earlier attempt settled it.
    pub(super) async fn admit(&self, object: &Listed) -> Option<Ticket> {
        self.room().await;
        if let Ok(permit) = self.shared.window.acquire().await {
            permit.forget(); // given back when the cursor passes the key
        }
        let (ticket, passed) = self.state().admit(object, Instant::now());
        self.shared.window.add_permits(passed);
        ticket
    }

    pub(super) async fn admit_retry(&self) -> Ticket {
        self.room().await;
        self.state().admit_retry()
    }

    async fn room(&self) {
        loop {
            let taken = self.shared.taken.notified();
            tokio::pin!(taken);
            taken.as_mut().enable();
            if self.state().untaken() < UNTAKEN {
                return;
            }
            taken.await;
        }
    }

    pub(super) fn all_listed(&self) {
        self.state().all_listed();
    }

    pub(super) fn begin(&self, ticket: Ticket) {
        self.state().begin(ticket, Instant::now());
    }

    /// How far an object in flight is.
    pub(super) fn advance(&self, ticket: Ticket, bytes: u64, lines: Lines) {
        self.state().advance(ticket, bytes, lines, Instant::now());
    }

    pub(super) fn settle(&self, ticket: Ticket, key: &Key, fate: Fate) {
        let passed = self.state().settle(ticket, key, fate, Instant::now());
        self.shared.window.add_permits(passed);
    }
}
