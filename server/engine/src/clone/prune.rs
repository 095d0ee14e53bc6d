//! Deletes extra objects: what only the destination of a mirror has. Never in doubt.
//!
//! It runs after the copying, and only if no object failed. It lists both places twice, to their ends. The first time it
//! deletes nothing, and compares the extra objects with the confirmed plan: by count and digest. A difference ends the
//! job. The second time it goes section by section, and deletes nothing from a section that does not hold exactly what it
//! held before. For each object of a section:
//!
//! 1. If it was written after everything that the preview showed, by the destination's own clock, it is kept and reported.
//! 2. A request must find that the source has no object under that key.
//! 3. It is deleted if it is still the object that was listed.
//!
//! Always: what is deleted was confirmed by a user, and listed just before at the destination and not at the source. After
//! a crash, sections begun since the checkpoint was stored may have lost objects: such a section must hold no more than
//! was confirmed, and the rules for each object apply as before.

use std::{sync::Arc, time::Duration};

use model::{Key, Phase, Plan, Reason};
use tokio::{select, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Tracker,
    endpoints::Endpoints,
    plan_builder::Extras,
    sections::{Cutter, OPEN, Section, Sections},
    settle::failure,
    tracker::Pruning,
    worker_pool::WorkerPool,
};
use crate::{
    listing::{DualListing, KeyRange, Pair},
    s3::{Failed, Listed, S3Fault},
};

/// How long to wait until the caller has stored the checkpoint. If it is not stored, a crash makes a new preview
/// necessary: a nuisance, not a loss.
const STORED_WITHIN: Duration = Duration::from_secs(10);

/// Deletes all extra objects, or those that an earlier attempt has left.
pub(super) async fn prune(
    endpoints: &Arc<Endpoints>,
    most: usize,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<(), CloneError> {
    let plan = endpoints.spec.plan.as_ref().ok_or(CloneError::NoPlan)?;
    tracker.enter(Phase::Deleting);
    let prune = Prune { endpoints, plan, tracker, stop };
    let (sections, began) = match tracker.pruning() {
        Pruning::Done => return Ok(()),
        Pruning::Confirmed(sections) => (sections, Began::Earlier),
        Pruning::Unconfirmed => {
            let sections = prune.confirm().await?;
            tracker.set_pruning(Pruning::Confirmed(sections.clone()));
            let _ = timeout(STORED_WITHIN, prune.unless_stopped(tracker.stored())).await;
            (sections, Began::Now)
        }
    };
    prune.delete(sections, began, most).await?;
    tracker.set_pruning(Pruning::Done);
    Ok(())
}

/// When the deleting began: an earlier attempt may have deleted part of the first sections.
#[derive(PartialEq)]
enum Began {
    Now,
    Earlier,
}

struct Prune<'a> {
    endpoints: &'a Arc<Endpoints>,
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

    /// The first listing: returns the sections if the extra objects are those of the confirmed plan.
    async fn confirm(&self) -> Result<Sections, CloneError> {
        self.source_is_there().await?;
        let mut pairs = self.endpoints.listings().read(&KeyRange::default());
        let (mut extras, mut cutter) = (Extras::default(), Cutter::new());
        while let Some(pair) = self.unless_stopped(pairs.next()).await?? {
            self.tracker.passed_over();
            if let Pair::Destination(extra) = pair {
                extras.add(&extra);
                cutter.add(&extra);
            }
        }
        if extras.digest() == self.plan.extras && extras.count == self.plan.to_delete {
            return Ok(cutter.finish());
        }
        Err(CloneError::PlanChanged { planned: self.plan.to_delete, found: extras.count })
    }

    /// The second listing, with the deleting.
    async fn delete(&self, sections: Sections, began: Began, most: usize) -> Result<(), CloneError> {
        self.source_is_there().await?;
        let mut pool = WorkerPool::new(most, self.tracker, self.stop);
        let outcome = self.delete_all(sections, began, &mut pool).await;
        if outcome.is_err() {
            pool.wind_down().await;
        }
        outcome
    }

    /// Fails if a source that had objects lists none now: somebody may have emptied it by mistake, or it is another bucket.
    async fn source_is_there(&self) -> Result<(), CloneError> {
        let from = &self.endpoints.spec.source;
        let mut listing = self.endpoints.source.list(&from.bucket, &from.prefix, None);
        while let Some(object) = self.unless_stopped(listing.next()).await?? {
            if self.endpoints.chosen(&object) {
                return Ok(());
            }
        }
        match self.plan.source_objects {
            0 => Ok(()),
            planned => Err(CloneError::SourceEmpty { planned }),
        }
    }

    async fn delete_all(&self, sections: Sections, began: Began, pool: &mut WorkerPool) -> Result<(), CloneError> {
        let mut again = SecondListing { pairs: self.endpoints.listings().read(&KeyRange::default()), ahead: None };
        if let Some(after) = &sections.after {
            while again.up_to(after, pool).await?.is_some() {} // done; objects that are still there have been reported
        }
        let partly = if began == Began::Earlier { OPEN } else { 0 };
        for (number, section) in (0..).zip(&sections.left) {
            let _ = timeout(STORED_WITHIN, self.unless_stopped(self.tracker.section_room())).await;
            let extras = self.of_section(section, &mut again, pool).await?;
            if number >= partly && !section.is(&extras) {
                return Err(self.changed(section, extras.len()));
            }
            for extra in extras {
                let (endpoints, tracker) = (Arc::clone(self.endpoints), self.tracker.clone());
                pool.spawn(async move { endpoints.remove(&extra, &tracker).await }).await?;
            }
            pool.join().await?;
            self.tracker.section_done();
        }
        while let Some(extra) = again.next(pool).await? {
            pool.wait_for(self.tracker.room()).await?;
            self.tracker.not_deleted(not_deleted_as(&extra.key, "it was in no preview"));
        }
        Ok(())
    }

    /// The extra objects up to the section's end, except those written since the preview; at most as many as were confirmed.
    async fn of_section(
        &self,
        section: &Section,
        again: &mut SecondListing,
        pool: &mut WorkerPool,
    ) -> Result<Vec<Listed>, CloneError> {
        let mut extras = Vec::new();
        while let Some(extra) = again.up_to(&section.last, pool).await? {
            self.tracker.passed_over();
            if self.plan.newest_extra.is_none_or(|newest| extra.modified > newest) {
                pool.wait_for(self.tracker.room()).await?;
                self.tracker.not_deleted(not_deleted_as(&extra.key, "it was written after the preview"));
                continue;
            }
            extras.push(extra);
            if extras.len() as u64 > section.count {
                return Err(self.changed(section, extras.len()));
            }
        }
        Ok(extras)
    }

    fn changed(&self, section: &Section, found: usize) -> CloneError {
        let planned = self.plan.to_delete;
        CloneError::PlanChanged { planned, found: planned - section.count.min(planned) + found as u64 }
    }
}

