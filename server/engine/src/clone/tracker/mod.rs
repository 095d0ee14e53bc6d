//! What a running clone has done so far, in one place, so that progress, checkpoint and failures always agree.
//!
//! Always:
//! - The checkpoint's counts are those of the keys its cursors have passed: a resumed clone neither forgets nor counts
//!   twice what lay between the cursors and the crash. It lists those keys again.
//! - A failure is taken together with the cursor that passes its key, never earlier or later.
//! - `done + skipped + failed + in_flight <= found`.
//! - Keys between cursor and furthest plan are at most [`WINDOW`], failures not taken about [`UNTAKEN`]: whoever runs
//!   ahead of that waits. So a clone with failures stands still unless someone takes them.

mod checkpoint;
mod lanes;
mod state;
mod stretches;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::{Comparison, Failure, Key, Phase, Progress};
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};

pub use self::checkpoint::{Checkpoint, Pruning, Range, RangeState, Settled, Taken};
use self::{state::State, stretches::stretches};
use super::{effort::Effort, window::Outcome};
use crate::s3::{Listed, Meter};

/// Keys listed but not yet passed by a cursor.
const WINDOW: usize = 65_536;

/// Of them, those of one range: a slow one must not hold up the others.
const LANE: usize = 8_192;

/// Failures held for the next take, above which nothing new is begun.
const UNTAKEN: usize = 10_000;

/// By what a key in a window is settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    range: usize,
    number: u64,
}

/// What the comparison found, beside the differences it reported one by one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verified {
    pub source_objects: u64,
    pub source_bytes: u64,
    /// Differences of keys that were not known to have failed in this attempt.
    pub fresh: u64,
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
    effort: Arc<Effort>,
}

