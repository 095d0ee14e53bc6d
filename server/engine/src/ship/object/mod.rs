//! Ships one object: reads, parses and sends it, and accounts for its records.
//!
//! Always: if the object is broken, all records before the fault were shipped, and the summary adds up. An error
//! concerns the whole reprocess; the object is then not settled and is sent again later.

mod failure;
mod sender;

use std::sync::Arc;

use model::{BucketName, Key, ReprocessSpec, Summary};
use tokio::{task::consume_budget, time::Instant};

use self::failure::{failure, unreadable};
pub(super) use self::sender::{ObjectSender, SendOptions};
use super::{
    Events, Origin, ParseOptions, ShipError, Step,
    dead_letters::Source,
    outcome::outcome,
    tracker::{KeyOutcome, Ran, Ticket, Tracker},
};
use crate::{
    clock::now,
    s3::{ETag, Failed, Listed, Reading, S3Client, S3Fault},
};

/// Ships the objects of a reprocess. Cheap to clone.
#[derive(Clone)]
pub(super) struct Shipper {
    pub bucket: BucketName,
    pub store: S3Client,
    pub options: Arc<ParseOptions>,
    pub send_options: SendOptions,
    pub tracker: Tracker,
}

impl Shipper {
    pub fn new(
        spec: &ReprocessSpec,
        store: S3Client,
        record_limit: usize,
        send_options: SendOptions,
        tracker: &Tracker,
    ) -> Self {
        let options = ParseOptions { choice: spec.format.into(), record_limit, window: spec.window, name: None };
        Self {
            bucket: spec.source.bucket.clone(),
            store,
            options: Arc::new(options),
            send_options,
            tracker: tracker.clone(),
        }
    }

    pub async fn ship(&self, ticket: Ticket, object: &Listed) -> Result<KeyOutcome, ShipError> {
        let (started_at, clock) = (now(), Instant::now());
        let opened = self.store.read(&self.bucket, object).await;
        let etag = opened.as_ref().ok().and_then(Reading::etag).or(object.etag.as_ref()).map(ETag::to_string);
        let source =
            Source { bucket: Some(self.bucket.as_str()), key: Some(object.key.as_str()), etag: etag.as_deref() };
        let origin = Origin::object(&self.bucket, &object.key, etag.as_deref().unwrap_or_default());
        let mut events = Events::new(&self.options, origin);
        let mut sender = ObjectSender::new(&self.send_options, source);
        let read = match opened {
            Ok(mut reading) => {
                let streamed = self.stream(ticket, &mut reading, &mut events, &mut sender).await?;
                streamed.map_err(|failed| (reading.at(), failed))
            }
            Err(failed) => Err((0, failed)),
        };
        let unread = match read {
            Ok(()) => None,
            Err((at, failed)) => {
                let failed = object_error(failed)?;
                events.give_up(at, failed.error.to_string());
                Some(failed)
            }
        };
        while events.finish(&mut sender.pending) == Step::Full {
            sender.forward().await?;
        }
        sender.forward().await?;
        let mut summary = events.summary();
        sender.finish(&mut summary).await?;
        summary.duration_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(finished(object.key.clone(), etag, object.size, started_at, summary, unread.as_ref()))
    }

    /// Reads, parses and forwards until the object ends, is broken, or cannot be read any further.
    async fn stream(
        &self,
        ticket: Ticket,
        reading: &mut Reading,
        events: &mut Events,
        sender: &mut ObjectSender<'_>,
    ) -> Result<Result<(), Failed>, ShipError> {
        loop {
            let piece = match reading.next().await {
                Ok(Some(piece)) => piece,
                Ok(None) => return Ok(Ok(())),
                Err(failed) => return Ok(Err(failed)),
            };
            let mut bytes = piece.as_ref();
            loop {
                match events.push(&mut bytes, &mut sender.pending) {
                    Step::Full => sender.forward().await?,
                    Step::NeedsInput => break,
                    Step::Finished => return Ok(Ok(())),
                }
            }
            let (read, lines) = events.position();
            self.tracker.advance(ticket, read, lines);
            consume_budget().await; // parsing must not starve other tasks
        }
    }

    /// The outcome of a key whose object cannot be requested.
    pub fn unreadable(key: Key, failed: &Failed) -> KeyOutcome {
        KeyOutcome::Failed(unreadable(key, failed))
    }
}

/// Passes an error of this object only; an error of the whole reprocess is returned as `Err`.
fn object_error(failed: Failed) -> Result<Failed, ShipError> {
    match failed.error.fault() {
        S3Fault::Stopped => Err(ShipError::Stopped),
        _ if failed.error.fatal() => Err(failed.error.into()),
        _ => Ok(failed),
    }
}

/// The outcome of a run that ended, successful or not.
pub(super) fn finished(
    key: Key,
    etag: Option<String>,
    size: u64,
    started_at: model::Time,
    summary: Summary,
    unread: Option<&Failed>,
) -> KeyOutcome {
    let (outcome, reason) = outcome(&summary);
    let failure = failure(&key, &summary, &reason, unread);
    KeyOutcome::Finished { ran: Box::new(Ran { key, etag, size, started_at, outcome, reason, summary }), failure }
}
