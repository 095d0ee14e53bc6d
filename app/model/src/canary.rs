//! The canary of a sink: events sent through it at intervals, their arrival and their latency.

use serde::{Deserialize, Serialize};

use crate::{Percentiles, SinkName, Time, Window};

/// Canary results of a sink in a window; the API returns this shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    pub sink: SinkName,
    pub window: Window,
    /// Seconds between rounds.
    pub every_s: u64,
    /// Results by size, the smallest first; a size not sent in the window has zero counts.
    pub sizes: Vec<CanarySize>,
}

/// The newest canaries of one size in the window, at most 1,000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanarySize {
    /// Size of the event in bytes, including its line feed.
    pub bytes: u64,
    pub sent: u64,
    /// Number of canaries that did not arrive.
    pub missing: u64,
    /// Latency of the canaries that arrived.
    pub latency_ms: Percentiles,
    /// Single canaries, the newest first, at most 100.
    pub events: Vec<MarkedEvent>,
}

/// One canary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedEvent {
    /// Time of sending.
    pub at: Time,
    /// Milliseconds until its result was known.
    pub latency_ms: u64,
    /// Evidence of its arrival; `None` if the sink neither acknowledges nor can be queried.
    pub proof: Option<String>,
    /// Reason why it did not arrive; `None` if it did, as far as the sink can tell.
    pub error: Option<String>,
}

impl Canary {
    /// Time at which the newest canary was sent.
    pub fn last_at(&self) -> Option<Time> {
        self.sizes.iter().filter_map(|size| size.events.first()).map(|event| event.at).max()
    }
}
