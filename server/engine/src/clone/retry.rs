//! Tries once more what failed earlier, key by key as the caller remembers them.
//!
//! Each key is looked at anew on both sides. What is right by now, or was copied, is mended; what the source has no
//! more is mended too, as there is nothing left to bring over. So is what is no longer chosen: with its newest version
//! deleted, an object may be an older one again.

use std::sync::Arc;

use model::Key;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::{
    CloneError, Tracker,
    crew::Crew,
    settle::{Fate, give_up},
    sides::Sides,
    window::Outcome,
};
use crate::s3::{Fault, Listed, StoreError};

pub(super) async fn retry(
    sides: &Arc<Sides>,
    most: usize,
    keys: &mut Receiver<Key>,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<(), CloneError> {
    let mut crew = Crew::new(most, tracker, stop);
    let outcome = retry_all(&mut crew, sides, keys, tracker).await;
    if outcome.is_err() {
        crew.wind_down().await;
    }
    outcome
}

async fn retry_all(
    crew: &mut Crew,
    sides: &Arc<Sides>,
    keys: &mut Receiver<Key>,
    tracker: &Tracker,
) -> Result<(), CloneError> {
    while let Some(key) = crew.until(keys.recv()).await? {
        crew.until(tracker.room()).await?;
        let (sides, tracker) = (Arc::clone(sides), tracker.clone());
        crew.begin(async move {
            tracker.retry_began();
            let outcome = once_more(&sides, &key).await?;
            tracker.retried(key, outcome);
            Ok(())
        })
        .await?;
    }
    crew.finish().await
}

/// `None`: the source has it no more, or none that is chosen.
async fn once_more(sides: &Sides, key: &Key) -> Result<Option<Outcome>, CloneError> {
    let source = match sides.source.head(&sides.spec.source.bucket, key).await {
        Ok(head) if sides.chosen(&head.object) => head.object,
        Ok(_) => return Ok(None),
        Err(refused) if *refused.error.fault() == Fault::NotFound => return Ok(None),
        Err(refused) => return give_up(key, &refused.error, refused.attempts).map(Some),
    };
    let destination = destination(sides, key).await?;
    match sides.settle(source, destination.as_ref()).await? {
        Fate::Settled(outcome) => Ok(Some(outcome)),
        // No turns are given here.
        Fate::HeldBack(failed) => give_up(key, &failed.error, failed.attempts).map(Some),
    }
}

/// A destination that cannot be looked at is written anew.
async fn destination(sides: &Sides, key: &Key) -> Result<Option<Listed>, CloneError> {
    let Some(key) = sides.destination_key(key) else { return Ok(None) };
    match sides.destination.head(&sides.spec.destination.bucket, &key).await.map_err(StoreError::from) {
        Ok(head) => Ok(Some(head.object)),
        Err(error) if error.fatal() => Err(error.into()),
        Err(_) => Ok(None),
    }
}
