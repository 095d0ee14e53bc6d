//! Sends a request until it is answered, refused for good, or out of attempts.
//!
//! Exponential backoff with full jitter: many copies that were throttled together must not come back together. Here and
//! not in the SDK, so that every request is counted and a stop ends every wait.

use std::{
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use rand::Rng;
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::{
    classify::Context,
    error::{Failed, S3Error, S3Fault},
    limiter_wait::LimiterWait,
    meter::Meter,
};
use crate::{credentials::Renewal, limit::Limiter};

/// Longest wait that does not count as one.
const NEGLIGIBLE: Duration = Duration::from_millis(2);

/// Longest time limit of a request for which a user waits.
const URGENT: Duration = Duration::from_secs(30);

/// Attempts at a request after its credentials were refused.
const MOST_RENEWALS: u32 = 5;

/// Interval at which a wait for bandwidth counts as progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// Number of attempts, and the waits between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Most requests, the first included.
    pub attempts: u32,
    /// Longest wait before the second attempt; doubles from there.
    pub base: Duration,
    /// Longest wait before any attempt.
    pub most: Duration,
}

impl Policy {
    /// For jobs: bridges about half a minute of errors.
    pub const PATIENT: Self = Self { attempts: 8, base: Duration::from_millis(200), most: Duration::from_secs(15) };
    /// For a user who waits.
    pub const HASTY: Self = Self { attempts: 2, base: Duration::from_millis(200), most: Duration::from_millis(200) };

    /// Longest wait after this number of attempts.
    fn ceiling(&self, attempts: u32) -> Duration {
        self.base.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(self.most)
    }
}

#[derive(Clone)]
pub(super) struct Retry {
    pub policy: Policy,
    pub meter: Arc<Meter>,
    pub pace: Option<Arc<Limiter>>,
    pub bandwidth: Option<Arc<Limiter>>,
    /// Ceilings of one job: a request waits for these before it waits for the store's.
    pub job_pace: Option<Arc<Limiter>>,
    pub job_bandwidth: Option<Arc<Limiter>>,
    /// Whether a user waits: requests then pass without waiting for their turns.
    pub urgent: bool,
    pub stop: CancellationToken,
    pub credentials: Renewal,
}

impl Default for Retry {
    fn default() -> Self {
        let (meter, stop) = (Arc::default(), CancellationToken::new());
        Self {
            policy: Policy::PATIENT,
            meter,
            pace: None,
            bandwidth: None,
            job_pace: None,
            job_bandwidth: None,
            urgent: false,
            stop,
            credentials: Renewal::default(),
        }
    }
}

impl Retry {
    /// The ceilings on requests: the job's first, so that a wait there takes nothing from other jobs.
    fn paces(&self) -> impl Iterator<Item = &Arc<Limiter>> {
        self.job_pace.iter().chain(&self.pace)
    }

    /// The ceilings on bytes, in the same order.
    pub fn bandwidths(&self) -> impl Iterator<Item = &Arc<Limiter>> {
        self.job_bandwidth.iter().chain(&self.bandwidth)
    }

    /// Waits until the store may copy this number of bytes by itself.
    pub async fn let_through(&self, context: &Context, bytes: u64) -> Result<(), Failed> {
        if self.bandwidths().next().is_none() {
            return Ok(());
        }
        let passing = async {
            for bandwidth in self.bandwidths() {
                bandwidth.acquire(bytes).await;
            }
        };
        let (mut passing, asked) = (pin!(passing), time::Instant::now());
        loop {
            tokio::select! {
                () = &mut passing => {
                    self.meter.paced.fetch_add(u64::from(asked.elapsed() > NEGLIGIBLE), Relaxed);
                    return Ok(());
                }
                () = self.stop.cancelled() => return Err(Failed { error: context.error(S3Fault::Stopped), attempts: 0 }),
                () = time::sleep(PROGRESS_EVERY) => self.meter.note_progress(),
            }
        }
    }

    /// The same for a user who waits.
    pub fn hasty(&self) -> Self {
        Self { policy: Policy::HASTY, urgent: true, ..self.clone() }
    }

    /// Waits for the turn of a request, and counts it.
    pub async fn turn(&self) {
        let mut waited = false;
        for pace in self.paces() {
            if self.urgent {
                pace.take(1);
            } else {
                waited |= pace.acquire(1).await;
            }
        }
        self.meter.paced.fetch_add(u64::from(waited), Relaxed);
        self.meter.requests.fetch_add(1, Relaxed);
    }

