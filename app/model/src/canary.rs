//! The canary of a sink: marked events that are sent through it now and then, whether they came through, and how long
//! that took.

use serde::{Deserialize, Serialize};

use crate::{Percentiles, SinkName, Time, Window};

/// What a sink did with marked events in a window. The API answers this very shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    pub sink: SinkName,
    pub window: Window,
    /// Seconds from one round to the next.
    pub every_s: u64,
    /// The smallest first; one that was not sent in the window counts none.
    pub sizes: Vec<CanarySize>,
}

/// Events of one size, the newest of the window: at most 1,000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanarySize {
    /// Of the event, its line feed included.
    pub bytes: u64,
    pub sent: u64,
    /// Those of them that did not come through.
    pub missing: u64,
    /// Of those that came through.
    pub latency_ms: Percentiles,
    /// The newest first, at most 100.
    pub events: Vec<MarkedEvent>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedEvent {
    /// When it was sent.
    pub at: Time,
    /// Until it was known whether it came through.
    pub latency_ms: u64,
    /// What proves its arrival, in words; `None`: nothing does, as its sink can neither be asked nor says so.
    pub proof: Option<String>,
    /// Why it did not come through; `None`: it did, as far as the sink can say.
    pub error: Option<String>,
}

impl Canary {
    /// When the newest event was sent.
    pub fn last_at(&self) -> Option<Time> {
        self.sizes.iter().filter_map(|size| size.events.first()).map(|event| event.at).max()
    }
}
