//! One object's way through bulk requests.

use std::{collections::VecDeque, sync::Arc};

use tokio::{
    sync::OwnedSemaphorePermit,
    task::{JoinError, JoinSet},
};

use super::{
    client::Bulk,
    request::FRAMING,
    task::{Settled, see_through},
};
use crate::ship::sink::{Batch, Delivered, SinkError, Undelivered, held::Spare, piece::Piece};

pub struct BulkDelivery {
    bulk: Arc<Bulk>,
    /// Not under way yet.
    waiting: VecDeque<Piece>,
    under_way: JoinSet<Settled>,
    spare: Spare,
    delivered: Delivered,
}

impl BulkDelivery {
    pub(super) fn new(bulk: Arc<Bulk>) -> Self {
        Self {
            bulk,
            waiting: VecDeque::new(),
            under_way: JoinSet::new(),
            spare: Spare::default(),
            delivered: Delivered::default(),
        }
    }

    pub async fn send(&mut self, batch: &mut Batch, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        let batch = self.spare.swap(batch);
        self.bulk.limits.cut(&batch, FRAMING, &mut self.waiting);
        drop(batch);
        self.begin_all(undelivered).await
    }

    pub async fn finish(mut self, undelivered: &mut Vec<Undelivered>) -> Delivered {
        // An error has given back what it concerns; what is under way sees itself through.
        let _ = self.begin_all(undelivered).await;
        while let Some(settled) = self.under_way.join_next().await {
            let _ = self.take_in(settled, undelivered);
        }
        self.delivered
    }

    /// Begins one request after the other as there are places for them.
    async fn begin_all(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        while !self.waiting.is_empty() {
            let places = Arc::clone(&self.bulk.places);
            let place = tokio::select! {
                biased;
                Some(settled) = self.under_way.join_next() => {
                    self.take_in(settled, undelivered)?;
                    continue;
                }
                place = places.acquire_owned() => place,
            };
            self.begin(place.ok());
        }
        Ok(())
    }

    /// Nothing without a place: the semaphore is never closed.
    fn begin(&mut self, place: Option<OwnedSemaphorePermit>) {
        if let (Some(place), Some(piece)) = (place, self.waiting.pop_front()) {
            let bulk = Arc::clone(&self.bulk);
            self.under_way.spawn(async move {
                let settled = see_through(bulk, piece).await;
                drop(place);
                settled
            });
        }
    }

    fn take_in(
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
