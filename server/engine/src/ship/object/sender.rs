//! The events of one object on their way into the sink, with a count of all that did not get there.

use std::sync::Arc;

use model::{SendingFailure, Summary, Tally};

use crate::ship::{
    ShipError,
    error::cut,
    letters::{Bundle, LetterBox, Source},
    output::Load,
    sink::{Delivered, Delivery, Pace, Sink, Undelivered},
};

/// Characters of an undelivered event that a summary keeps.
const CUT: usize = 200;

/// Bytes of letters that are not held in memory any longer.
const LETTERS: usize = 64 * 1024;

/// Events of one batch at most.
const EVENTS: usize = 2_000;

/// What is shared by all parcels of a reprocess.
#[derive(Clone)]
pub(in crate::ship) struct Post {
    /// `None`: events are only parsed.
    pub sink: Option<Sink>,
    pub pace: Option<Arc<Pace>>,
    pub letters: Option<LetterBox>,
}

pub(in crate::ship) struct Parcel<'a> {
    post: &'a Post,
    source: Source<'a>,
    /// What is to be forwarded next.
    pub load: Load,
    delivery: Option<Delivery>,
    undelivered: Vec<Undelivered>,
    failures: Tally<SendingFailure>,
    bundle: Bundle,
    /// Letters were written that may not be on the disk yet.
    unsynced: bool,
}

impl<'a> Parcel<'a> {
    pub fn new(post: &'a Post, source: Source<'a>) -> Self {
        let most = post.pace.as_ref().map_or(EVENTS, |pace| pace.most_at_once().min(EVENTS));
        Self {
            post,
            source,
            load: Load::new(most),
            delivery: None,
            undelivered: Vec::new(),
            failures: Tally::default(),
            bundle: Bundle::default(),
            unsynced: false,
        }
    }

    /// Hands the load over, and leaves it empty. An error says that sink or disk cannot go on.
    pub async fn forward(&mut self) -> Result<(), ShipError> {
        if self.post.letters.is_some() {
            self.load.failures.iter().for_each(|failure| self.bundle.unparsed(failure, self.source));
        }
        self.load.failures.clear();
        let batch = &mut self.load.batch;
        if let Some(sink) = self.post.sink.as_ref().filter(|_| !batch.is_empty()) {
            if let Some(pace) = &self.post.pace {
                pace.turn(batch.marks.len()).await;
            }
            let delivery = match &mut self.delivery {
                Some(delivery) => delivery,
                none => none.insert(sink.delivery().await?),
            };
            delivery.send(batch, &mut self.undelivered).await?;
        }
        self.load.batch.clear();
        self.note(LETTERS).await
    }

    /// A letter that stays one.
    pub fn bundle(&mut self) -> Option<&mut Bundle> {
        self.post.letters.is_some().then_some(&mut self.bundle)
    }

    /// Counts what was given up, and writes letters once there are so many bytes of them.
    async fn note(&mut self, most: usize) -> Result<(), ShipError> {
        for undelivered in self.undelivered.drain(..) {
            if self.post.letters.is_some() {
                self.bundle.undelivered(&undelivered, self.source.etag);
            }
            let Undelivered { line, offset, reason, event } = undelivered;
            self.failures.add(SendingFailure { line, offset, reason, cut: cut(&event, CUT) });
        }
        if let Some(letters) = &self.post.letters
            && self.bundle.len() > most
        {
            letters.put(&mut self.bundle, false).await?;
            self.unsynced = true;
        }
        Ok(())
    }

    /// Waits until all that was forwarded is accounted for and letters are on the disk; then says so in the summary.
    pub async fn finish(mut self, summary: &mut Summary) -> Result<(), ShipError> {
        let delivered = match self.delivery.take() {
            Some(delivery) => delivery.finish(&mut self.undelivered).await,
            None => Delivered::default(),
        };
        self.note(usize::MAX).await?;
        if let Some(letters) = self.post.letters.as_ref().filter(|_| self.unsynced || !self.bundle.is_empty()) {
            letters.put(&mut self.bundle, true).await?;
        }
        summary.sink = self.post.sink.as_ref().map(Sink::name);
        summary.acknowledged = self.post.sink.as_ref().is_some_and(Sink::acknowledges);
        summary.lines.sent = delivered.sent;
        summary.lines.acknowledged = delivered.acknowledged;
        summary.lines.duplicate = delivered.duplicate;
        summary.connections = delivered.connections;
        summary.failures.sockets = delivered.sockets;
        summary.failures.sending = self.failures;
        summary.bytes.wire = delivered.wire;
        Ok(())
    }
}
