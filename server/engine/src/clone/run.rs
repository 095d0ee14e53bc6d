//! A whole clone, from its first page to its proof.

use std::{collections::HashSet, sync::Arc};

use model::{CloneSpec, Comparison, DryRun, Key, Mode, Phase, Proof};
use tokio::sync::mpsc::{self, Receiver};
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Tracker, copier::copy, prune::prune, retry::retry as retry_failed, sides::Sides, tracker::Pruning,
    verify::verify,
};
use crate::{
    clock::now,
    s3::{S3Client, Threshold, UnreadableTags},
};

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
/// A store that lists in an order of its own is noticed, and all begun again with sorted listings and without cutting
/// the keys into ranges. A mirror is refused instead: it deletes nothing by such a listing.
///
/// A dry run and a comparison are not resumed midway but done again: they change nothing, and must be whole.
///
/// Someone must take from the tracker meanwhile: with more than 10,000 failures untaken it waits.
pub async fn run(
    spec: &CloneSpec,
    source: &S3Client,
    destination: &S3Client,
    options: &Options,
    retry: Option<Receiver<Key>>,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<Option<Proof>, CloneError> {
    let sides = Arc::new(Sides::new(spec, source, destination, options).metered(tracker, stop));
    let work = Work { sides, options, tracker, stop };
    let mut retry = retry;
    let mut outcome = work.go(&mut retry).await;
    if let Err(error) = &outcome
        && error.unordered()
        && spec.mode != Mode::Mirror
    {
        tracing::warn!(%error, "beginning again with sorted listings");
        tracker.begin_again();
        work.sides.sort_listings();
        outcome = work.go(&mut retry).await;
    }
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
    async fn go(&self, retry: &mut Option<Receiver<Key>>) -> Result<Option<Proof>, CloneError> {
        match (self.sides.spec.mode, self.sides.spec.dry_run) {
            (Mode::Verify, _) => self.verify(retry).await.map(Some),
            (Mode::Copy | Mode::Mirror, true) => self.rehearse().await.map(Some),
            (Mode::Copy, false) => self.copy(retry).await,
            (Mode::Mirror, false) => self.mirror(retry).await,
        }
    }

    async fn copy(&self, retry: &mut Option<Receiver<Key>>) -> Result<Option<Proof>, CloneError> {
        match self.bring_over(retry).await? {
            Some(comparison) if self.options.verify => Ok(Some(Proof::Compared(comparison))),
            _ => self.prove().await,
        }
    }

    /// Whatever ends it early is told together with whether anything was deleted.
    async fn mirror(&self, retry: &mut Option<Receiver<Key>>) -> Result<Option<Proof>, CloneError> {
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

    async fn copy_all_and_prune(&self, retry: &mut Option<Receiver<Key>>) -> Result<(), CloneError> {
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
    async fn bring_over(&self, retry: &mut Option<Receiver<Key>>) -> Result<Option<Comparison>, CloneError> {
        let Self { sides, options, tracker, stop } = self;
        tracker.enter(Phase::Copying);
        let (mut equal, again) = (None, retry.is_some());
        if !tracker.copied() {
            let surveyed = copy(sides, options.concurrency, tracker, stop).await?;
            tracker.all_copied();
            equal = surveyed.comparison(&sides.spec).filter(|_| !again);
        }
        if let Some(keys) = retry.take() {
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
        let verified = verify(sides, options.concurrency, tracker.known_failures(), tracker, stop).await?;
        if verified.unproven.is_empty() {
            return Ok(Some(Proof::Compared(verified.comparison)));
        }
        // Copied by an attempt of which no record is left: copied once more, they are on record.
        tracker.enter(Phase::Copying);
        let (sender, keys) = mpsc::channel(verified.unproven.len());
        for key in verified.unproven {
            drop(sender.try_send(key));
        }
        drop(sender);
        retry_failed(sides, options.concurrency, keys, tracker, stop).await?;
        tracker.enter(Phase::Verifying);
        let verified = verify(sides, options.concurrency, tracker.known_failures(), tracker, stop).await?;
        Ok(Some(Proof::Compared(verified.comparison)))
    }

    async fn verify(&self, retry: &mut Option<Receiver<Key>>) -> Result<Proof, CloneError> {
        let Self { sides, options, tracker, stop } = self;
        tracker.start_over();
        tracker.enter(Phase::Verifying);
        let mut earlier = HashSet::new();
        if let Some(keys) = retry {
            while let Some(key) = keys.recv().await {
                if earlier.len() < EARLIER {
                    earlier.insert(key);
                }
            }
        }
        let verified = verify(sides, options.concurrency, earlier, tracker, stop).await?;
        tracker.all_listed();
        Ok(Proof::Compared(verified.comparison))
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
