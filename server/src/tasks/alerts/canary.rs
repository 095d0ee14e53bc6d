//! The canary of a sink: events of three sizes, sent as any other event is, and searched for where the sink can be
//! queried.
//!
//! Always: one process at a time, so that a sink gets one canary however many processes there are. The result of an
//! event is recorded before the next is sent, even if the lease was lost meanwhile: the event was sent.

use std::time::{Duration, Instant};

use db::DbError;
use engine::alerts::CANARY_SIZES;
use engine::ship::sink::{Arrival, Batch, Mark, Sink};
use model::{MarkedEvent, SinkName, Time};
use tokio::time::timeout;
use tracing::{info, warn};

use super::Context;
use crate::tasks::leased::{Lease, LeasedTask, TaskError};

/// A canary event that has not arrived by then counts as lost.
const WITHIN: Duration = Duration::from_mins(1);
/// Pause between two checks whether an event is due, at most.
const POLL: Duration = Duration::from_secs(5);

/// Sends canary events to one sink.
pub struct Canary {
    pub context: Context,
    pub sink: SinkName,
    /// Pause between two canary events of a size.
    pub every: Duration,
}

impl LeasedTask for Canary {
    const NAME: &'static str = "canary";
    type State = ();

    fn key(&self) -> &str {
        self.sink.as_str()
    }

    async fn round(&mut self, (): &mut (), _lease: &Lease) -> Result<Duration, TaskError> {
        send_due(&self.context, &self.sink, self.every).await?;
        Ok(POLL.min(self.every / 10))
    }
}

/// Sends the canary events that are due, and records what became of each.
async fn send_due(context: &Context, sink: &SinkName, every: Duration) -> Result<(), DbError> {
    let db = &context.db;
    let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
    for bytes in CANARY_SIZES {
        let last = db.marked_events(sink, bytes, None, 1).await?.pop();
        if last.as_ref().is_some_and(|last| db.now().since(last.at) < every_ms) {
            continue;
        }
        let (at, began) = (db.now(), Instant::now());
        let sent = timeout(WITHIN, send(context, sink, bytes, at)).await;
        let arrived = sent.unwrap_or_else(|_| Err(format!("nothing was heard of it within {WITHIN:?}")));
        let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let failed_before = last.is_some_and(|last| last.error.is_some());
        match &arrived {
            Err(error) if !failed_before => warn!(%sink, bytes, error, "canary event did not arrive"),
            Ok(_) if failed_before => info!(%sink, bytes, latency_ms, "canary events arrive again"),
            Ok(_) | Err(_) => {}
        }
        let labels = [("sink", sink.to_string()), ("bytes", bytes.to_string())];
        metrics::gauge!("logyard_canary_arrived", &labels).set(f64::from(u8::from(arrived.is_ok())));
        metrics::gauge!("logyard_canary_latency_seconds", &labels).set(began.elapsed().as_secs_f64());
        let (proof, error) = arrived.map_or_else(|error| (None, Some(error)), |proof| (proof, None));
        let event = MarkedEvent { at, latency_ms, proof, error };
        db.record_marked_event(sink, bytes, &event).await?;
    }
    Ok(())
}

/// Returns what proves that the event arrived, if anything does; or why it did not.
async fn send(context: &Context, name: &SinkName, bytes: u64, at: Time) -> Result<Option<String>, String> {
    let sink =
        context.sinks.open(name).await.ok_or("It is not configured here.")?.map_err(|error| error.to_string())?;
    let id = context.db.new_alert_id().0.simple().to_string();
    let mut batch = event(&id, usize::try_from(bytes).unwrap_or(usize::MAX), at, sink.takes_ids());
    let length = batch.bytes.len();
    let acknowledged = deliver(&sink, &mut batch).await?;
    match sink.arrival(&id, length).await.map_err(|error| error.to_string())? {
        Arrival::Found(what) => Ok(Some(what.to_owned())),
        Arrival::Missing(what) => Err(what.to_owned()),
        Arrival::Unasked => Ok(acknowledged.then(|| "the receiver acknowledged it".to_owned())),
    }
}

/// Whether the receiver acknowledged the event; some receivers acknowledge nothing.
async fn deliver(sink: &Sink, batch: &mut Batch) -> Result<bool, String> {
    let mut undelivered = Vec::new();
    let mut delivery = sink.delivery().await.map_err(|error| error.to_string())?;
    // An error here is also the error of the event, below.
    let sent = delivery.send(batch, &mut undelivered).await;
    let delivered = delivery.finish(&mut undelivered).await;
    if let Some(given_up) = undelivered.pop() {
        return Err(given_up.reason);
    }
    sent.map_err(|error| error.to_string())?;
    Ok(delivered.acknowledged + delivered.duplicate > 0)
}

/// An event of `bytes` bytes, its line feed included, marked by `logyard_canary`. Where a sink takes ids, the id is in
/// `@metadata`, which the sink removes before it stores the event.
fn event(id: &str, bytes: usize, at: Time, takes_ids: bool) -> Batch {
    let second = Time(at.0 - at.0.rem_euclid(1_000));
    let mut line = format!("{{\"@timestamp\":\"{second}\",\"logyard_canary\":\"{id}\",\"pad\":\"").into_bytes();
    line.resize(bytes.saturating_sub("\"}\n".len()).max(line.len()), b'.');
    line.push(b'"');
    if takes_ids {
        line.extend_from_slice(format!(",\"@metadata\":{{\"_id\":\"{id}\"}}").as_bytes());
    }
    line.extend_from_slice(b"}\n");
    let mark = Mark { end: line.len(), line: 1, offset: 0, id: u128::from_str_radix(id, 16).ok() };
    Batch { bytes: line, marks: vec![mark] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_is_one_json_line_of_its_size() {
        let id = "0198c0de00007000800000000000abcd";
        for bytes in CANARY_SIZES.map(|bytes| usize::try_from(bytes).unwrap()) {
            let batch = event(id, bytes, Time(1_770_000_000_123), false);
            let line: serde_json::Value = serde_json::from_slice(&batch.bytes).unwrap();
            assert_eq!((batch.bytes.len(), &line["logyard_canary"]), (bytes, &serde_json::json!(id)));
            let batch = event(id, bytes, Time(1_770_000_000_123), true);
            let line: serde_json::Value = serde_json::from_slice(&batch.bytes).unwrap();
            assert_eq!(line["@metadata"]["_id"], id);
        }
    }
}
