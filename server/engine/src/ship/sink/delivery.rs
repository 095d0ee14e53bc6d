//! The delivery of one object to a sink.

use super::{
    Batch, Delivered, SinkError, Undelivered, bulk::BulkDelivery, file::FileDelivery, lines::LinesDelivery,
    lumberjack::LumberjackDelivery,
};

/// Takes the batches of one object. Dropping it, at any moment, claims nothing.
pub struct Delivery {
    protocol: Protocol,
    /// Why the sink cannot continue; final for this delivery.
    stopped: Option<SinkError>,
}

pub(super) enum Protocol {
    Lines(LinesDelivery),
    Lumberjack(Box<LumberjackDelivery>),
    Bulk(BulkDelivery),
    File(FileDelivery),
}

impl Delivery {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self { protocol, stopped: None }
    }

    /// Takes the events of the batch and empties it. Waits while the receiver is slow. Events given up so far are
    /// appended to `undelivered`; that is not an error, and the next batch may follow.
    ///
    /// If the call is cancelled, the rest is sent with the next batch or by [`Self::finish`].
    ///
    /// An error means that the sink cannot continue: nothing more is sent, and only [`Self::finish`] may follow.
    pub async fn send(&mut self, batch: &mut Batch, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        if batch.is_empty() {
            return Ok(());
        }
        if let Some(error) = &self.stopped {
            batch.give_up(.., &error.fault.to_string(), undelivered);
            batch.clear();
            return Err(error.clone());
        }
        let sent = match &mut self.protocol {
            Protocol::Lines(delivery) => delivery.send(batch, undelivered).await,
            Protocol::Lumberjack(delivery) => delivery.send(batch, undelivered).await,
            Protocol::Bulk(delivery) => delivery.send(batch, undelivered).await,
            Protocol::File(delivery) => delivery.send(batch, undelivered).await,
        };
        if let Err(error) = &sent {
            self.stopped = Some(error.clone());
        }
        sent
    }

    /// Waits for the last acknowledgement or the receiver's close. After it every event is accounted for.
    pub async fn finish(self, undelivered: &mut Vec<Undelivered>) -> Delivered {
        match self.protocol {
            Protocol::Lines(delivery) => delivery.finish(undelivered).await,
            Protocol::Lumberjack(delivery) => delivery.finish(undelivered).await,
            Protocol::Bulk(delivery) => delivery.finish(undelivered).await,
            Protocol::File(delivery) => delivery.finish(undelivered).await,
        }
    }
}
