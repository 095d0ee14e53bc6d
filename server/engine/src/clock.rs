//! The time of day, as runs and proofs carry it.

use std::time::SystemTime;

use model::Time;

pub fn now() -> Time {
    SystemTime::now().into()
}
