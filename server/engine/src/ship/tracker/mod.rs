//! Tracks what a running reprocess has done, in one place, so that progress, checkpoint, failures and runs always
//! agree.
//!
//! Always:
//! - A take is a consistent snapshot: the checkpoint counts exactly the keys whose failures and runs were taken by
//!   then.
//! - A key in flight is not in the checkpoint: after a resume its object is sent again.
//! - `done + skipped + failed + in_flight <= found`.
//! - At most [`WINDOW`] keys are ahead of the cursor, and about [`UNTAKEN`] failures and runs are untaken; above that
//!   the reprocess waits. So it makes progress only while the caller takes from it.

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

/// Most keys listed and not yet passed by the cursor; limited because the checkpoint may contain all of them.
const WINDOW: usize = 512;

/// Untaken failures and runs above which no new object is admitted.
const UNTAKEN: usize = 1_000;

/// Identifies an admitted key until it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ticket {
    Listed(u64),
    /// A key recorded as failed earlier, which is already counted.
    Retried(u64),
}

/// The outcome of a key.
#[derive(Clone, Debug)]
pub(super) enum KeyOutcome {
    /// A recorded run has already shipped it.
    Skipped,
    /// Not a log of requests by its key, and not counted as an object.
    LeftOut,
    /// A run over it ended. `foreign`: its content is not a load balancer's log.
    Finished { ran: Box<Ran>, failure: Option<Failure>, foreign: bool },
}

/// Shared by the engine, which records, and its caller, which takes once a second. Cheap to clone.
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
    /// Resumes from a job's row or a state file; default values start from the beginning. Progress continues.
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

    /// Returns what was taken after a failed write, for the next take.
    pub fn put_back(&self, taken: Taken) {
        self.state().put_back(taken);
    }

    /// The summary over all runs of this attempt. Its duration is the sum of theirs.
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

    /// Ends the attempt: nothing is in flight any more.
    pub(super) fn halt(&self) {
        self.state().halt(Instant::now());
    }

    /// Forgets the counts of earlier attempts, for work that is repeated instead of resumed.
    pub(super) fn start_over(&self) {
        self.state().start_over();
    }

    /// Whether the whole listing is read and settled, by this attempt or an earlier one.
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

    /// Admits the next key of the listing. Waits while too much is unsettled or untaken. `None` if an earlier attempt
    /// settled it.
    pub(super) async fn admit(&self, object: &Listed) -> Option<Ticket> {
        self.room().await;
        if let Ok(permit) = self.shared.window.acquire().await {
            permit.forget(); // released when the cursor passes the key
        }
        let (ticket, passed) = self.state().admit(object, Instant::now());
        self.shared.window.add_permits(passed);
        ticket
    }

    /// Admits a key that failed earlier. `earlier`: the figures of its last run, which are counted already and which its
    /// next run replaces.
    pub(super) async fn admit_retry(&self, earlier: Option<Summary>) -> Ticket {
        self.room().await;
        self.state().admit_retry(earlier)
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

    /// Records the progress of an object in flight.
    pub(super) fn advance(&self, ticket: Ticket, bytes: u64, lines: Lines) {
        self.state().advance(ticket, bytes, lines, Instant::now());
    }

    pub(super) fn settle(&self, ticket: Ticket, key: &Key, fate: KeyOutcome) {
        let passed = self.state().settle(ticket, key, fate, Instant::now());
        self.shared.window.add_permits(passed);
    }
}