    /// The same for a request that cannot wait, as its response is already being read.
    pub fn turn_now(&self) {
        self.paces().for_each(|pace| pace.take(1));
        self.meter.requests.fetch_add(1, Relaxed);
    }

    /// Sends a request with retries; each attempt may take `limit`, once its turn has come.
    pub async fn send<T, Sent>(
        &self,
        context: &Context,
        limit: Duration,
        request: impl FnMut() -> Sent,
    ) -> Result<T, Failed>
    where
        Sent: Future<Output = Result<T, S3Error>> + Send,
    {
        self.send_limited(context, limit, &LimiterWait::default(), request).await
    }

    /// The same; by `wait`, waits at ceilings do not count into the limit, and each progress starts it anew.
    pub async fn send_limited<T, Sent>(
        &self,
        context: &Context,
        limit: Duration,
        wait: &LimiterWait,
        request: impl FnMut() -> Sent,
    ) -> Result<T, Failed>
    where
        Sent: Future<Output = Result<T, S3Error>> + Send,
    {
        self.send_again(context, (limit, wait), |_| false, request).await
    }

    /// The same as [`Retry::send`], but returns errors that `handed_back` accepts instead of retrying.
    pub async fn send_unless<T, Sent>(
        &self,
        context: &Context,
        limit: Duration,
        handed_back: impl Fn(&S3Error) -> bool,
        request: impl FnMut() -> Sent,
    ) -> Result<T, Failed>
    where
        Sent: Future<Output = Result<T, S3Error>> + Send,
    {
        self.send_again(context, (limit, &LimiterWait::default()), handed_back, request).await
    }

