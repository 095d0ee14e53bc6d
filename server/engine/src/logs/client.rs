//! The client of a log group: reads events page by page with `FilterLogEvents`.
//!
//! The endpoint comes from the configuration, else from the SDK's own rules, `AWS_ENDPOINT_URL` and
//! `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS` included. Credentials are those of the pipeline's store.

use std::time::Duration;

use aws_config::Region;
use aws_sdk_cloudwatchlogs::{Client, config::timeout::TimeoutConfig, types::FilteredLogEvent};
use model::Time;
use rand::Rng as _;
use tokio::time::sleep;

use super::{LogsError, LogsFault};
use crate::{connect::aws::http, credentials::Renewal, limit::AdaptiveLimiter, log_event::LogEvent, s3::Endpoint};

const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Attempts at one page before its error is returned. The caller may retry.
const ATTEMPTS: u32 = 8;
/// Longest pause before the second attempt; doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Address of a log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `/aws/lambda/api-prod-elb`
    pub group: String,
    /// `None`: the store's region, or as the SDK's own rules decide.
    pub region: Option<String>,
    /// Endpoint; `None`: AWS, or as the SDK's own rules decide.
    pub url: Option<String>,
}

/// A client of one log group. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Logs {
    client: Client,
    credentials: Renewal,
    group: String,
    region: String,
    limiter: AdaptiveLimiter,
}

/// A closed range of event times, `from <= at <= to`, as CloudWatch defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: Time,
    pub to: Time,
    /// Log stream to read; `None`: all streams.
    pub stream: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Events in order of time, at most 10,000 or 1 MB. May be empty although more pages follow.
    pub events: Vec<LogEvent>,
    /// Token of the next page; `None` after the last.
    pub next: Option<String>,
}

impl Logs {
    /// Makes the client; no request is sent yet.
    pub async fn connect(place: Place, store: &Endpoint, limiter: AdaptiveLimiter) -> Self {
        let region = place.region.or_else(|| store.region.clone());
        let (shared, credentials) = Endpoint { region, ..store.clone() }.shared().await;
        let mut config = aws_sdk_cloudwatchlogs::config::Builder::from(&shared)
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ANSWER_WITHIN).build());
        if let Some(url) = place.url {
            if url.starts_with("http://") {
                config = config.http_client(http());
            }
            config = config.endpoint_url(url);
        }
        let region = shared.region().map(Region::to_string).unwrap_or_default();
        let client = Client::from_conf(config.build());
        Self { client, credentials, group: place.group, region, limiter }
    }

    pub fn group(&self) -> &str {
        &self.group
    }

    /// Region as the SDK resolved it.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Reads the first page, or the page of a token. Retries while the service throttles or does not answer.
    pub async fn page(&self, stretch: &Stretch, token: Option<&str>) -> Result<Page, LogsError> {
        let mut attempt = 1;
        loop {
            self.limiter.acquire().await;
            match self.ask(stretch, token).await {
                Ok(page) => {
                    self.limiter.answered();
                    return Ok(page);
                }
                Err(fault) => {
                    if matches!(fault, LogsFault::Throttled { .. }) {
                        self.limiter.refused();
                    }
                    if attempt == ATTEMPTS || !fault.passes() {
                        let throttled = matches!(fault, LogsFault::Throttled { .. });
                        let fault = if throttled { LogsFault::Throttled { attempts: attempt } } else { fault };
                        return Err(LogsError { group: self.group.clone(), fault });
                    }
                }
            }
            let longest = FIRST_PAUSE.saturating_mul(2_u32.pow(attempt - 1)).min(LONGEST_PAUSE);
            let pause = longest.mul_f64(rand::rng().random());
            sleep(pause).await;
            attempt += 1;
        }
    }

    async fn ask(&self, stretch: &Stretch, token: Option<&str>) -> Result<Page, LogsFault> {
        #[expect(deprecated, reason = "CloudWatch now always interleaves; compatible services still need the flag")]
        let request = self.client.filter_log_events().interleaved(true);
        let request = request
            .log_group_name(&self.group)
            .start_time(stretch.from.0.max(0))
            .end_time(stretch.to.0.max(0))
            .set_log_stream_names(stretch.stream.clone().map(|stream| vec![stream]))
            .set_next_token(token.map(str::to_owned));
        let answer = self.credentials.send(|| request.clone().send()).await;
        let answer = answer.map_err(|error| LogsFault::of(&error))?;
        // A success with nothing inside, as broken proxies answer, would pass for silence.
        let Some(events) = answer.events else {
            return Err(LogsFault::Unreachable { why: "it was answered with success, without events".to_owned() });
        };
        Ok(Page { events: events.into_iter().map(event).collect(), next: answer.next_token })
    }
}

fn event(event: FilteredLogEvent) -> LogEvent {
    LogEvent {
        at: Time(event.timestamp.unwrap_or_default()),
        id: event.event_id.unwrap_or_default(),
        stream: event.log_stream_name.unwrap_or_default(),
        text: event.message.unwrap_or_default(),
    }
}
