//! A whole clone, from its first page to its proof.

use std::{collections::HashSet, sync::Arc};

use model::{CloneSpec, Comparison, DryRun, Key, Mode, Phase, Proof};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Tracker,
    copier::copy,
    prune::prune,
    retry::retry as retry_failed,
    sides::{Sides, now},
    tracker::Pruning,
    verify::verify,
};
use crate::s3::{Store, Threshold, UnreadableTags};

#[derive(Clone, Debug)]
pub struct Options {
    /// Copies in flight at most; the run finds out how many bring more through.
    pub concurrency: usize,
    /// Compare both listings at the end. Without it there is no proof.
    pub verify: bool,
    /// Objects larger than this are copied in parts, several at once.
    pub multipart_threshold: Threshold,
    /// What becomes of an object whose tags must be read and cannot be.
    pub unreadable_tags: UnreadableTags,
}

/// Keys of earlier failures held for a comparison that may mend them.
const EARLIER: usize = 100_000;

/// Runs, or goes on from the tracker's checkpoint: unfinished ranges first, then the keys of `retry` (those recorded
/// as failed earlier), then the comparison. `Ok(None)` only with `verify: false`. The caller judges success by
/// `Proof::holds` and the tracker's failures.
///
/// A dry run and a comparison are not resumed midway but done again: they change nothing, and must be whole.
///
/// Someone must take from the tracker meanwhile: with more than 10,000 failures untaken it waits.
pub async fn run(
    spec: &CloneSpec,
    source: &Store,
    destination: &Store,
    options: &Options,
    retry: Option<Receiver<Key>>,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<Option<Proof>, CloneError> {
    let sides = Arc::new(Sides::new(spec, source, destination, options).metered(tracker, stop));
    let work = Work { sides, options, tracker, stop };
    let outcome = match (spec.mode, spec.dry_run) {
        (Mode::Verify, _) => work.verify(retry).await.map(Some),
        (Mode::Copy | Mode::Mirror, true) => work.rehearse().await.map(Some),
        (Mode::Copy, false) => work.copy(retry).await,
        (Mode::Mirror, false) => work.mirror(retry).await,
    };
    tracker.halt();
    if outcome.is_ok() {
        tracker.enter(Phase::Finished);
    }
    outcome
}

struct Work<'a> {
    sides: Arc<Sides>,
    options: &'a Options,
    tracker: &'a Tracker,
    stop: &'a CancellationToken,
}

impl Work<'_> {
    async fn copy(&self, retry: Option<Receiver<Key>>) -> Result<Option<Proof>, CloneError> {
        match self.bring_over(retry).await? {
            Some(comparison) if self.options.verify => Ok(Some(Proof::Compared(comparison))),
            _ => self.prove().await,
        }
    }

    /// Whatever ends it early is told together with whether anything was deleted.
    async fn mirror(&self, retry: Option<Receiver<Key>>) -> Result<Option<Proof>, CloneError> {
        let untouched = self.tracker.pruning() == Pruning::Unconfirmed;
        self.copy_all_and_prune(retry).await.map_err(|error| match error {
            CloneError::Stopped => error,
            error if untouched && self.tracker.pruning() == Pruning::Unconfirmed => {
                CloneError::NothingDeleted(Box::new(error))
            }
            error => CloneError::HalfDeleted { deleted: self.tracker.deleted(), source: Box::new(error) },
        })?;
        self.prove().await
    }

    async fn copy_all_and_prune(&self, retry: Option<Receiver<Key>>) -> Result<(), CloneError> {
        if self.sides.spec.plan.is_none() {
            return Err(CloneError::NoPlan);
        }
        self.bring_over(retry).await?;
        match self.tracker.settled().failed {
            0 => prune(&self.sides, self.options.concurrency, self.tracker, self.stop).await,
            failed => Err(CloneError::NotAllCopied { failed }),
        }
    }

    /// Answers a comparison where nothing was to be done.
    async fn bring_over(&self, retry: Option<Receiver<Key>>) -> Result<Option<Comparison>, CloneError> {
        let Self { sides, options, tracker, stop } = self;
        tracker.enter(Phase::Copying);
        let (mut equal, again) = (None, retry.is_some());
        if !tracker.copied() {
            let surveyed = copy(sides, options.concurrency, tracker, stop).await?;
            tracker.all_copied();
            equal = surveyed.comparison(&sides.spec).filter(|_| !again);
        }
        if let Some(keys) = retry {
            retry_failed(sides, options.concurrency, keys, tracker, stop).await?;
        }
        Ok(equal.inspect(|comparison| tracker.all_equal(comparison)))
    }

    async fn prove(&self) -> Result<Option<Proof>, CloneError> {
        let Self { sides, options, tracker, stop } = self;
        if !options.verify {
            return Ok(None);
        }
        tracker.enter(Phase::Verifying);
        let comparison = verify(sides, options.concurrency, tracker.known_failures(), tracker, stop).await?;
        Ok(Some(Proof::Compared(comparison)))
    }

    async fn verify(&self, retry: Option<Receiver<Key>>) -> Result<Proof, CloneError> {
        let Self { sides, options, tracker, stop } = self;
        tracker.start_over();
        tracker.enter(Phase::Verifying);
        let mut earlier = HashSet::new();
        if let Some(mut keys) = retry {
            while let Some(key) = keys.recv().await {
                if earlier.len() < EARLIER {
                    earlier.insert(key);
                }
            }
        }
        let comparison = verify(sides, options.concurrency, earlier, tracker, stop).await?;
        tracker.all_listed();
        Ok(Proof::Compared(comparison))
    }

    async fn rehearse(&self) -> Result<Proof, CloneError> {
        let Self { sides, options, tracker, stop } = self;
        tracker.start_over();
        tracker.enter(Phase::Copying);
        let extra = copy(sides, options.concurrency, tracker, stop).await?.extra;
        tracker.all_copied();
        let settled = tracker.settled();
        Ok(Proof::DryRun(DryRun {
            at: now(),
            source_objects: settled.done + settled.skipped + settled.failed,
            source_bytes: settled.found_bytes,
            would_copy: settled.done,
            would_copy_bytes: settled.bytes,
            would_skip: settled.skipped,
            extra,
            selection: sides.spec.selection.clone(),
        }))
    }
}