    async fn send_again<T, Sent>(
        &self,
        context: &Context,
        (limit, wait): (Duration, &LimiterWait),
        handed_back: impl Fn(&S3Error) -> bool,
        mut request: impl FnMut() -> Sent,
    ) -> Result<T, Failed>
    where
        Sent: Future<Output = Result<T, S3Error>> + Send,
    {
        let (mut attempts, mut renewals) = (0, 0);
        let limit = if self.urgent { limit.min(URGENT) } else { limit };
        loop {
            let loads = self.credentials.loads();
            let stopped = |attempts| Failed { error: context.error(S3Fault::Stopped), attempts };
            tokio::select! {
                biased;
                () = self.turn() => {}
                () = self.stop.cancelled() => return Err(stopped(attempts)),
            }
            attempts += 1;
            // Behind a pointer: the SDK's futures are large, and nested too deep for the compiler otherwise.
            let sent: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(request());
            let error = match wait.within(limit, sent).await {
                Some(Ok(value)) => return Ok(value),
                Some(Err(error)) => error,
                None => context.error(S3Fault::Timeout { seconds: limit.as_secs() }),
            };
            match error.fault() {
                S3Fault::Throttled { .. } => self.meter.throttled.fetch_add(1, Relaxed),
                S3Fault::Timeout { .. } => self.meter.timed_out.fetch_add(1, Relaxed),
                _ => 0,
            };
            let renewable = renewals < MOST_RENEWALS && self.renewed(&error, loads).await;
            // A second time only with other credentials: they were replaced once more while the request waited.
            if renewable && (renewals == 0 || self.credentials.differ(loads)) {
                renewals += 1;
                self.meter.retries.fetch_add(1, Relaxed);
                continue;
            }
            if handed_back(&error) || !error.worth_repeating(attempts, self.policy.attempts) {
                return Err(Failed { error, attempts });
            }
            tracing::debug!(%error, attempts, "request failed; retrying");
            let wait = rand::rng().random_range(Duration::ZERO..=self.policy.ceiling(attempts));
            tokio::select! {
                () = time::sleep(wait) => self.meter.retries.fetch_add(1, Relaxed),
                () = self.stop.cancelled() => return Err(stopped(attempts)),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::limit::BytesPerSecond;

    fn context() -> Context {
        Context::for_tests()
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = Policy { attempts: 9, base: Duration::from_millis(100), most: Duration::from_secs(1) };
        assert_eq!(policy.ceiling(1), Duration::from_millis(100));
        assert_eq!(policy.ceiling(3), Duration::from_millis(400));
        assert_eq!(policy.ceiling(30), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn throttled_requests_are_retried_and_counted() {
        let retry = Retry::default();
        let failed = retry
            .send(&context(), Duration::from_secs(1), || async {
                Err::<(), _>(context().error(S3Fault::Throttled { code: "SlowDown".to_owned() }))
            })
            .await
            .unwrap_err();
        assert_eq!(failed.attempts, Policy::PATIENT.attempts);
        assert_eq!(retry.meter.requests(), 8);
        assert_eq!(retry.meter.retries(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn denied_requests_are_not_retried() {
        let retry = Retry::default();
        let request = || async { Err::<(), _>(context().error(S3Fault::Denied)) };
        assert_eq!(retry.send(&context(), Duration::from_secs(1), request).await.unwrap_err().attempts, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn missing_answer_is_a_timeout() {
        let retry = Retry::default();
        let failed = retry.send(&context(), Duration::from_secs(9), std::future::pending::<Result<(), _>>).await;
        assert!(matches!(failed.unwrap_err().error.fault(), S3Fault::Timeout { seconds: 9 }));
    }

    #[tokio::test(start_paused = true)]
    async fn retries_wait_for_their_turn() {
        let pace = Arc::new(Limiter::new(NonZeroU32::MIN));
        let policy = Policy { attempts: 4, base: Duration::ZERO, most: Duration::ZERO };
        let retry = Retry { policy, pace: Some(pace), ..Retry::default() };
        let began = time::Instant::now();
        let request = || async { Err::<(), _>(context().error(S3Fault::Throttled { code: "SlowDown".to_owned() })) };
        retry.send(&context(), Duration::from_secs(1), request).await.unwrap_err();
        assert_eq!((retry.meter.requests(), began.elapsed().as_secs()), (4, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn job_ceiling_holds_below_the_stores() {
        let limiter = |most| Some(Arc::new(Limiter::new(NonZeroU32::new(most).unwrap())));
        let retry = Retry { pace: limiter(100), job_pace: limiter(1), ..Retry::default() };
        let (began, request) = (time::Instant::now(), || async { Ok(()) });
        for _ in 0..3 {
            retry.send(&context(), Duration::from_secs(1), request).await.unwrap();
        }
        assert_eq!(began.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn urgent_requests_pass_before_their_turn() {
        let retry = Retry { pace: Some(Arc::new(Limiter::new(NonZeroU32::MIN))), ..Retry::default() };
        let began = time::Instant::now();
        let request = || async { Ok(()) };
        for _ in 0..3 {
            retry.hasty().send(&context(), Duration::from_secs(1), request).await.unwrap();
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        retry.send(&context(), Duration::from_secs(1), request).await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn stop_ends_a_wait_for_a_turn() {
        let retry = Retry { pace: Some(Arc::new(Limiter::new(NonZeroU32::MIN))), ..Retry::default() };
        let request = || async { Ok(()) };
        retry.send(&context(), Duration::from_secs(1), request).await.unwrap();
        retry.stop.cancel();
        let failed = retry.send(&context(), Duration::from_secs(1), request).await.unwrap_err();
        assert!(matches!(failed.error.fault(), S3Fault::Stopped));
        assert_eq!((failed.attempts, retry.meter.requests()), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn stop_ends_a_wait_for_a_retry() {
        let retry = Retry::default();
        retry.stop.cancel();
        let request = || async { Err::<(), _>(context().error(S3Fault::Throttled { code: "SlowDown".to_owned() })) };
        let failed = retry.send(&context(), Duration::from_secs(1), request).await.unwrap_err();
        assert!(matches!(failed.error.fault(), S3Fault::Stopped));
    }

    #[tokio::test(start_paused = true)]
    async fn wait_for_bandwidth_shows_progress_until_stopped() {
        let bandwidth = Some(Arc::new(Limiter::new("1kB".parse::<BytesPerSecond>().unwrap())));
        let retry = Retry { bandwidth, ..Retry::default() };
        retry.let_through(&context(), 10_000).await.unwrap();
        let (first, context) = (retry.meter.moved(), context());
        let stopping = async {
            time::sleep(Duration::from_millis(5_500)).await;
            assert_eq!(retry.meter.moved() - first, 5);
            retry.stop.cancel();
        };
        let (waited, ()) = tokio::join!(retry.let_through(&context, 1), stopping);
        assert!(matches!(waited.unwrap_err().error.fault(), S3Fault::Stopped));
    }
}
