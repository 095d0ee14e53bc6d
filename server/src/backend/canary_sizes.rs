//! Canary events of a sink, counted by their size.

use model::{CanarySize, MarkedEvent, Percentiles, Problem, SinkName, Window};

use super::{AppBackend, problem};

/// Events of each size that the figures are made of, at most.
const COUNTED: u32 = 1_000;
/// Events of each size that are listed.
const LISTED: usize = 100;

impl AppBackend {
    pub(super) async fn canary_size(&self, sink: &SinkName, bytes: u64, window: Window) -> Result<CanarySize, Problem> {
        let events = self.db.marked_events(sink, bytes, Some(window), COUNTED).await.map_err(problem::database)?;
        Ok(counted(bytes, events))
    }
}

/// Counts events, which come newest first.
fn counted(bytes: u64, mut events: Vec<MarkedEvent>) -> CanarySize {
    let sent = events.len() as u64;
    let took: Vec<u64> = events.iter().filter(|event| event.error.is_none()).map(|event| event.latency_ms).collect();
    let missing = sent - took.len() as u64;
    events.truncate(LISTED);
    CanarySize { bytes, sent, missing, latency_ms: Percentiles::of(took), events }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    #[test]
    fn missing_events_are_counted_without_latency() {
        let event = |at: i64, latency_ms: u64, error: Option<&str>| MarkedEvent {
            at: Time(at),
            latency_ms,
            proof: None,
            error: error.map(ToOwned::to_owned),
        };
        let size = counted(100, vec![event(3, 60_000, Some("silence")), event(2, 9, None), event(1, 5, None)]);
        assert_eq!((size.sent, size.missing), (3, 1));
        assert_eq!(size.latency_ms, Percentiles { p50: 5, p95: 9, p99: 9, max: 9 });
        let many = counted(100, (0..1_000).rev().map(|at| event(at, 1, None)).collect());
        assert_eq!((many.sent, many.events.len(), many.events[0].at), (1_000, LISTED, Time(999)));
    }
}
