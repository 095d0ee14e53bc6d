//! Points in time as stored in the journal.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Unix time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// Whole seconds, because HTTP dates have no fractions.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

impl From<Millis> for SystemTime {
    fn from(millis: Millis) -> Self {
        UNIX_EPOCH + Duration::from_millis(millis.0)
    }
}
