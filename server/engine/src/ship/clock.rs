//! The time of day, as runs and proofs carry it.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Time;

pub(super) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
