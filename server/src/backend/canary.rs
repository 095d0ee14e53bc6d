//! Marked events through the sink of a pipeline, as its page and the API tell of them.

use futures::future::try_join_all;
use model::{Canary, CanarySize, MarkedEvent, Percentiles, Pipeline, Problem, SinkName, Window};

use super::{AppBackend, problem};
use engine::alerts::CANARY_SIZES;

/// Of each size the figures are made of so many.
const MOST: u32 = 1_000;
/// And so many are told one by one.
const TOLD: usize = 100;

impl AppBackend {
    /// `None`: no marked events are sent through its sink.
    pub(super) async fn canary_of(&self, pipeline: &Pipeline, window: Window) -> Result<Option<Canary>, Problem> {
        let sink = &pipeline.sink;
        let Some(every) = self.config.alerts.canaries.get(sink) else { return Ok(None) };
        let sizes = try_join_all(CANARY_SIZES.map(|bytes| self.canary_size(sink, bytes, window))).await?;
        Ok(Some(Canary { sink: sink.clone(), window, every_s: every.as_secs(), sizes }))
    }

    async fn canary_size(&self, sink: &SinkName, bytes: u64, window: Window) -> Result<CanarySize, Problem> {
        let events = self.db.marked_events(sink, bytes, Some(window), MOST).await.map_err(problem::database)?;
        Ok(counted(bytes, events))
    }
}

/// `events`: the newest first.
fn counted(bytes: u64, mut events: Vec<MarkedEvent>) -> CanarySize {
    let sent = events.len() as u64;
    let took: Vec<u64> = events.iter().filter(|event| event.error.is_none()).map(|event| event.latency_ms).collect();
    let missing = sent - took.len() as u64;
    events.truncate(TOLD);
    CanarySize { bytes, sent, missing, latency_ms: Percentiles::of(took), events }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    #[test]
    fn what_did_not_come_through_is_counted_and_its_time_is_no_latency() {
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
        assert_eq!((many.sent, many.events.len(), many.events[0].at), (1_000, TOLD, Time(999)));
    }
}
