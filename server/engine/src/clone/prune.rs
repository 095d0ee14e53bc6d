//! What makes a mirror of a copy: deletes at the destination what the source does not have. Never on doubt.
//!
//! It runs after the copying, and only if not one object failed. Twice it lists both sides to their ends. The first
//! time it deletes nothing, and compares what only the destination has with the confirmed plan: by count and digest. A
//! difference ends the job. The second time each of these objects goes a way of its own:
//!
//! 1. Written after everything that the preview showed, by the destination's own clock: left and reported.
//! 2. The source is asked for that very key, and must say that it has none.
//! 3. It is deleted if it is still the one listed.
//!
//! Always: what is deleted was listed at the destination and not at the source, by listings that were read to their
//! ends, moments after the whole of it was found to be what somebody confirmed; never more objects than that. One who
//! goes on after a crash finds some of them gone already: the checkpoint remembers that the plan was confirmed, and the
//! rules for each object hold as before.

use std::{sync::Arc, time::Duration};

use model::{Key, Phase, Plan, Reason};
use tokio::{select, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Tracker,
    crew::Crew,
    merge::{Merge, Pair},
    settle::failure,
    sides::Sides,
    sketch::Extras,
    tracker::Pruning,
};
use crate::s3::{Failed, Fault, Listed};

/// How long the confirmation may take into the checkpoint. Without it there, a crash ends in a new preview: a nuisance,
/// and no loss.
const KEPT_WITHIN: Duration = Duration::from_secs(10);

/// The whole of it, or what an earlier attempt has left to do.
pub(super) async fn prune(
    sides: &Arc<Sides>,
    most: usize,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<(), CloneError> {
    let plan = sides.spec.plan.as_ref().ok_or(CloneError::NoPlan)?;
    tracker.enter(Phase::Deleting);
    let prune = Prune { sides, plan, tracker, stop };
    if tracker.pruning() == Pruning::Unconfirmed {
        prune.confirm().await?;
        tracker.set_pruning(Pruning::Confirmed);
        let _ = timeout(KEPT_WITHIN, prune.unless_stopped(tracker.kept())).await;
    }
    if tracker.pruning() == Pruning::Confirmed {
        prune.delete(most).await?;
        tracker.set_pruning(Pruning::Done);
    }
    Ok(())
}

struct Prune<'a> {
    sides: &'a Arc<Sides>,
    plan: &'a Plan,
    tracker: &'a Tracker,
    stop: &'a CancellationToken,
}

impl Prune<'_> {
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, CloneError> {
        select! {
            biased;
            () = self.stop.cancelled() => Err(CloneError::Stopped),
            done = work => Ok(done),
        }
    }

    /// The first listing: is it still what was confirmed?
    async fn confirm(&self) -> Result<(), CloneError> {
        self.source_is_there().await?;
        let mut merge = Merge::open(self.sides, None, None);
        let mut extras = Extras::default();
        while let Some(pair) = self.unless_stopped(merge.next()).await?? {
            self.tracker.passed_over();
            if let Pair::Destination(extra) = pair {
                extras.add(&extra);
            }
        }
        if extras.digest() == self.plan.extras && extras.count == self.plan.to_delete {
            return Ok(());
        }
        Err(CloneError::PlanChanged { planned: self.plan.to_delete, found: extras.count })
    }

    /// The second listing, and what comes of it.
    async fn delete(&self, most: usize) -> Result<(), CloneError> {
        self.source_is_there().await?;
        let mut crew = Crew::new(most, Arc::clone(self.tracker.meter()), self.stop);
        let outcome = self.delete_all(&mut crew).await;
        if outcome.is_err() {
            crew.wind_down().await;
        }
        outcome
    }

    /// A source that had objects and lists none now may have been emptied by mistake, or be another one.
    async fn source_is_there(&self) -> Result<(), CloneError> {
        let from = &self.sides.spec.source;
        let mut listing = self.sides.source.list(&from.bucket, &from.prefix, None);
        while let Some(object) = self.unless_stopped(listing.next()).await?? {
            if self.sides.chosen(&object) {
                return Ok(());
            }
        }
        match self.plan.source_objects {
            0 => Ok(()),
            planned => Err(CloneError::SourceEmpty { planned }),
        }
    }

    async fn delete_all(&self, crew: &mut Crew) -> Result<(), CloneError> {
        let mut merge = Merge::open(self.sides, None, None);
        let mut left = self.plan.to_delete.saturating_sub(self.tracker.deleted());
        while let Some(pair) = crew.until(merge.next()).await?? {
            self.tracker.passed_over();
            let Pair::Destination(extra) = pair else { continue };
            crew.until(self.tracker.room()).await?;
            if self.plan.newest_extra.is_none_or(|newest| extra.modified > newest) {
                self.tracker.left(kept(&extra.key, "it was written after the preview"));
                continue;
            }
            left = left.checked_sub(1).ok_or_else(|| CloneError::PlanChanged {
                planned: self.plan.to_delete,
                found: self.plan.to_delete.saturating_add(1),
            })?;
            let (sides, tracker) = (Arc::clone(self.sides), self.tracker.clone());
            crew.begin(async move { sides.remove(&extra, &tracker).await }).await?;
        }
        crew.finish().await
    }
}

impl Sides {
    /// Err only for what concerns more than this object.
    async fn remove(&self, extra: &Listed, tracker: &Tracker) -> Result<(), CloneError> {
        if let Some(key) = self.source_key(&extra.key) {
            match self.source.holds(&self.spec.source.bucket, &key).await {
                Ok(false) => {}
                Ok(true) => {
                    tracker.left(kept(&key, "the source has it again"));
                    return Ok(());
                }
                Err(refused) => return not_deleted(&extra.key, &refused, tracker),
            }
        }
        match self.destination.delete(&self.spec.destination.bucket, extra).await {
            Ok(()) => tracker.deleted_one(),
            Err(refused) if *refused.error.fault() == Fault::NotFound => tracker.deleted_one(),
            Err(refused) if *refused.error.fault() == Fault::Changed => {
                tracker.left(kept(&extra.key, "it was replaced after it was listed"));
            }
            Err(refused) => return not_deleted(&extra.key, &refused, tracker),
        }
        Ok(())
    }

    /// What a key of the destination would be at the source; `None` if no key can be that, so that the source cannot
    /// have it.
    fn source_key(&self, key: &Key) -> Option<Key> {
        key.moved(&self.spec.destination.prefix, &self.spec.source.prefix)
    }
}

fn kept(key: &Key, why: &str) -> model::Failure {
    failure(key, Reason::Kept, format!("not deleted: {why}"), 0)
}

fn not_deleted(key: &Key, refused: &Failed, tracker: &Tracker) -> Result<(), CloneError> {
    let error = &refused.error;
    let reason = match error.fault() {
        Fault::Stopped => return Err(CloneError::Stopped),
        _ if error.fatal() => return Err(error.clone().into()),
        Fault::Denied => Reason::Denied,
        Fault::Timeout { .. } => Reason::Timeout,
        _ => Reason::Store,
    };
    tracker.left(failure(key, reason, format!("not deleted: {error}"), refused.attempts));
    Ok(())
}
