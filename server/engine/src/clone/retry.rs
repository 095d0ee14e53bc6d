//! Tries once more what failed earlier, key by key as the caller remembers them.
//!
//! Each key is looked at anew on both sides. What is right by now, or was copied, is mended; what the source has no
//! more is mended too, as there is nothing left to bring over. So is what is no longer chosen: with its newest version
//! deleted, an object may be an older one again.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use model::Key;
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{Receiver, UnboundedSender},
};
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Tracker,
    copier::copy_planned,
    plan::{Entry, Planned},
    settle::give_up,
    sides::Sides,
    window::Outcome,
};
use crate::s3::{Listed, S3Error, S3Fault};

/// Keys that were looked at and are not settled.
const WAITING: usize = 1_000;

pub(super) async fn retry(
    sides: &Arc<Sides>,
    most: usize,
    keys: Receiver<Key>,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<(), CloneError> {
    let looker = |queue| Looker { sides: Arc::clone(sides), tracker: tracker.clone(), queue }.look_at_all(keys, most);
    copy_planned(sides, most, tracker, stop, looker).await
}

/// Looks at both sides of each key, and queues what is to be compared or copied.
struct Looker {
    sides: Arc<Sides>,
    tracker: Tracker,
    queue: UnboundedSender<Planned>,
}

enum Found {
    /// The source has it no more, or none that is chosen.
    Nothing,
    Failed(Outcome),
    ToSettle(Listed, Option<Listed>),
}

impl Looker {
    async fn look_at_all(self, keys: Receiver<Key>, at_once: usize) -> Result<(), CloneError> {
        let room = Arc::new(Semaphore::new(WAITING));
        let keys = stream::unfold((keys, room), async |(mut keys, room)| {
            let key = keys.recv().await?;
            let permit = Arc::clone(&room).acquire_owned().await.ok()?;
            Some(((key, permit), (keys, room)))
        });
        keys.map(Ok).try_for_each_concurrent(at_once, |(key, permit)| self.look_at(key, permit)).await
    }

    async fn look_at(&self, key: Key, permit: OwnedSemaphorePermit) -> Result<(), CloneError> {
        self.tracker.room().await;
        self.tracker.retry_began();
        match self.find(&key).await? {
            Found::Nothing => self.tracker.retried(key, None),
            Found::Failed(outcome) => self.tracker.retried(key, Some(outcome)),
            Found::ToSettle(source, destination) => {
                let entry = Entry::Failed { _room: permit };
                entry.held_back(&self.tracker);
                // Refused where the copier has ended, which then says why.
                let _ = self.queue.send(Planned { entry, source, destination, refused: 0 });
            }
        }
        Ok(())
    }

    async fn find(&self, key: &Key) -> Result<Found, CloneError> {
        let sides = &self.sides;
        match sides.source.head(&sides.spec.source.bucket, key).await {
            Ok(head) if sides.chosen(&head.object) => Ok(Found::ToSettle(head.object, destination(sides, key).await?)),
            Ok(_) => Ok(Found::Nothing),
            Err(refused) if *refused.error.fault() == S3Fault::NotFound => Ok(Found::Nothing),
            Err(refused) => give_up(key, &refused.error, refused.attempts).map(Found::Failed),
        }
    }
}

/// A destination that cannot be looked at is written anew.
async fn destination(sides: &Sides, key: &Key) -> Result<Option<Listed>, CloneError> {
    let Some(key) = sides.destination_key(key) else { return Ok(None) };
    match sides.destination.head(&sides.spec.destination.bucket, &key).await.map_err(S3Error::from) {
        Ok(head) => Ok(Some(head.object)),
        Err(error) if error.fatal() => Err(error.into()),
        Err(_) => Ok(None),
    }
}