impl Tracker {
    /// From a job's row or a state file; default values for a fresh start. Progress counts on.
    pub fn resume(progress: Progress, checkpoint: Checkpoint) -> Self {
        let shared = Shared {
            state: Mutex::new(State::resume(progress, checkpoint, Instant::now())),
            window: Semaphore::new(WINDOW),
            taken: Notify::new(),
            meter: Arc::default(),
            effort: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    pub fn take(&self) -> Taken {
        let taken = self.state().take(&self.shared.meter, &self.shared.effort, Instant::now());
        self.shared.taken.notify_waiters();
        taken
    }

    /// After a failed write: what was taken is due again.
    pub fn put_back(&self, taken: Taken) {
        self.state().put_back(taken);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.shared.meter
    }

    pub(super) fn effort(&self) -> &Arc<Effort> {
        &self.shared.effort
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.state().enter(phase);
    }

    /// The work is over or interrupted: nothing is in flight any more.
    pub(super) fn halt(&self) {
        self.state().halt(Instant::now());
    }

    /// Ranges still to do, with their index; one over everything for a fresh start.
    pub(super) fn unfinished(&self) -> Vec<(usize, Range)> {
        self.state().lanes.unfinished()
    }

    /// Where ranges that hold something begin, in order, but for the first.
    pub(super) fn starts(&self) -> Vec<Key> {
        let stretches = stretches(self.state().lanes.all());
        stretches.into_iter().filter_map(|stretch| Key::try_from(stretch.after?).ok()).collect()
    }

    pub(super) fn copied(&self) -> bool {
        self.state().copied
    }

    pub(super) fn all_copied(&self) {
        self.state().copied = true;
    }

    pub(super) fn pruning(&self) -> Pruning {
        self.state().pruning.clone()
    }

    pub(super) fn set_pruning(&self, pruning: Pruning) {
        self.state().pruning = pruning;
    }

    /// The first section that is left to delete is not any more.
    pub(super) fn section_done(&self) {
        self.state().section_done();
    }

    /// Waits until the caller has stored what it took since the last change of [`Pruning`]: it takes once more only
    /// afterwards. At once where nobody ever takes.
    pub(super) async fn kept(&self) {
        self.taken_until(State::is_kept).await;
    }

    /// Waits while too many sections are done of which the stored checkpoint does not know.
    pub(super) async fn section_room(&self) {
        self.taken_until(State::may_open).await;
    }

    async fn taken_until(&self, ready: impl Fn(&State) -> bool) {
        loop {
            let taken = self.shared.taken.notified();
            tokio::pin!(taken);
            taken.as_mut().enable();
            if ready(&self.state()) {
                return;
            }
            taken.await;
        }
    }

    /// One more object deleted at the destination.
    pub(super) fn deleted_one(&self) {
        self.state().deleted_one(Instant::now());
    }

    /// Over all attempts.
    pub(super) fn deleted(&self) -> u64 {
        self.state().deleted()
    }

    /// An object that a mirror did not delete, and why. Not one of those found: it counts in no figure but the proof's.
    pub(super) fn left(&self, failure: Failure) {
        self.state().left(failure);
    }

    /// Forgets what earlier attempts counted: for what is not resumed but done again.
    pub(super) fn start_over(&self) {
        self.state().start_over();
    }

    /// Forgets what this attempt counted too: all is done again. Nobody may be at work meanwhile.
    pub(super) fn begin_again(&self) {
        self.state().begin_again();
        self.shared.window.add_permits(WINDOW - self.shared.window.available_permits());
    }

    /// The next key of a range's listing. Waits while too much is unsettled or untaken.
    pub(super) async fn admit(&self, range: usize, object: &Listed) -> Ticket {
        self.room().await;
        let lane = self.state().room(range);
        // Given back when the cursor passes the key.
        if let (Ok(lane), Ok(window)) = (lane.acquire().await, self.shared.window.acquire().await) {
            lane.forget();
            window.forget();
        }
        Ticket { range, number: self.state().admit(range, object, Instant::now()) }
    }

    /// A key that was listed and is none of the clone's: nothing to count, but a sign of life.
    pub(super) fn passed_over(&self) {
        self.state().touched = Instant::now();
    }

    /// Waits while too many failures are untaken.
    pub(super) async fn room(&self) {
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

    /// A range that is being listed ends at `at`; answers the index of the one that holds what lay above.
    pub(super) fn cut(&self, range: usize, at: Key) -> usize {
        self.state().lanes.cut(range, at)
    }

    /// A range's source listing has been read to its end.
    pub(super) fn listed(&self, range: usize) {
        self.state().listed(range);
    }

    /// All of them have.
    pub(super) fn all_listed(&self) {
        self.state().found_final = true;
    }

    pub(super) fn began(&self) {
        self.state().in_flight += 1;
    }

    /// A key that was begun must wait for its turn.
    pub(super) fn held_back(&self) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
    }

    /// Settles a key that was begun.
    pub(super) fn settle(&self, ticket: Ticket, outcome: Outcome) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        self.pass(&mut state, ticket, outcome);
    }

    /// Settles a key that needed no request.
    pub(super) fn settle_at_once(&self, ticket: Ticket, outcome: Outcome) {
        self.pass(&mut self.state(), ticket, outcome);
    }

    fn pass(&self, state: &mut State, ticket: Ticket, outcome: Outcome) {
        let passed = state.settle(ticket.range, ticket.number, outcome, Instant::now());
        self.shared.window.add_permits(passed);
    }

    pub(super) fn retry_began(&self) {
        self.state().retrying += 1;
    }

    /// A key that is tried again must wait for its turn.
    pub(super) fn retry_held_back(&self) {
        let mut state = self.state();
        state.retrying = state.retrying.saturating_sub(1);
    }

    /// A key recorded as failed earlier was tried again. `None`: the source has it no more.
    pub(super) fn retried(&self, key: Key, outcome: Option<Outcome>) {
        self.state().retried(key, outcome, Instant::now());
    }

    /// One more key compared.
    pub(super) fn compared(&self) {
        self.state().compared(Instant::now());
    }

    /// Keys that failed in this attempt, as many as are remembered.
    pub(super) fn known_failures(&self) -> HashSet<Key> {
        self.state().known.clone()
    }

    /// A difference that the comparison found.
    pub(super) fn difference(&self, failure: Failure) {
        self.state().failed(failure);
    }

    /// A key recorded as failed, and not counted so, that the comparison found right.
    pub(super) fn mended(&self, key: Key) {
        self.state().mended(key);
    }

    /// A key recorded and counted as failed that the comparison found equal: its copy arrived, its answer did not.
    pub(super) fn proven_after_all(&self, key: Key) {
        self.state().proven_after_all(key);
    }

    /// Counts of mode `verify`, where each key is found, compared and settled at once.
    pub(super) fn verified_one(&self, bytes: u64, equal: bool) {
        self.state().verified_one(bytes, equal, Instant::now());
    }

    /// The comparison is whole: what it found wrong is failed, whatever it was counted as before.
    pub(super) fn verified(&self, verified: Verified) {
        self.state().verified(verified);
    }

    /// Nothing was to be done: what was planned is what was compared.
    pub(super) fn all_equal(&self, comparison: &Comparison) {
        self.state().compared_all(comparison.source_objects);
    }

    pub(super) fn settled(&self) -> Settled {
        self.state().total
    }
}
