//! One object's way through a sink.

use super::{
    Batch, Delivered, SinkError, Undelivered, bulk::BulkDelivery, file::FileDelivery, lines::LinesDelivery,
    lumberjack::LumberjackDelivery,
};

/// Takes the batches of one object. Dropping it, at any moment, claims nothing.
pub struct Delivery {
    way: Way,
    /// Once the sink cannot go on, it does not for this delivery.
    stopped: Option<SinkError>,
}

pub(super) enum Way {
    Lines(LinesDelivery),
    Lumberjack(Box<LumberjackDelivery>),
    Bulk(BulkDelivery),
    File(FileDelivery),
}

impl Delivery {
    pub(super) fn new(way: Way) -> Self {
        Self { way, stopped: None }
    }

    /// Takes the batch, and leaves it empty. Waits as long as the receiver is slow. What was given up by then is
    /// appended to `undelivered`; that is no error, and the next batch may follow.
    ///
    /// If it is dropped half-way, the rest goes with the next batch or with the end.
    ///
    /// An error says that the sink cannot go on: nothing more is sent, only [`Self::finish`] is of use.
    pub async fn send(&mut self, batch: &mut Batch, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        if batch.is_empty() {
            return Ok(());
        }
        if let Some(error) = &self.stopped {
            batch.give_up(.., &error.fault.to_string(), undelivered);
            batch.clear();
            return Err(error.clone());
        }
        let sent = match &mut self.way {
            Way::Lines(way) => way.send(batch, undelivered).await,
            Way::Lumberjack(way) => way.send(batch, undelivered).await,
            Way::Bulk(way) => way.send(batch, undelivered).await,
            Way::File(way) => way.send(batch, undelivered).await,
        };
        if let Err(error) = &sent {
            self.stopped = Some(error.clone());
        }
        sent
    }

    /// Waits for the last acknowledgement or the receiver's close. After it every event is accounted for.
    pub async fn finish(self, undelivered: &mut Vec<Undelivered>) -> Delivered {
        match self.way {
            Way::Lines(way) => way.finish(undelivered).await,
            Way::Lumberjack(way) => way.finish(undelivered).await,
            Way::Bulk(way) => way.finish(undelivered).await,
            Way::File(way) => way.finish(undelivered).await,
        }
    }
}
