//! Retries the keys that failed earlier, as the caller has recorded them.
//!
//! Each key is read again at both places. Its failure is resolved if the object is equal now or was copied; also if the
//! source no longer has it, as there is nothing left to copy, or if the selection no longer chooses it: with its newest
//! version deleted, an object may be an older one again.

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
    endpoints::Endpoints,
    planned::{Entry, Planned},
    settle::{failed_by_key, give_up},
    window::Outcome,
};
use crate::s3::{Listed, S3Error, S3Fault, is_odd, stood_for};

/// Most keys that were read and are not settled.
const WAITING: usize = 1_000;

pub(super) async fn retry(
    endpoints: &Arc<Endpoints>,
    most: usize,
    keys: Receiver<Key>,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<(), CloneError> {
    let planner =
        |queue| RetryPlanner { endpoints: Arc::clone(endpoints), tracker: tracker.clone(), queue }.plan_all(keys, most);
    copy_planned(endpoints, most, tracker, stop, planner).await
}

/// Reads each key at both places, and queues what must be compared or copied.
struct RetryPlanner {
    endpoints: Arc<Endpoints>,
    tracker: Tracker,
    queue: UnboundedSender<Planned>,
}

enum Found {
    /// The source has no such object, or none that the selection chooses.
    Nothing,
    Failed(Outcome),
    ToSettle(Listed, Option<Listed>),
}

impl RetryPlanner {
    async fn plan_all(self, keys: Receiver<Key>, at_once: usize) -> Result<(), CloneError> {
        let room = Arc::new(Semaphore::new(WAITING));
        let keys = stream::unfold((keys, room), async |(mut keys, room)| {
            let key = keys.recv().await?;
            let permit = Arc::clone(&room).acquire_owned().await.ok()?;
            Some(((key, permit), (keys, room)))
        });
        keys.map(Ok).try_for_each_concurrent(at_once, |(key, permit)| self.plan(key, permit)).await
    }

    async fn plan(&self, key: Key, permit: OwnedSemaphorePermit) -> Result<(), CloneError> {
        self.tracker.room().await;
        self.tracker.retry_began();
        match self.find(&key).await? {
            Found::Nothing => self.tracker.retried(key, None),
            Found::Failed(outcome) => self.tracker.retried(key, Some(outcome)),
            Found::ToSettle(source, destination) => {
                let entry = Entry::Failed { _room: permit };
                entry.held_back(&self.tracker);
                // Fails where the copier has ended, which then returns its own error.
                let _ = self.queue.send(Planned { entry, source, destination, refused: 0 });
            }
        }
        Ok(())
    }

    async fn find(&self, key: &Key) -> Result<Found, CloneError> {
        let endpoints = &self.endpoints;
        if is_odd(key) {
            return self.find_odd(key).await;
        }
        match endpoints.source.head(&endpoints.spec.source.bucket, key).await {
            Ok(head) if endpoints.chosen(&head.object) => {
                Ok(Found::ToSettle(head.object, destination(endpoints, key).await?))
            }
            Ok(_) => Ok(Found::Nothing),
            Err(refused) if *refused.error.fault() == S3Fault::NotFound => Ok(Found::Nothing),
            Err(refused) => give_up(key, &refused.error, refused.attempts).map(Found::Failed),
        }
    }
}

impl RetryPlanner {
    /// An object whose key is none fails as long as it is there.
    async fn find_odd(&self, key: &Key) -> Result<Found, CloneError> {
        let source = &self.endpoints.source;
        let gone = match source.head(&self.endpoints.spec.source.bucket, key).await.map_err(S3Error::from) {
            Err(error) if error.fatal() => return Err(error.into()),
            Err(error) => *error.fault() == S3Fault::NotFound && stood_for(key).is_some(),
            Ok(_) => false,
        };
        Ok(if gone { Found::Nothing } else { Found::Failed(failed_by_key(key)) })
    }
}

/// The object at the destination. One that cannot be read is written again.
async fn destination(endpoints: &Endpoints, key: &Key) -> Result<Option<Listed>, CloneError> {
    let Some(key) = endpoints.destination_key(key) else { return Ok(None) };
    match endpoints.destination.head(&endpoints.spec.destination.bucket, &key).await.map_err(S3Error::from) {
        Ok(head) => Ok(Some(head.object)),
        Err(error) if error.fatal() => Err(error.into()),
        Err(_) => Ok(None),
    }
}
