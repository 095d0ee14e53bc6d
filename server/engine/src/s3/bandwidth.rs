//! A ceiling on bytes a second, shared by all that is copied to a store, or read from it through this process.
//!
//! By debt: whoever comes may pass with all that it has once what passed before has had its time. So an object larger
//! than the ceiling passes like any other, and those after it wait. First come, first served: nobody starves, and who
//! gives up leaves no debt. Time in which nothing passed is not saved up.
//!
//! A store that copies by itself is let through with the object's size before it is asked, once, however often it is
//! asked again; if it refuses for good, that is given back. What goes through this process passes piece by piece.

use std::{
    fmt,
    num::NonZeroU64,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// A ceiling, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BytesPerSecond(NonZeroU64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be {}", BytesPerSecond::EXPECTED)]
pub struct NotARate;

const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("B", 1),
    ("kB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

impl BytesPerSecond {
    /// What a text must be to be one.
    pub const EXPECTED: &str = "bytes a second, at least 1, such as 50MB, 1GiB or 8388608";

    /// How long so many bytes may take, shared with nobody.
    fn time_of(self, bytes: u64) -> Duration {
        Duration::from_secs(bytes / self.0.get())
            + Duration::from_secs(1).mul_f64(fraction(bytes % self.0.get(), self.0.get()))
    }
}

#[expect(clippy::cast_precision_loss, reason = "of a second; nanoseconds do not matter")]
fn fraction(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

impl FromStr for BytesPerSecond {
    type Err = NotARate;

    /// A whole number of bytes, or of `kB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`.
    fn from_str(text: &str) -> Result<Self, NotARate> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| NotARate)?;
        let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim())).ok_or(NotARate)?;
        number.checked_mul(*factor).and_then(NonZeroU64::new).map(Self).ok_or(NotARate)
    }
}

impl fmt::Display for BytesPerSecond {
    /// In the largest unit that it is a whole number of, as it is parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().rev().find(|(_, factor)| self.0.get().is_multiple_of(*factor));
        let (unit, factor) = whole.unwrap_or(&UNITS[0]);
        write!(f, "{}{}", self.0.get() / factor, unit.trim_start_matches('B'))
    }
}

#[derive(Debug)]
pub struct Bandwidth {
    most: BytesPerSecond,
    /// Held by the one who passes next; given out in order.
    queue: tokio::sync::Mutex<()>,
    /// When all that has passed has had its time.
    clear: Mutex<Option<Instant>>,
}

impl Bandwidth {
    pub fn new(most: BytesPerSecond) -> Self {
        Self { most, queue: tokio::sync::Mutex::default(), clear: Mutex::default() }
    }

    /// Waits until so many bytes may pass.
    pub async fn pass(&self, bytes: u64) {
        let asked = Instant::now();
        let _first = self.queue.lock().await;
        let clear = *self.clear();
        if let Some(clear) = clear {
            sleep_until(clear).await;
        }
        let mut clear = self.clear();
        // From when it might have passed, however late the timer was, or the ceiling would never be reached.
        *clear = Some(clear.map_or(asked, |clear| clear.max(asked)) + self.most.time_of(bytes));
    }

    /// So many of the bytes that were let through did not pass.
    pub fn give_back(&self, bytes: u64) {
        let mut clear = self.clear();
        *clear = clear.and_then(|clear| clear.checked_sub(self.most.time_of(bytes)));
    }

    fn clear(&self) -> MutexGuard<'_, Option<Instant>> {
        self.clear.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::{task::JoinSet, time};

    use super::*;

    fn bandwidth(most: &str) -> Arc<Bandwidth> {
        Arc::new(Bandwidth::new(most.parse().unwrap()))
    }

    /// When each of these, which ask at once and in this order, was let through; seconds since the first.
    async fn passed(bandwidth: &Arc<Bandwidth>, sizes: &[u64]) -> Vec<f64> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for (number, bytes) in sizes.iter().copied().enumerate() {
            let bandwidth = Arc::clone(bandwidth);
            tasks.spawn(async move {
                bandwidth.pass(bytes).await;
                (number, began.elapsed().as_secs_f64())
            });
        }
        let mut passed = tasks.join_all().await;
        passed.sort_by_key(|(number, _)| *number);
        passed.into_iter().map(|(_, at)| at).collect()
    }

    fn about(left: &[f64], right: &[f64]) {
        assert!(left.iter().zip(right).all(|(left, right)| (left - right).abs() < 0.01), "{left:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_passes_than_the_ceiling_and_no_time_is_wasted() {
        about(&passed(&bandwidth("1MB"), &[500_000; 5]).await, &[0.0, 0.5, 1.0, 1.5, 2.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_larger_than_the_ceiling_passes_and_the_others_wait_their_turn() {
        about(&passed(&bandwidth("1MB"), &[10, 30_000_000, 10, 10]).await, &[0.0, 0.0, 30.0, 30.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_used_is_not_made_up_for() {
        let bandwidth = bandwidth("1MB");
        bandwidth.pass(1).await;
        time::sleep(Duration::from_mins(1)).await;
        about(&passed(&bandwidth, &[1_000_000; 3]).await, &[0.0, 1.0, 2.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_leaves_no_debt() {
        let bandwidth = bandwidth("1MB");
        bandwidth.pass(2_000_000).await;
        let gave_up = time::timeout(Duration::from_secs(1), bandwidth.pass(500_000_000)).await;
        assert!(gave_up.is_err());
        about(&passed(&bandwidth, &[1, 1]).await, &[1.0, 1.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_did_not_pass_after_all_holds_up_nobody() {
        let bandwidth = bandwidth("1MB");
        bandwidth.pass(30_000_000).await;
        bandwidth.give_back(29_000_000);
        about(&passed(&bandwidth, &[500_000, 1]).await, &[1.0, 1.5]);
    }

    #[tokio::test(start_paused = true)]
    async fn many_small_pieces_come_near_the_ceiling() {
        let times = passed(&bandwidth("50MB"), &vec![5_000; 10_001]).await;
        about(&times[10_000..], &[1.0]);
    }

    #[test]
    fn a_rate_is_read_with_its_unit_or_in_bytes_and_written_as_it_is_read() {
        for text in ["50MB", "1GiB", "8MiB", "3kB", "7", "1500kB"] {
            assert_eq!(text.parse::<BytesPerSecond>().unwrap().to_string(), text);
        }
        assert_eq!("50 mb".parse::<BytesPerSecond>(), "50000kB".parse());
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "0", "0MB", "MB", "-1", "1.5GB", "5TB", "5MB/s", "99999999999999999999", "99999999999GiB"] {
            assert_eq!(text.parse::<BytesPerSecond>(), Err(NotARate), "{text}");
        }
    }
}
