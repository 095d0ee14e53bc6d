//! A pipeline: a configured shipper, and how it stands. Configuration says what it is, runs say what it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Location, LogFormat, PipelineName, QueueUrl, Queued, Run, RunSums, SinkName, Time};

/// A `[[pipelines]]` entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    pub name: PipelineName,
    /// Where its log objects lie.
    pub source: Location,
    pub format: LogFormat,
    pub sink: SinkName,
    /// Seconds within which another log object is expected.
    pub every_s: Option<u64>,
    pub labels: BTreeMap<String, String>,
    /// Logyard ships new objects by itself.
    pub follow: bool,
    /// Tells of new objects, where it is followed; without one the source is listed again and again.
    pub sqs_queue_url: Option<QueueUrl>,
    /// The Lambda function that ships it, if one does: its runs are read from its log group.
    pub function: Option<Function>,
}

/// A shipper that runs as a Lambda function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// `/aws/lambda/api-prod-elb`
    pub log_group: String,
    /// `None`: that of the pipeline's store.
    pub region: Option<String>,
    /// Of `CloudWatch` Logs, where it is not AWS's own.
    pub logs_endpoint_url: Option<String>,
    /// Seconds after which Lambda ends it: a run that has not ended by then, never will.
    pub timeout_s: u64,
}

/// A pipeline with what is known of it now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineStatus {
    #[serde(flatten)]
    pub pipeline: Pipeline,
    pub last_run: Option<Run>,
    /// How following stands; `None` where Logyard does not follow it, or has not begun to.
    pub following: Option<Following>,
    /// Milliseconds: of a followed pipeline, the age of the oldest object not shipped, 0 where there is none; of any
    /// other, since its last run began. `None`: nothing is known, as where a follower cannot look.
    pub lag_ms: Option<u64>,
}

/// What the follower of a pipeline found at its last look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// Objects from here on are shipped: when it began to follow.
    pub since: Time,
    pub looked_at: Time,
    /// Objects found and not shipped whole.
    pub waiting: u64,
    /// When the oldest of them was written.
    pub oldest: Option<Time>,
    /// Why the last look came to nothing.
    pub error: Option<String>,
    /// Of a pipeline with a queue.
    pub queue: Option<Queued>,
    /// Who does it, and whether it was heard of lately: if not, nobody knows what waits by now.
    pub holder: String,
    pub held: bool,
}

/// All pipelines, for their page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineList {
    pub now: Time,
    pub items: Vec<PipelineStatus>,
}

/// A pipeline with all that its page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineView {
    pub now: Time,
    pub status: PipelineStatus,
    /// The newest first, at most ten.
    pub runs: Vec<Run>,
    /// Of the last day.
    pub sums: Vec<RunSums>,
}

/// A `[[sinks]]` entry, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkStatus {
    pub name: SinkName,
    /// Without credentials.
    pub url: String,
    pub connections: u64,
    pub max_events_per_second: Option<u64>,
}

impl Pipeline {
    /// True if its last sign of life is older than twice what is expected: once may be a late delivery.
    pub fn overdue(&self, lag_ms: Option<u64>) -> bool {
        match (self.every_s, lag_ms) {
            (Some(every), Some(lag)) => lag > every.saturating_mul(2_000),
            _ => false,
        }
    }
}

impl LogFormat {
    pub const ALL: [Self; 5] = [Self::Auto, Self::Classic, Self::Alb, Self::Nlb, Self::AlbConnection];

    /// As in JSON and in the configuration.
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
