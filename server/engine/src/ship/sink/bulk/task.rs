//! Sends a piece of events, and repeats those that the receiver could not accept yet, until each event is settled.

use std::{collections::VecDeque, sync::Arc};

use super::{
    answer::{Answer, Item},
    client::Bulk,
    request::{self, FRAMING},
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
        let compression = bulk.compression();
        let answer = match request::body(&settled.batch, &events, bulk.index.as_ref(), compression) {
            Ok(body) => {
                let body = (body, compression > 0);
                bulk.post(body, events.len(), &mut retries, &mut settled.delivered).await
            }
            Err(error) => Answer::Never(SinkFault::Protocol { why: error.to_string() }),
        };
        if settled.delivered.wire > 0 {
            settled.delivered.sent = all;
        }
        let fault = match answer {
            Answer::Items(items) => {
                bulk.answered();
                let left = settled.record(&events, items, &mut retries);
                let Some(fault) = settled.go_on(left, &mut retries, &mut requests).await else { continue };
                fault
            }
            Answer::TooLarge { .. } if events.len() > 1 => {
                bulk.refused_size(settled.bytes(&events));
                halve(&events, &mut requests);
                continue;
            }
            Answer::TooLarge { why } => {
                settled.refuse(&events, &why);
                continue;
            }
            Answer::Compressed { .. } if compression > 0 => {
                bulk.send_uncompressed();
                requests.push_front(events);
                continue;
            }
            Answer::Compressed { why } => {
                requests.push_front(events);
                SinkFault::Protocol { why }
            }
            // One event may spoil the request: the others need not be given up for it.
            Answer::Rejected { .. } if events.len() > 1 => {
                halve(&events, &mut requests);
                continue;
            }
            Answer::Rejected { why } if !bulk.rejects_all() => {
                settled.refuse(&events, &why);
                continue;
            }
            Answer::Rejected { why } => {
                requests.push_front(events);
                SinkFault::Refused { why }
            }
            Answer::Later { fault, after } => {
                requests.push_front(events);
                if retries.wait_at_least(after.unwrap_or_default()).await.is_ok() {
                    continue;
                }
                fault
            }
            Answer::Never(fault) => {
                requests.push_front(events);
                fault
            }
        };
        settled.stop(fault, &bulk.name, requests);
        break;
    }
    settled
}

/// Queues the events in two requests.
fn halve(events: &[usize], requests: &mut VecDeque<Vec<usize>>) {
    let (first, second) = events.split_at(events.len() / 2);
    requests.push_front(second.to_vec());
    requests.push_front(first.to_vec());
}

/// Events that an answer did not settle.
#[derive(Default)]
struct Left {
    /// Each with the receiver's reason.
    events: Vec<(usize, String)>,
    /// Why the receiver takes no event at all, and whether that passes.
    blocked: Option<(String, bool)>,
}

impl Settled {
    /// Records the answer to each event; returns the events to send again, and why.
    fn record(&mut self, events: &[usize], items: Vec<Item>, retries: &mut RetryBudget) -> Left {
        let mut left = Left::default();
        for (event, item) in events.iter().zip(items) {
            match item {
                Item::Taken => self.delivered.acknowledged += 1,
                Item::Duplicate => self.delivered.duplicate += 1,
                Item::Refused { why } => self.refuse(&[*event], &why),
                Item::Later { why } => left.events.push((*event, why)),
                Item::Blocked { why, passes } => {
                    left.blocked.get_or_insert_with(|| (why.clone(), passes));
                    left.events.push((*event, why));
                }
            }
        }
        if left.events.len() < events.len() {
            retries.reset();
        }
        left
    }

    /// Queues what is left for another request. Returns the fault of a receiver that takes no event.
    async fn go_on(
        &mut self,
        left: Left,
        retries: &mut RetryBudget,
        requests: &mut VecDeque<Vec<usize>>,
    ) -> Option<SinkFault> {
        let Left { events, blocked } = left;
        let (_, last) = events.last()?;
        let fault = match blocked {
            Some((why, false)) => SinkFault::Refused { why },
            passing => {
                if retries.wait().await.is_ok() {
                    requests.push_front(events.into_iter().map(|(event, _)| event).collect());
                    return None;
                }
                let nothing_taken = self.delivered.acknowledged + self.delivered.duplicate == 0;
                match passing {
                    Some((why, _)) => SinkFault::Overloaded { why },
                    None if nothing_taken => SinkFault::Overloaded { why: last.clone() },
                    None => {
                        for (event, why) in events {
                            self.give_up(&[event], &format!("not accepted within the patience time: {why}"));
                        }
                        return None;
                    }
                }
            }
        };
        requests.push_front(events.into_iter().map(|(event, _)| event).collect());
        Some(fault)
    }

    /// Bytes of a request of these events before compression.
    fn bytes(&self, events: &[usize]) -> usize {
        events.iter().map(|event| self.batch.event(*event).len() + 1 + FRAMING).sum()
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

    /// Gives up events that the receiver refuses for good.
    fn refuse(&mut self, events: &[usize], reason: &str) {
        self.undelivered.extend(events.iter().map(|event| self.batch.refused(*event, reason)));
    }
}
