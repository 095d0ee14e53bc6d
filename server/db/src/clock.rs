//! Time and ids: what servers that share a database must agree on.
//!
//! The offset to PostgreSQL's clock is measured and added to the local clock, so that a lease expires for all servers
//! at the same instant. SQLite runs in this process and uses the local clock. Ids are UUIDv7 with their creation time
//! in milliseconds, so that a time window is a range of ids.
//!
//! Always: the ids of one process grow, also within a millisecond and when the clock is set back.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::SystemTime,
};

use model::{JobId, Time};
use uuid::{Timestamp, Uuid};

use crate::{DbError, database::Database};

/// Bits of the counter within a millisecond; the other 54 free bits of a UUIDv7 are random.
const COUNTER_BITS: u8 = 20;
/// Number of measurements; the quickest one counts, with an error of at most half its round trip.
const MEASUREMENTS: usize = 3;

#[derive(Default)]
pub struct Clock {
    /// Milliseconds to add to the local clock.
    offset: AtomicI64,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    ms: u64,
    counter: u32,
}

fn local() -> i64 {
    Time::from(SystemTime::now()).0
}

impl Clock {
    pub fn now(&self) -> Time {
        Time(local().saturating_add(self.offset.load(Ordering::Relaxed)))
    }

    pub async fn measure(&self, database: &Database) -> Result<(), DbError> {
        let mut best: Option<(i64, i64)> = None;
        for _ in 0..MEASUREMENTS {
            let sent = local();
            let Some(theirs) = database.clock().await? else { return Ok(()) };
            let round_trip = local() - sent;
            if best.is_none_or(|(quickest, _)| round_trip < quickest) {
                best = Some((round_trip, theirs - (sent + round_trip / 2)));
            }
        }
        if let Some((_, offset)) = best {
            self.offset.store(offset, Ordering::Relaxed);
        }
        Ok(())
    }

    /// A new id and the creation time in it.
    pub fn new_id(&self) -> (JobId, Time) {
        let now = u64::try_from(self.now().0).unwrap_or_default();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now > last.ms {
            *last = Last { ms: now, counter: 0 };
        } else if last.counter + 1 < 1 << COUNTER_BITS {
            last.counter += 1;
        } else {
            *last = Last { ms: last.ms + 1, counter: 0 };
        }
        (JobId(id_at(last.ms, last.counter)), Time(i64::try_from(last.ms).unwrap_or(i64::MAX)))
    }
}

/// An id of this millisecond: the counter, then random bits.
pub fn id_at(ms: u64, counter: u32) -> Uuid {
    let nanoseconds = u32::try_from(ms % 1_000).unwrap_or_default() * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix_time(ms / 1_000, nanoseconds, u128::from(counter), COUNTER_BITS))
}

/// The smallest possible id of this millisecond, for comparing ids with times.
pub fn id_floor(time: Time) -> String {
    let ms = u64::try_from(time.0).unwrap_or_default().min((1 << 48) - 1);
    Uuid::from_u128(u128::from(ms) << 80).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_clock_is_set_back() {
        let clock = Clock::default();
        let mut ids: Vec<JobId> = (0..10_000).map(|_| clock.new_id().0).collect();
        clock.offset.store(-3_600_000, Ordering::Relaxed);
        ids.extend((0..10_000).map(|_| clock.new_id().0));
        assert!(ids.is_sorted_by(|earlier, later| earlier < later));
        assert!(ids.is_sorted_by(|earlier, later| earlier.to_string() < later.to_string()));
    }

    #[test]
    fn id_contains_its_creation_time() {
        let (id, created_at) = Clock::default().new_id();
        let text = id.to_string();
        assert_eq!(id.0.get_version_num(), 7);
        assert!(id_floor(created_at) <= text && text < id_floor(Time(created_at.0 + 1)));
    }

    #[test]
    fn time_before_1970_is_below_every_id() {
        assert_eq!(id_floor(Time(-5)), Uuid::nil().to_string());
    }
}
