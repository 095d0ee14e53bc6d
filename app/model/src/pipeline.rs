//! A pipeline: a configured shipper and its status, which is derived from its runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{EventOptions, Location, LogFormat, PipelineName, QueueUrl, Queued, Run, RunSums, SinkName, Time};

/// A `[[pipelines]]` entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    pub name: PipelineName,
    /// Location of its log objects.
    pub source: Location,
    pub format: LogFormat,
    pub sink: SinkName,
    /// Longest expected time between log objects, in seconds.
    pub every_s: Option<u64>,
    pub labels: BTreeMap<String, String>,
    /// How its events differ from what the log says.
    #[serde(default)]
    pub events: EventOptions,
    /// Whether Logyard ships new objects itself.
    pub follow: bool,
    /// Queue that announces new objects to the follower; without one the follower polls the listing.
    pub sqs_queue_url: Option<QueueUrl>,
    /// Lambda function that ships it, if any; its runs are read from its log group.
    pub function: Option<Function>,
}

/// A shipper that runs as a Lambda function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Log group such as `/aws/lambda/api-prod-elb`.
    pub log_group: String,
    /// Region; `None` for that of the pipeline's store.
    pub region: Option<String>,
    /// Endpoint of `CloudWatch` Logs, if not AWS's own.
    pub logs_endpoint_url: Option<String>,
    /// Timeout of the function in seconds; a run without an end after that time has been killed.
    pub timeout_s: u64,
}

/// A pipeline with its current status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineStatus {
    #[serde(flatten)]
    pub pipeline: Pipeline,
    pub last_run: Option<Run>,
    /// Status of the follower; `None` if Logyard does not follow it, or has not started yet.
    pub following: Option<Following>,
    /// Lag in milliseconds: for a followed pipeline the age of the oldest unshipped object, or 0; for any
    /// other the time since its last run began. `None` if unknown, for instance if the follower cannot read the source.
    pub lag_ms: Option<u64>,
}

/// Result of a follower's last poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// Start of following; only objects written since are shipped.
    pub since: Time,
    pub looked_at: Time,
    /// Number of objects not shipped completely.
    pub waiting: u64,
    /// Write time of the oldest of them.
    pub oldest: Option<Time>,
    /// Error of the last poll.
    pub error: Option<String>,
    /// Status of the queue, if there is one.
    pub queue: Option<Queued>,
    /// Number of objects that were not shipped completely and are tried again, ever more rarely.
    pub retrying: u64,
    /// The last of them, and why it failed.
    pub retrying_because: Option<String>,
    /// Holder of the lease. `held` is false without a recent heartbeat; the figures are outdated then.
    pub holder: String,
    pub held: bool,
}

/// Content of the page of pipelines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineList {
    pub now: Time,
    pub items: Vec<PipelineStatus>,
}

/// Content of the page of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineView {
    pub now: Time,
    pub status: PipelineStatus,
    /// Whether its sink has indexes, and so an index template.
    pub indexed: bool,
    /// Newest runs first, at most ten.
    pub runs: Vec<Run>,
    /// Sums of the last day.
    pub sums: Vec<RunSums>,
}

/// A `[[sinks]]` entry without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkStatus {
    pub name: SinkName,
    /// URL without credentials.
    pub url: String,
    pub connections: u64,
    pub max_events_per_second: Option<u64>,
}

impl Pipeline {
    /// Whether the last activity is older than twice the expected interval; once may be a late delivery.
    pub fn overdue(&self, lag_ms: Option<u64>) -> bool {
        match (self.every_s, lag_ms) {
            (Some(every), Some(lag)) => lag > every.saturating_mul(2_000),
            _ => false,
        }
    }
}

impl LogFormat {
    pub const ALL: [Self; 5] = [Self::Auto, Self::Classic, Self::Alb, Self::Nlb, Self::AlbConnection];

    /// Name in JSON and in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Classic => "classic",
            Self::Alb => "alb",
            Self::Nlb => "nlb",
            Self::AlbConnection => "alb_connection",
        }
    }
}
