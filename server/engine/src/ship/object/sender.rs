//! Sends the events of one object to the sink, and records those that were given up.

use std::sync::Arc;

use model::{SendingFailure, Summary, Tally};

use crate::ship::{
    ShipError,
    dead_letters::{DeadLetterBuffer, DeadLetterFile, Source},
    error::cut,
    output::PendingBatch,
    sink::{Delivered, Delivery, Pace, Sink, Undelivered},
};

/// Characters kept in a summary of an event that was given up.
const CUT: usize = 200;

/// Bytes of dead letters above which they are written to the file.
const BUFFERED: usize = 64 * 1024;

/// What all objects of a reprocess share.
#[derive(Clone)]
pub(in crate::ship) struct SendOptions {
    /// `None` if events are only parsed.
    pub sink: Option<Sink>,
    pub pace: Option<Arc<Pace>>,
    pub dead_letters: Option<DeadLetterFile>,
    /// Whether an object with events that may still be accepted is sent again whole: these are no dead letters then.
    pub sends_again: bool,
}

pub(in crate::ship) struct ObjectSender<'a> {
    options: &'a SendOptions,
    source: Source<'a>,
    /// Events to forward next.
    pub pending: PendingBatch,
    delivery: Option<Delivery>,
    undelivered: Vec<Undelivered>,
    failures: Tally<SendingFailure>,
    /// Of these, events that the receiver refused and that are kept as dead letters.
    refused: u64,
    /// Records that could not be parsed and are kept whole as dead letters.
    quarantined: u64,
    dead_letters: DeadLetterBuffer,
    /// Whether dead letters were written that may not be on the disk yet.
    unsynced: bool,
}

impl<'a> ObjectSender<'a> {
    pub fn new(options: &'a SendOptions, source: Source<'a>) -> Self {
        let mut limits = options.sink.as_ref().map(Sink::batch_limits).unwrap_or_default();
        limits.events = options.pace.as_ref().map_or(limits.events, |pace| pace.most_at_once().min(limits.events));
        Self {
            options,
            source,
            pending: PendingBatch::new(limits, options.dead_letters.is_some()),
            delivery: None,
            undelivered: Vec::new(),
            failures: Tally::default(),
            refused: 0,
            quarantined: 0,
            dead_letters: DeadLetterBuffer::default(),
            unsynced: false,
        }
    }

    /// Sends the pending events and empties the batch. An error means that sink or disk cannot continue.
    pub async fn forward(&mut self) -> Result<(), ShipError> {
        if self.options.dead_letters.is_some() {
            for (failure, raw) in &self.pending.failures {
                self.quarantined += u64::from(raw.is_some());
                self.dead_letters.unparsed(failure, raw.as_deref(), self.source);
            }
        }
        let batch = &mut self.pending.batch;
        if let Some(sink) = self.options.sink.as_ref().filter(|_| !batch.is_empty()) {
            if let Some(pace) = &self.options.pace {
                pace.turn(batch.marks.len()).await;
            }
            let delivery = match &mut self.delivery {
                Some(delivery) => delivery,
                none => none.insert(sink.delivery().await?),
            };
            delivery.send(batch, &mut self.undelivered).await?;
        }
        self.pending.clear();
        self.note(BUFFERED).await
    }

    /// The buffer for dead letters that failed again; `None` if dead letters are not kept.
    pub fn dead_letters(&mut self) -> Option<&mut DeadLetterBuffer> {
        self.options.dead_letters.is_some().then_some(&mut self.dead_letters)
    }

    /// Counts the events that were given up, and writes dead letters if more than `most` bytes are buffered.
    async fn note(&mut self, most: usize) -> Result<(), ShipError> {
        for undelivered in self.undelivered.drain(..) {
            let kept = self.options.dead_letters.is_some();
            if kept && (undelivered.refused || !self.options.sends_again) {
                self.dead_letters.undelivered(&undelivered, self.source);
            }
            let Undelivered { line, offset, reason, refused, event } = undelivered;
            self.refused += u64::from(kept && refused);
            self.failures.add(SendingFailure { line, offset, reason, cut: cut(&event, CUT) });
        }
        if let Some(file) = &self.options.dead_letters
            && self.dead_letters.len() > most
        {
            file.put(&mut self.dead_letters, false).await?;
            self.unsynced = true;
        }
        Ok(())
    }

    /// Waits until all forwarded events are accounted for and dead letters are on the disk; then completes the summary.
    pub async fn finish(mut self, summary: &mut Summary) -> Result<(), ShipError> {
        let delivered = match self.delivery.take() {
            Some(delivery) => delivery.finish(&mut self.undelivered).await,
            None => Delivered::default(),
        };
        if let Some(error) = delivered.stopped {
            return Err(error.into()); // the object is sent again whole, so that its events are no dead letters
        }
        self.note(usize::MAX).await?;
        if let Some(file) =
            self.options.dead_letters.as_ref().filter(|_| self.unsynced || !self.dead_letters.is_empty())
        {
            file.put(&mut self.dead_letters, true).await?;
        }
        summary.sink = self.options.sink.as_ref().map(Sink::name);
        summary.acknowledged = self.options.sink.as_ref().is_some_and(Sink::acknowledges);
        summary.lines.sent = delivered.sent;
        summary.lines.acknowledged = delivered.acknowledged;
        summary.lines.duplicate = delivered.duplicate;
        summary.connections = delivered.connections;
        summary.failures.sockets = delivered.sockets;
        summary.failures.sending = self.failures;
        summary.failures.refused = self.refused;
        summary.failures.quarantined = self.quarantined;
        summary.bytes.wire = delivered.wire;
        Ok(())
    }
}
