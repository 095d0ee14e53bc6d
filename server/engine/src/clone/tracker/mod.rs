//! What a running clone has done so far, in one place, so that progress, checkpoint and failures always agree.
//!
//! Always:
//! - The checkpoint's counts are those of the keys its cursors have passed: a resumed clone lists the keys above its
//!   cursors again, and neither forgets nor counts them twice.
//! - A failure is taken together with the cursor that passes its key, never earlier or later.
//! - `done + skipped + failed + in_flight <= found`.
//! - Keys between cursor and furthest plan are at most [`WINDOW`], failures not taken about [`UNTAKEN`]: planner and
//!   workers wait above that. So a clone with failures stops unless its caller takes them.

mod checkpoint;
mod key_map;
mod ranges;
mod state;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::{Comparison, Failure, Key, Phase, Progress, Time};
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};

pub(super) use self::checkpoint::Verified;
pub use self::checkpoint::{Checkpoint, Pruning, Range, RangeState, Settled, Taken};
use self::{key_map::key_map, state::State};
use super::{
    CloneError,
    completions::Completions,
    gauge::ConcurrencyGauge,
    records::{CopyRecord, Records},
    window::Outcome,
};
use crate::s3::{Listed, Meter};

/// Most keys listed but not yet passed by a cursor.
const WINDOW: usize = 65_536;

/// Failures not taken, above which no object is begun.
const UNTAKEN: usize = 10_000;

/// Identifies a key in a window, to settle it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    range: usize,
    number: u64,
}

/// The engine writes it, the caller takes from it once a second. Cheap to clone.
#[derive(Clone)]
pub struct Tracker {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    window: Semaphore,
    taken: Notify,
    meter: Arc<Meter>,
    gauge: Arc<ConcurrencyGauge>,
    records: Arc<Records>,
    completions: Arc<Completions>,
}

impl Tracker {
    /// Resumes from a job's row or a state file; default values for a fresh start. Progress counts on from `progress`.
    pub fn resume(progress: Progress, checkpoint: Checkpoint) -> Self {
        Self::resume_knowing([], progress, checkpoint)
    }

