//! Sends a piece of events, and repeats those that the receiver could not accept yet, until each event is settled.

use std::{collections::VecDeque, sync::Arc};

use super::{
    answer::{Answer, Item},
    client::Bulk,
    request,
};
use crate::ship::sink::{
    Batch, Delivered, SinkError, Undelivered, error::SinkFault, piece::Piece, retry_budget::RetryBudget,
};

/// The result for the events of a piece.
pub(super) struct Settled {
    pub batch: Arc<Batch>,
    pub delivered: Delivered,
    pub undelivered: Vec<Undelivered>,
    /// Why the sink cannot continue.
    pub error: Option<SinkError>,
}

pub(super) async fn send_piece(bulk: Arc<Bulk>, piece: Piece) -> Settled {
    let Piece { batch, events } = piece;
    let mut settled = Settled { batch, delivered: Delivered::default(), undelivered: Vec::new(), error: None };
    let all = events.len() as u64;
    let mut retries = RetryBudget::new(bulk.patience);
    // Events still to send, request by request.
    let mut requests = VecDeque::from([events.collect::<Vec<_>>()]);
    while let Some(events) = requests.pop_front() {
        bulk.pace.turn(events.len()).await;
        let answer = match request::body(&settled.batch, &events, bulk.compression) {
            Ok(body) => bulk.post(body, events.len(), &mut retries, &mut settled.delivered).await,
            Err(error) => Answer::Rejected { why: error.to_string() },
        };
        if settled.delivered.wire > 0 {
            settled.delivered.sent = all;
        }
        let fault = match answer {
            Answer::Items(items) => {
                let later = settled.record(&events, items, &mut retries);
                if later.is_empty() {
                    continue;
                }
                if retries.wait().await.is_ok() {
                    requests.push_front(later.into_iter().map(|(event, _)| event).collect());
                } else {
                    for (event, why) in later {
                        settled.give_up(&[event], &format!("not accepted within the patience time: {why}"));
                    }
                }
                continue;
            }
            Answer::TooLarge { .. } if events.len() > 1 => {
                let (first, second) = events.split_at(events.len() / 2);
                requests.push_front(second.to_vec());
                requests.push_front(first.to_vec());
                continue;
            }
            Answer::TooLarge { why } | Answer::Rejected { why } => {
                settled.give_up(&events, &why);
                continue;
            }
            Answer::Later(fault) => {
                if retries.wait().await.is_ok() {
                    requests.push_front(events);
                    continue;
                }
                fault
            }
            Answer::Never(fault) => fault,
        };
        requests.push_front(events);
        settled.stop(fault, &bulk.name, requests);
        break;
    }
    settled
}

impl Settled {
    /// Records the answer to each event; returns the events to send again, and why.
    fn record(&mut self, events: &[usize], items: Vec<Item>, retries: &mut RetryBudget) -> Vec<(usize, String)> {
        let mut later = Vec::new();
        for (event, item) in events.iter().zip(items) {
            match item {
                Item::Taken => self.delivered.acknowledged += 1,
                Item::Duplicate => self.delivered.duplicate += 1,
                Item::Refused { why } => self.give_up(&[*event], &why),
                Item::Later { why } => later.push((*event, why)),
            }
        }
        if later.len() < events.len() {
            retries.reset();
        }
        later
    }

    fn stop(&mut self, fault: SinkFault, sink: &str, requests: VecDeque<Vec<usize>>) {
        let reason = fault.to_string();
        for events in requests {
            self.give_up(&events, &reason);
        }
        self.error = Some(fault.at(sink));
    }

    fn give_up(&mut self, events: &[usize], reason: &str) {
        self.undelivered.extend(events.iter().map(|event| self.batch.undelivered(*event, reason)));
    }
}
