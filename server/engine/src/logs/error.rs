//! The errors of reading a log group, and what to do about each.

use aws_sdk_cloudwatchlogs::{
    error::{ProvideErrorMetadata, SdkError},
    operation::filter_log_events::FilterLogEventsError,
};

use crate::connect::aws::words;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("log group {group}: {fault}")]
pub struct LogsError {
    pub group: String,
    pub fault: LogsFault,
}

/// The causes that call for different actions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogsFault {
    #[error("it does not exist")]
    Missing,
    #[error("no permission to read it: {why}")]
    Denied { why: String },
    #[error("throttled, after {attempts} attempts")]
    Throttled { attempts: u32 },
    #[error("CloudWatch Logs does not answer: {why}")]
    Unreachable { why: String },
    #[error("it cannot be read: {why}")]
    Other { why: String },
}

impl LogsError {
    /// Whether a retry may succeed soon.
    pub fn passes(&self) -> bool {
        self.fault.passes()
    }

    /// What to do now.
    pub fn advice(&self) -> &'static str {
        match self.fault {
            LogsFault::Missing => {
                "Correct the pipeline's log_group or its region. A function creates its group on its first run."
            }
            LogsFault::Denied { .. } => {
                "Allow logs:FilterLogEvents on this group for the credentials of the pipeline's store."
            }
            LogsFault::Throttled { .. } => {
                "Logyard retries. If this lasts, other programs read logs in that account too: ask AWS for a higher quota."
            }
            LogsFault::Unreachable { .. } => {
                "Check the region, logs_endpoint_url and the credentials, and that this machine can reach CloudWatch Logs."
            }
            LogsFault::Other { .. } => {
                "Logyard retries. If this lasts, look up the error in the CloudWatch Logs documentation."
            }
        }
    }
}

impl LogsFault {
    pub(super) fn of(error: &SdkError<FilterLogEventsError>) -> Self {
        let SdkError::ServiceError(answer) = error else {
            return Self::Unreachable { why: words(error) };
        };
        let code = answer.err().code().unwrap_or_default();
        let status = answer.raw().status().as_u16();
        let why = format!("{code} {}", answer.err().message().unwrap_or_default()).trim().to_owned();
        match code {
            "ResourceNotFoundException" => Self::Missing,
            "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => {
                Self::Throttled { attempts: 1 }
            }
            _ if status == 429 => Self::Throttled { attempts: 1 },
            _ if status >= 500 => Self::Unreachable { why: format!("{why} (HTTP {status})") },
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "MissingAuthenticationTokenException" => Self::Denied { why },
            _ if status == 403 || code.contains("AccessDenied") => Self::Denied { why },
            _ => Self::Other { why },
        }
    }

    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unreachable { .. })
    }
}
