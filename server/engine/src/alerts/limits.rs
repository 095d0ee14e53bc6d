//! The limits beyond which a condition is a finding. Each default states its reason; `[pipelines.alerts]` overrides
//! them one by one.

use model::AlertKind;

/// Limits of one pipeline. Times are in milliseconds, shares from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Intervals (`every`) without a run. Default 1, as `every` is the time within which a run is expected; a pipeline
    /// whose runs are regularly later than that automatically gets one more.
    pub intervals: u64,
    /// Extra time beyond the intervals, for late log delivery and cold starts.
    pub grace_ms: i64,
    /// Age of the oldest object that was not processed. Default 15 minutes, and at least three intervals: twice the
    /// longest run of a function is half an hour, and a queue that is stuck for that long should be noticed earlier.
    pub lag_ms: i64,
    /// Share of events that were not sent or not acknowledged. Default 0.001: load balancers deliver logs on a
    /// best-effort basis, shippers should do better. An object that lost all its events counts regardless of the share.
    pub loss: f64,
    /// How long a failed run may go without another run that processes its object. Lambda retries an asynchronous
    /// invocation after one minute and again after two.
    pub retried_within_ms: i64,
    /// Runs that report success against their own figures. Default 1: there is no harmless case.
    pub suspicious: u64,
    /// Timeouts or crashes in a row. Default 3: as often as Lambda tries the same event.
    pub failing: u64,
    /// Share of the memory limit. Default 0.95: the original function normally uses 0.86.
    pub memory: f64,
    /// Share of records that cannot be parsed. Default 0.01: clients send a malformed request now and then, a changed
    /// format affects many records.
    pub parsing: f64,
    /// Share of a day's objects that more than one run sent. Default 0.01, and at least three objects: S3 and Lambda
    /// occasionally deliver an event twice, a second trigger does so with every event.
    pub duplicates: f64,
    /// How far the reader of runs may lag. Default 10 minutes: the overlap for late `CloudWatch` events takes a few.
    pub behind_ms: i64,
    /// How far back runs count. Default one hour, and at least two intervals.
    pub lookback_ms: i64,
    /// Kinds that are switched off.
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
    /// How far back runs count for a pipeline with this interval, in milliseconds.
    pub fn lookback(&self, every_s: Option<u64>) -> i64 {
        self.lookback_ms.max(intervals_ms(every_s, 2))
    }

    /// The lag limit for a pipeline with this interval, in milliseconds.
    pub fn lag_of(&self, every_s: Option<u64>) -> i64 {
        self.lag_ms.max(intervals_ms(every_s, 3))
    }
}

/// Milliseconds in `count` intervals; 0 without an interval.
pub fn intervals_ms(every_s: Option<u64>, count: u64) -> i64 {
    let ms = every_s.unwrap_or_default().saturating_mul(1_000).saturating_mul(count);
    i64::try_from(ms).unwrap_or(i64::MAX)
}
