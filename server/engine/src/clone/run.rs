//! A whole clone, from its first page to its proof.

use std::{collections::HashSet, sync::Arc};

use model::{CloneSpec, Comparison, DryRun, Key, Mode, Phase, Proof};
use tokio::sync::mpsc::{self, Receiver};
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Options, Tracker,
    check::{check_tags, mover},
    copier::copy,
    endpoints::Endpoints,
    job_ceilings::limited,
    plan::PlanTotals,
    prune::prune,
    retry::retry as retry_failed,
    tracker::Pruning,
    verify::verify,
};
use crate::{clock::now, s3::S3Client};

/// Most keys of earlier failures kept for a comparison, which resolves those that are equal now.
const EARLIER: usize = 100_000;

/// Runs a clone, or resumes it from the tracker's checkpoint: unfinished ranges first, then the keys of `retry` (those
/// recorded as failed earlier), then the comparison. `Ok(None)` only with `verify: false`. The caller judges success by
/// `Proof::holds` and the tracker's failures.
///
/// If a store lists in an order of its own, the clone starts again with sorted listings and without splitting the keys
/// into ranges. A mirror ends with an error instead: it deletes nothing by such a listing.
///
/// A dry run and a comparison are not resumed midway but repeated: they change nothing, and must be complete.
///
/// The caller must take from the tracker meanwhile: with 10,000 failures not taken, the clone waits.
pub async fn run(
    spec: &CloneSpec,
    source: &S3Client,
    destination: &S3Client,
    options: &Options,
    retry: Option<Receiver<Key>>,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<Option<Proof>, CloneError> {
    mover(spec, source, destination)?;
    if spec.selection.keys_from.is_some() != options.keys.is_some() {
        return Err(CloneError::NoKeys);
    }
    if let Some(key) = options.keys.as_ref().and_then(|keys| keys.first()) {
        check_tags(spec, source, destination, &key).await?;
    }
    let (source, destination, _following_hours) = limited(source, destination, &spec.limits)?;
    let concurrency = spec.limits.concurrency.and_then(|most| usize::try_from(most.get()).ok());
    let options = &Options {
        concurrency: concurrency.map_or(options.concurrency, |most| most.min(options.concurrency)),
        ..options.clone()
    };
    let endpoints = Arc::new(Endpoints::new(spec, &source, &destination, options).metered(tracker, stop));
    let work = Work { endpoints, options, tracker, stop };
    let mut retry = retry;
    // Behind a pointer: it holds all that a clone does, and its callers hold it.
    let mut outcome = Box::pin(work.go(&mut retry)).await;
    if let Err(error) = &outcome
        && error.unordered()
        && spec.mode != Mode::Mirror
    {
        tracing::warn!(%error, "a store does not list in key order; the clone starts again with sorted listings");
        tracker.begin_again();
        work.endpoints.sort_listings();
        outcome = Box::pin(work.go(&mut retry)).await;
    }
    tracker.halt();
    if outcome.is_ok() {
        tracker.enter(Phase::Finished);
    }
    outcome
}

struct Work<'a> {
    endpoints: Arc<Endpoints>,
    options: &'a Options,
    tracker: &'a Tracker,
    stop: &'a CancellationToken,
}

impl Work<'_> {
    async fn go(&self, retry: &mut Option<Receiver<Key>>) -> Result<Option<Proof>, CloneError> {
        match (self.endpoints.spec.mode, self.endpoints.spec.dry_run) {
            (Mode::Verify, _) => self.verify(retry).await.map(Some),
            (Mode::Copy | Mode::Mirror, true) => self.dry_run().await.map(Some),
            (Mode::Copy, false) => self.copy(retry).await,
            (Mode::Mirror, false) => self.mirror(retry).await,
        }
    }

    async fn copy(&self, retry: &mut Option<Receiver<Key>>) -> Result<Option<Proof>, CloneError> {
        match self.copy_all(retry).await? {
            Some(comparison) if self.options.verify => Ok(Some(Proof::Compared(comparison))),
            _ => self.prove().await,
        }
    }

    /// Every error also says whether anything was deleted.
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
        if self.endpoints.spec.plan.is_none() {
            return Err(CloneError::NoPlan);
        }
        self.copy_all(retry).await?;
        match self.tracker.settled().failed {
            0 => prune(&self.endpoints, self.options.concurrency, self.tracker, self.stop).await,
            failed => Err(CloneError::NotAllCopied { failed }),
        }
    }

    /// Copies what is missing or different. Returns a comparison if nothing had to be copied.
    async fn copy_all(&self, retry: &mut Option<Receiver<Key>>) -> Result<Option<Comparison>, CloneError> {
        let Self { endpoints, options, tracker, stop } = self;
        tracker.enter(Phase::Copying);
        let (mut equal, again) = (None, retry.is_some());
        if !tracker.copied() {
            let totals = copy(endpoints, options.concurrency, tracker, stop).await?;
            tracker.all_copied();
            equal = totals.comparison(&endpoints.spec).filter(|_| !again);
        }
        if let Some(keys) = retry.take() {
            retry_failed(endpoints, options.concurrency, keys, tracker, stop).await?;
        }
        Ok(equal.inspect(|comparison| tracker.all_equal(comparison)))
    }

    async fn prove(&self) -> Result<Option<Proof>, CloneError> {
        let Self { endpoints, options, tracker, stop } = self;
        if !options.verify {
            return Ok(None);
        }
        tracker.enter(Phase::Verifying);
        let verified = verify(endpoints, options.concurrency, tracker.known_failures(), tracker, stop).await?;
        if verified.unproven.is_empty() {
            return Ok(Some(Proof::Compared(verified.comparison)));
        }
        // An earlier attempt copied these, and its records are gone: after another copy they are on record.
        tracker.enter(Phase::Copying);
        let (sender, keys) = mpsc::channel(verified.unproven.len());
        for key in verified.unproven {
            drop(sender.try_send(key));
        }
        drop(sender);
        retry_failed(endpoints, options.concurrency, keys, tracker, stop).await?;
        tracker.enter(Phase::Verifying);
        let verified = verify(endpoints, options.concurrency, tracker.known_failures(), tracker, stop).await?;
        Ok(Some(Proof::Compared(verified.comparison)))
    }

    async fn verify(&self, retry: &mut Option<Receiver<Key>>) -> Result<Proof, CloneError> {
        let Self { endpoints, options, tracker, stop } = self;
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
        let verified = verify(endpoints, options.concurrency, earlier, tracker, stop).await?;
        tracker.all_listed();
        Ok(Proof::Compared(verified.comparison))
    }

    async fn dry_run(&self) -> Result<Proof, CloneError> {
        let Self { endpoints, options, tracker, stop } = self;
        tracker.start_over();
        tracker.enter(Phase::Copying);
        let PlanTotals { extra, left_out, .. } = copy(endpoints, options.concurrency, tracker, stop).await?;
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
            left_out,
            selection: endpoints.spec.selection.clone(),
        }))
    }
}