    /// Resumes as [`Tracker::resume`] does, and also knows the records of earlier runs between the same places, latest first.
    pub fn resume_knowing(
        records: impl IntoIterator<Item = CopyRecord>,
        progress: Progress,
        checkpoint: Checkpoint,
    ) -> Self {
        let shared = Shared {
            state: Mutex::new(State::resume(progress, checkpoint, Instant::now())),
            window: Semaphore::new(WINDOW),
            taken: Notify::new(),
            meter: Arc::default(),
            gauge: Arc::default(),
            records: Arc::new(Records::of(records)),
            completions: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Turns the completion report on, for a clone that began at this time: equal objects written since are reported, too.
    pub fn report_since(&self, began: Time) {
        self.shared.completions.begin(began);
    }

    /// Waits until the caller has stored all lines of the completion report: it takes again only after that.
    pub async fn report_stored(&self) {
        self.taken_until(|_| self.shared.completions.is_stored()).await;
    }

    pub fn take(&self) -> Taken {
        let mut taken = self.state().take(&self.shared.meter, &self.shared.gauge, Instant::now());
        taken.records = self.shared.records.take_fresh();
        taken.report = self.shared.completions.take();
        self.shared.taken.notify_waiters();
        taken
    }

    /// Returns what was taken, after a failed write; it is taken again.
    pub fn put_back(&self, mut taken: Taken) {
        self.shared.records.put_back(std::mem::take(&mut taken.records));
        self.shared.completions.put_back(std::mem::take(&mut taken.report));
        self.state().put_back(taken);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn records(&self) -> &Arc<Records> {
        &self.shared.records
    }

    pub(super) fn completions(&self) -> &Arc<Completions> {
        &self.shared.completions
    }

    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.shared.meter
    }

    pub(super) fn gauge(&self) -> &Arc<ConcurrencyGauge> {
        &self.shared.gauge
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.state().enter(phase);
    }

    /// Records that the work has ended or was interrupted: nothing is in flight any more.
    pub(super) fn halt(&self) {
        self.state().halt(Instant::now());
    }

    /// Unfinished ranges with their index; one over all keys for a fresh start.
    pub(super) fn unfinished(&self) -> Vec<(usize, Range)> {
        self.state().ranges.unfinished()
    }

    /// First keys of the ranges that hold objects, in order, without the first range.
    pub(super) fn starts(&self) -> Vec<Key> {
        key_map(self.state().ranges.all())
            .into_iter()
            .filter_map(|stretch| Key::try_from(stretch.after?).ok())
            .collect()
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

    /// Records that the first unfinished section is deleted.
    pub(super) fn section_done(&self) {
        self.state().section_done();
    }

    /// Waits until the caller has stored what it took since the last change of [`Pruning`]: it takes again only after
    /// that. Does not wait if nothing was ever taken.
    pub(super) async fn stored(&self) {
        self.taken_until(State::is_stored).await;
    }

    /// Waits while the stored checkpoint lacks too many of the finished sections.
    pub(super) async fn section_room(&self) {
        self.taken_until(State::may_start_section).await;
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

    /// Counts an object deleted at the destination.
    pub(super) fn deleted_one(&self) {
        self.state().deleted_one(Instant::now());
    }

    /// Objects deleted in all attempts.
    pub(super) fn deleted(&self) -> u64 {
        self.state().deleted()
    }

    /// Records an extra object that a mirror did not delete, with the reason. It counts in the proof only.
    pub(super) fn not_deleted(&self, failure: Failure) {
        self.state().not_deleted(failure);
    }

    /// Forgets the counts of earlier attempts, for work that is repeated instead of resumed.
    pub(super) fn start_over(&self) {
        self.state().start_over();
    }

    /// Forgets the counts of this attempt too, as all is done again. No worker may run meanwhile.
    pub(super) fn begin_again(&self) {
        self.state().begin_again();
        self.shared.window.add_permits(WINDOW - self.shared.window.available_permits());
    }

    /// Admits the next key of a range's listing. Waits while too many keys are unsettled or failures not taken.
    pub(super) async fn admit(&self, range: usize, object: &Listed) -> Ticket {
        self.room().await;
        let lane = self.state().room(range);
        // The permits return when the cursor passes the key.
        if let (Ok(lane), Ok(window)) = (lane.acquire().await, self.shared.window.acquire().await) {
            lane.forget();
            window.forget();
        }
        Ticket { range, number: self.state().admit(range, object, Instant::now()) }
    }

    /// Records a listed key that the selection does not choose: no count, but progress.
    pub(super) fn passed_over(&self) {
        self.state().touched = Instant::now();
    }

    /// Waits while too many failures, or too many bytes of the report, are not taken.
    pub(super) async fn room(&self) {
        loop {
            let taken = self.shared.taken.notified();
            tokio::pin!(taken);
            taken.as_mut().enable();
            if self.state().untaken() < UNTAKEN && self.shared.completions.has_room() {
                return;
            }
            taken.await;
        }
    }

    /// Ends a range that is being listed at `at`; returns the index of the new range above.
    pub(super) fn split(&self, range: usize, at: Key) -> usize {
        self.state().ranges.split(range, at)
    }

    /// Records that a range has been listed to its end.
    pub(super) fn listed(&self, range: usize) {
        self.state().listed(range);
    }

    /// Records that all ranges have been listed.
    pub(super) fn all_listed(&self) {
        self.state().found_final = true;
    }

    pub(super) fn began(&self) {
        self.state().in_flight += 1;
    }

    /// Records that a key that was begun must wait for its turn.
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

    /// Records that a retried key must wait for its turn.
    pub(super) fn retry_held_back(&self) {
        let mut state = self.state();
        state.retrying = state.retrying.saturating_sub(1);
    }

    /// Records the retry of a key that failed earlier. `None`: the source no longer has it.
    pub(super) fn retried(&self, key: Key, outcome: Option<Outcome>) {
        self.state().retried(key, outcome, Instant::now());
    }

    /// Counts a compared key.
    pub(super) fn compared(&self) {
        self.state().compared(Instant::now());
    }

    /// Ends the clone once more objects than `most` have failed since it was started, resumed or retried.
    pub(super) fn check_failures(&self, most: Option<u64>) -> Result<(), CloneError> {
        let failed = self.state().failed_lately;
        match most {
            Some(most) if failed > most => Err(CloneError::TooManyFailures { failed, most }),
            _ => Ok(()),
        }
    }

    /// Keys that failed in this attempt, as far as they are remembered.
    pub(super) fn known_failures(&self) -> HashSet<Key> {
        self.state().known.clone()
    }

    /// Records a difference that the comparison found.
    pub(super) fn difference(&self, failure: Failure) {
        self.state().failed(failure);
    }

    /// Resolves the failure of a key, recorded but not counted, that the comparison found equal.
    pub(super) fn mended(&self, key: Key) {
        self.state().mended(key);
    }

    /// Resolves the failure of a key, recorded and counted, that the comparison found equal: its copy arrived, the answer
    /// did not.
    pub(super) fn proven_after_all(&self, key: Key) {
        self.state().proven_after_all(key);
    }

    /// Counts a key of mode `verify`, which is found, compared and settled at once.
    pub(super) fn verified_one(&self, bytes: u64, equal: bool) {
        self.state().verified_one(bytes, equal, Instant::now());
    }

    /// Records a complete comparison: what differs counts as failed, whatever it counted as before.
    pub(super) fn verified(&self, verified: Verified) {
        self.state().verified(verified);
    }

    /// Records that all objects were equal: what was planned is what was compared.
    pub(super) fn all_equal(&self, comparison: &Comparison) {
        self.state().compared_all(comparison.source_objects);
    }

    pub(super) fn settled(&self) -> Settled {
        self.state().total
    }
}
