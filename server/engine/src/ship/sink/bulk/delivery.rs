//! The delivery of one object by bulk requests.

use std::{collections::VecDeque, sync::Arc};

use tokio::{
    sync::OwnedSemaphorePermit,
    task::{JoinError, JoinSet},
};

use super::{
    client::Bulk,
    request::FRAMING,
    task::{Settled, send_piece},
};
use crate::ship::sink::{Batch, Delivered, SinkError, Undelivered, piece::Piece, unconfirmed::BatchPool};

pub struct BulkDelivery {
    bulk: Arc<Bulk>,
    /// Pieces not yet sent.
    waiting: VecDeque<Piece>,
    in_flight: JoinSet<Settled>,
    spare: BatchPool,
    delivered: Delivered,
}

impl BulkDelivery {
    pub(super) fn new(bulk: Arc<Bulk>) -> Self {
        Self {
            bulk,
            waiting: VecDeque::new(),
            in_flight: JoinSet::new(),
            spare: BatchPool::default(),
            delivered: Delivered::default(),
        }
    }

    pub async fn send(&mut self, batch: &mut Batch, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        let batch = self.spare.swap(batch);
        self.bulk.limits().cut(&batch, FRAMING + self.bulk.index_bytes(), &mut self.waiting);
        drop(batch);
        self.begin_all(undelivered).await
    }

    pub async fn finish(mut self, undelivered: &mut Vec<Undelivered>) -> Delivered {
        // On an error the affected events are given up already; requests in flight complete by themselves.
        let mut stopped = self.begin_all(undelivered).await.err();
        while let Some(settled) = self.in_flight.join_next().await {
            stopped = stopped.or(self.record(settled, undelivered).err());
        }
        Delivered { stopped, ..self.delivered }
    }

    /// Begins a request for each waiting piece as permits become free.
    async fn begin_all(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        while !self.waiting.is_empty() {
            let places = Arc::clone(&self.bulk.places);
            let place = tokio::select! {
                biased;
                Some(settled) = self.in_flight.join_next() => {
                    self.record(settled, undelivered)?;
                    continue;
                }
                place = places.acquire_owned() => place,
            };
            self.begin(place.ok());
        }
        Ok(())
    }

    /// Begins the next request. Without a permit it does nothing, which cannot happen as the semaphore is never closed.
    fn begin(&mut self, place: Option<OwnedSemaphorePermit>) {
        if let (Some(place), Some(piece)) = (place, self.waiting.pop_front()) {
            let bulk = Arc::clone(&self.bulk);
            self.in_flight.spawn(async move {
                let settled = send_piece(bulk, piece).await;
                drop(place);
                settled
            });
        }
    }

    fn record(
        &mut self,
        settled: Result<Settled, JoinError>,
        undelivered: &mut Vec<Undelivered>,
    ) -> Result<(), SinkError> {
        let Settled { batch, delivered, undelivered: given_back, error } = match settled {
            Ok(settled) => settled,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        self.spare.put(batch);
        self.delivered.add(delivered);
        undelivered.extend(given_back);
        let Some(error) = error else { return Ok(()) };
        for Piece { batch, events } in self.waiting.drain(..) {
            batch.give_up(events, &error.fault.to_string(), undelivered);
        }
        Err(error)
    }
}
