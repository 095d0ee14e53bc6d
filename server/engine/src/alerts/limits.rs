//! From where on something is wrong. Each default with its reason; `[pipelines.alerts]` overrides them one by one.

use model::AlertKind;

/// Of a pipeline. Milliseconds, shares from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Intervals (`every`) without a run. One, as `every` says within which time a run is expected; a pipeline whose
    /// runs regularly come later than that is given one more by itself.
    pub intervals: u64,
    /// Beyond the intervals: what a late delivery and a slow start take.
    pub grace_ms: i64,
    /// Age of the oldest object that nobody handled. A quarter of an hour, and at least three intervals: twice the
    /// longest run of a function would be half an hour, but a queue that stands still for that long is worth a look
    /// before.
    pub lag_ms: i64,
    /// Share of events that did not arrive. One in a thousand: load balancers deliver logs by best effort, shippers
    /// should do better. An object of which nothing arrived counts whatever its share.
    pub loss: f64,
    /// How long a run that came to nothing may go without another that handles its object. Lambda tries an
    /// asynchronous invocation again after one and after two minutes.
    pub retried_within_ms: i64,
    /// Runs that claim success against their figures. One: there is no innocent one.
    pub suspicious: u64,
    /// Timeouts or crashes in a row. Three: as often as Lambda tries the same event.
    pub failing: u64,
    /// Share of the limit of memory. The original function lives at 0.86 of it, so 0.95.
    pub memory: f64,
    /// Share of records that cannot be parsed. One in a hundred: clients send nonsense now and then, a new format makes
    /// it many.
    pub parsing: f64,
    /// Share of the objects of a day that more than one run delivered. One in a hundred, and at least three: S3 and
    /// Lambda hand an event over twice now and then, a second trigger does so with each.
    pub duplicates: f64,
    /// How far the reader of runs may be behind. A few minutes are the overlap that `CloudWatch`'s late events need.
    pub behind_ms: i64,
    /// Events older than this are history. At least two intervals.
    pub lookback_ms: i64,
    /// Kinds that nobody wants to know of.
    pub off: Vec<AlertKind>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            intervals: 1,
            grace_ms: 30_000,
            lag_ms: 15 * 60_000,
            loss: 0.001,
            retried_within_ms: 10 * 60_000,
            suspicious: 1,
            failing: 3,
            memory: 0.95,
            parsing: 0.01,
            duplicates: 0.01,
            behind_ms: 10 * 60_000,
            lookback_ms: 3_600_000,
            off: Vec::new(),
        }
    }
}

impl Limits {
    /// How far back events count for a pipeline of this interval.
    pub fn lookback(&self, every_s: Option<u64>) -> i64 {
        self.lookback_ms.max(intervals_ms(every_s, 2))
    }

    /// The lag that is too much for it.
    pub fn lag_of(&self, every_s: Option<u64>) -> i64 {
        self.lag_ms.max(intervals_ms(every_s, 3))
    }
}

/// 0 without an interval.
pub fn intervals_ms(every_s: Option<u64>, count: u64) -> i64 {
    let ms = every_s.unwrap_or_default().saturating_mul(1_000).saturating_mul(count);
    i64::try_from(ms).unwrap_or(i64::MAX)
}
