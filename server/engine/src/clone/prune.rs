//! What makes a mirror of a copy: deletes at the destination what the source does not have. Never on doubt.
//!
//! It runs after the copying, and only if not one object failed. Twice it lists both sides to their ends. The first
//! time it deletes nothing, and compares what only the destination has with the confirmed plan: by count and digest. A
//! difference ends the job. The second time it goes section by section, and deletes nothing of a section that does not
//! hold exactly what it held then. Each of its objects goes a way of its own:
//!
//! 1. Written after everything that the preview showed, by the destination's own clock: left and reported.
//! 2. The source is asked for that very key, and must say that it has none.
//! 3. It is deleted if it is still the one listed.
//!
//! Always: what is deleted is what somebody confirmed, listed at the destination and not at the source just before. One
//! who goes on after a crash finds sections with objects gone, those begun since the checkpoint was stored: of these it is
//! known only that they hold not more than was confirmed, and the rules for each object hold as before.

use std::{sync::Arc, time::Duration};

use model::{Key, Phase, Plan, Reason};
use tokio::{select, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Tracker,
    crew::Crew,
    sections::{Cutter, OPEN, Section, Sections},
    settle::failure,
    sides::Sides,
    sketch::Extras,
    tracker::Pruning,
};
use crate::{
    listing::{DualListing, KeyRange, Pair},
    s3::{Failed, Listed, S3Fault},
};

/// How long what was done may take into the checkpoint. Without it there, a crash ends in a new preview: a nuisance,
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
    let (sections, began) = match tracker.pruning() {
        Pruning::Done => return Ok(()),
        Pruning::Confirmed(sections) => (sections, Began::Earlier),
        Pruning::Unconfirmed => {
            let sections = prune.confirm().await?;
            tracker.set_pruning(Pruning::Confirmed(sections.clone()));
            let _ = timeout(KEPT_WITHIN, prune.unless_stopped(tracker.kept())).await;
            (sections, Began::Now)
        }
    };
    prune.delete(sections, began, most).await?;
    tracker.set_pruning(Pruning::Done);
    Ok(())
}

/// Whether the first sections may have lost some of their objects already.
#[derive(PartialEq)]
enum Began {
    Now,
    Earlier,
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
    async fn confirm(&self) -> Result<Sections, CloneError> {
        self.source_is_there().await?;
        let mut pairs = self.sides.listings().read(&KeyRange::default());
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

    /// The second listing, and what comes of it.
    async fn delete(&self, sections: Sections, began: Began, most: usize) -> Result<(), CloneError> {
        self.source_is_there().await?;
        let mut crew = Crew::new(most, self.tracker, self.stop);
        let outcome = self.delete_all(sections, began, &mut crew).await;
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

    async fn delete_all(&self, sections: Sections, began: Began, crew: &mut Crew) -> Result<(), CloneError> {
        let mut again = Again { pairs: self.sides.listings().read(&KeyRange::default()), ahead: None };
        if let Some(after) = &sections.after {
            while again.up_to(after, crew).await?.is_some() {} // done, and whatever is there still was reported
        }
        let partly = if began == Began::Earlier { OPEN } else { 0 };
        for (number, section) in (0..).zip(&sections.left) {
            let _ = timeout(KEPT_WITHIN, self.unless_stopped(self.tracker.section_room())).await;
            let extras = self.of_section(section, &mut again, crew).await?;
            if number >= partly && !section.is(&extras) {
                return Err(self.changed(section, extras.len()));
            }
            for extra in extras {
                let (sides, tracker) = (Arc::clone(self.sides), self.tracker.clone());
                crew.begin(async move { sides.remove(&extra, &tracker).await }).await?;
            }
            crew.finish().await?;
            self.tracker.section_done();
        }
        while let Some(extra) = again.next(crew).await? {
            crew.until(self.tracker.room()).await?;
            self.tracker.left(kept(&extra.key, "it was in no preview"));
        }
        Ok(())
    }

    /// What only the destination has up to the section's end, but for what was written since; at most as many as were
    /// confirmed.
    async fn of_section(
        &self,
        section: &Section,
        again: &mut Again,
        crew: &mut Crew,
    ) -> Result<Vec<Listed>, CloneError> {
        let mut extras = Vec::new();
        while let Some(extra) = again.up_to(&section.last, crew).await? {
            self.tracker.passed_over();
            if self.plan.newest_extra.is_none_or(|newest| extra.modified > newest) {
                crew.until(self.tracker.room()).await?;
                self.tracker.left(kept(&extra.key, "it was written after the preview"));
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

/// The second listing: what only the destination has, with a look ahead by one.
struct Again {
    pairs: DualListing,
    ahead: Option<Listed>,
}

impl Again {
    async fn next(&mut self, crew: &mut Crew) -> Result<Option<Listed>, CloneError> {
        if let Some(extra) = self.ahead.take() {
            return Ok(Some(extra));
        }
        while let Some(pair) = crew.until(self.pairs.next()).await?? {
            if let Pair::Destination(extra) = pair {
                return Ok(Some(extra));
            }
        }
        Ok(None)
    }

    /// The next one, unless it lies behind `last`.
    async fn up_to(&mut self, last: &Key, crew: &mut Crew) -> Result<Option<Listed>, CloneError> {
        let next = self.next(crew).await?;
        match next {
            Some(extra) if extra.key > *last => {
                self.ahead = Some(extra);
                Ok(None)
            }
            next => Ok(next),
        }
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
            Err(refused) if *refused.error.fault() == S3Fault::NotFound => tracker.deleted_one(),
            Err(refused) if *refused.error.fault() == S3Fault::Changed => {
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
        S3Fault::Stopped => return Err(CloneError::Stopped),
        _ if error.fatal() => return Err(error.clone().into()),
        _ if error.denied() => Reason::Denied,
        S3Fault::Timeout { .. } => Reason::Timeout,
        _ => Reason::Store,
    };
    tracker.left(failure(key, reason, format!("not deleted: {error}"), refused.attempts));
    Ok(())
}