/// The second listing: extra objects, read one ahead.
struct SecondListing {
    pairs: DualListing,
    ahead: Option<Listed>,
}

impl SecondListing {
    async fn next(&mut self, pool: &mut WorkerPool) -> Result<Option<Listed>, CloneError> {
        if let Some(extra) = self.ahead.take() {
            return Ok(Some(extra));
        }
        while let Some(pair) = pool.wait_for(self.pairs.next()).await?? {
            if let Pair::Destination(extra) = pair {
                return Ok(Some(extra));
            }
        }
        Ok(None)
    }

    /// The next extra object, unless its key is above `last`.
    async fn up_to(&mut self, last: &Key, pool: &mut WorkerPool) -> Result<Option<Listed>, CloneError> {
        let next = self.next(pool).await?;
        match next {
            Some(extra) if extra.key > *last => {
                self.ahead = Some(extra);
                Ok(None)
            }
            next => Ok(next),
        }
    }
}

impl Endpoints {
    /// Fails only if the error concerns more than this object.
    async fn remove(&self, extra: &Listed, tracker: &Tracker) -> Result<(), CloneError> {
        if let Some(key) = self.source_key(&extra.key) {
            match self.source.holds(&self.spec.source.bucket, &key).await {
                Ok(false) => {}
                Ok(true) => {
                    tracker.not_deleted(not_deleted_as(&key, "the source has it again"));
                    return Ok(());
                }
                Err(refused) => return not_deleted(&extra.key, &refused, tracker),
            }
        }
        match self.destination.delete(&self.spec.destination.bucket, extra).await {
            Ok(()) => self.deleted(extra, tracker),
            Err(refused) if *refused.error.fault() == S3Fault::NotFound => self.deleted(extra, tracker),
            Err(refused) if *refused.error.fault() == S3Fault::Changed => {
                tracker.not_deleted(not_deleted_as(&extra.key, "it was replaced after it was listed"));
            }
            Err(refused) => return not_deleted(&extra.key, &refused, tracker),
        }
        Ok(())
    }

    fn deleted(&self, extra: &Listed, tracker: &Tracker) {
        self.completions.deleted(extra);
        tracker.deleted_one();
    }

    /// The key at the source for a key of the destination; `None` if it would not be a valid key, so that the source
    /// cannot have it.
    fn source_key(&self, key: &Key) -> Option<Key> {
        key.moved(&self.spec.destination.prefix, &self.spec.source.prefix)
    }
}

fn not_deleted_as(key: &Key, why: &str) -> model::Failure {
    failure(key, Reason::Kept, format!("not deleted: {why}"), 0)
}

fn not_deleted(key: &Key, refused: &Failed, tracker: &Tracker) -> Result<(), CloneError> {
    let error = &refused.error;
    match error.fault() {
        S3Fault::Stopped => return Err(CloneError::Stopped),
        _ if error.fatal() => return Err(error.clone().into()),
        _ => {}
    }
    tracker.not_deleted(failure(key, error.reason(), format!("not deleted: {error}"), refused.attempts));
    Ok(())
}
