//! Ships one object: reads, parses and sends it, and accounts for its records.
//!
//! Always: if the object is broken, all records before the fault were shipped, and the summary adds up. An error
//! concerns the whole reprocess; the object is then not settled and is sent again later.

mod failure;
mod sender;

use std::sync::Arc;

use model::{BucketName, Key, ReadingFailure, ReprocessSpec, Summary, Time};
use tokio::{task::consume_budget, time::Instant};

use self::failure::failure;
pub(super) use self::sender::{ObjectSender, SendOptions};
use super::{
    Events, Options, Origin, ParseOptions, ShipError, Step,
    dead_letters::Source,
    outcome::outcome,
    sink::Sink,
    tracker::{KeyOutcome, Ran, Ticket, Tracker},
};
use crate::{
    clock::now,
    log_object::Foreign,
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
        options: &Options,
        send_options: SendOptions,
        tracker: &Tracker,
    ) -> Self {
        let options = ParseOptions {
            choice: spec.format.into(),
            record_limit: options.record_limit,
            window: spec.window,
            name: None,
            transform: options.transform.clone(),
        };
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
        let source = Source {
            bucket: Some(self.bucket.as_str()),
            key: Some(object.key.as_str()),
            etag: etag.as_deref(),
            started_at: Some(started_at),
        };
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
        let object = Shipped { key: object.key.clone(), etag, size: object.size, started_at };
        Ok(finished(object, summary, events.foreign(), unread.as_ref()))
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

    /// The outcome of a key whose object cannot be requested: a run that read nothing, and says why.
    pub fn unreadable(&self, key: Key, failed: &Failed) -> KeyOutcome {
        let mut summary = Summary { sink: self.sink(), acknowledged: self.acknowledges(), ..Summary::default() };
        summary.failures.reading.add(ReadingFailure { byte: 0, reason: failed.error.to_string() });
        finished(Shipped { key, etag: None, size: 0, started_at: now() }, summary, None, Some(failed))
    }

    fn sink(&self) -> Option<String> {
        self.send_options.sink.as_ref().map(Sink::name)
    }

    fn acknowledges(&self) -> bool {
        self.send_options.sink.as_ref().is_some_and(Sink::acknowledges)
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

/// The object of a run.
pub(super) struct Shipped {
    pub key: Key,
    pub etag: Option<String>,
    /// As listed, in bytes.
    pub size: u64,
    pub started_at: Time,
}

/// The outcome of a run that ended, successful or not.
pub(super) fn finished(
    object: Shipped,
    summary: Summary,
    foreign: Option<Foreign>,
    unread: Option<&Failed>,
) -> KeyOutcome {
    let Shipped { key, etag, size, started_at } = object;
    let (outcome, reason) = outcome(&summary, foreign);
    let failure = failure(&key, &summary, &reason, unread);
    let foreign = foreign.is_some() && failure.is_none();
    let ran = Box::new(Ran { key, etag, size, started_at, outcome, reason, summary });
    KeyOutcome::Finished { ran, failure, foreign }
}
