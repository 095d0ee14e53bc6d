//! One object's run: read, parsed, sent, accounted for.
//!
//! Always: whatever is wrong with the object, what came before it in the object was shipped, and the summary's
//! equations hold. An error concerns the whole reprocess; the object is then not settled, and is sent again later.

mod failure;
mod parcel;

use std::sync::Arc;

use model::{BucketName, Key, ReprocessSpec, Summary};
use tokio::{task::consume_budget, time::Instant};

use self::failure::{failure, unreadable};
pub(super) use self::parcel::{Parcel, Post};
use super::{
    Events, Origin, ParseOptions, ShipError, Step,
    letters::Source,
    outcome::outcome,
    tracker::{Fate, Ran, Ticket, Tracker},
};
use crate::{
    clock::now,
    s3::{ETag, Failed, Listed, Reading, S3Client, S3Fault},
};

/// What ships the objects of a reprocess. Cheap to clone.
#[derive(Clone)]
pub(super) struct Shipper {
    pub bucket: BucketName,
    pub store: S3Client,
    pub options: Arc<ParseOptions>,
    pub post: Post,
    pub tracker: Tracker,
}

impl Shipper {
    pub fn new(spec: &ReprocessSpec, store: S3Client, record_limit: usize, post: Post, tracker: &Tracker) -> Self {
        let options = ParseOptions { choice: spec.format.into(), record_limit, window: spec.window, name: None };
        Self { bucket: spec.source.bucket.clone(), store, options: Arc::new(options), post, tracker: tracker.clone() }
    }

    pub async fn ship(&self, ticket: Ticket, object: &Listed) -> Result<Fate, ShipError> {
        let (started_at, clock) = (now(), Instant::now());
        let opened = self.store.read(&self.bucket, object).await;
        let etag = opened.as_ref().ok().and_then(Reading::etag).or(object.etag.as_ref()).map(ETag::to_string);
        let source =
            Source { bucket: Some(self.bucket.as_str()), key: Some(object.key.as_str()), etag: etag.as_deref() };
        let origin = Origin::object(&self.bucket, &object.key, etag.as_deref().unwrap_or_default());
        let mut events = Events::new(&self.options, origin);
        let mut parcel = Parcel::new(&self.post, source);
        let read = match opened {
            Ok(mut reading) => {
                let poured = self.pour(ticket, &mut reading, &mut events, &mut parcel).await?;
                poured.map_err(|failed| (reading.at(), failed))
            }
            Err(failed) => Err((0, failed)),
        };
        let unread = match read {
            Ok(()) => None,
            Err((at, failed)) => {
                let failed = bearable(failed)?;
                events.give_up(at, failed.error.to_string());
                Some(failed)
            }
        };
        while events.finish(&mut parcel.load) == Step::Full {
            parcel.forward().await?;
        }
        parcel.forward().await?;
        let mut summary = events.summary();
        parcel.finish(&mut summary).await?;
        summary.duration_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(over(object.key.clone(), etag, object.size, started_at, summary, unread.as_ref()))
    }

    /// Reads, parses and forwards until the object ends, breaks, or cannot be read any further.
    async fn pour(
        &self,
        ticket: Ticket,
        reading: &mut Reading,
        events: &mut Events,
        parcel: &mut Parcel<'_>,
    ) -> Result<Result<(), Failed>, ShipError> {
        loop {
            let piece = match reading.next().await {
                Ok(Some(piece)) => piece,
                Ok(None) => return Ok(Ok(())),
                Err(failed) => return Ok(Err(failed)),
            };
            let mut bytes = piece.as_ref();
            loop {
                match events.push(&mut bytes, &mut parcel.load) {
                    Step::Full => parcel.forward().await?,
                    Step::Hungry => break,
                    Step::Over => return Ok(Ok(())),
                }
            }
            let (read, lines) = events.standing();
            self.tracker.advance(ticket, read, lines);
            consume_budget().await; // parsing must not keep other tasks from their turn
        }
    }

    /// A key that cannot be looked at.
    pub fn unreadable(key: Key, failed: &Failed) -> Fate {
        Fate::Failed(unreadable(key, failed))
    }
}

/// An error that concerns this object only.
fn bearable(failed: Failed) -> Result<Failed, ShipError> {
    match failed.error.fault() {
        S3Fault::Stopped => Err(ShipError::Stopped),
        _ if failed.error.fatal() => Err(failed.error.into()),
        _ => Ok(failed),
    }
}

/// A run that came to its end, whatever it brought.
pub(super) fn over(
    key: Key,
    etag: Option<String>,
    size: u64,
    started_at: model::Time,
    summary: Summary,
    unread: Option<&Failed>,
) -> Fate {
    let (outcome, reason) = outcome(&summary);
    let failure = failure(&key, &summary, &reason, unread);
    Fate::Over { ran: Box::new(Ran { key, etag, size, started_at, outcome, reason, summary }), failure }
}
