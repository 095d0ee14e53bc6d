//! The errors of reading a log group, and what to do about each.

use aws_sdk_cloudwatchlogs::{error::SdkError, operation::filter_log_events::FilterLogEventsError};

use crate::{connect::aws::words, s3::Answer};

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
    /// The credentials themselves are refused, whatever the policies allow.
    #[error("the credentials are refused: {why}")]
    BadCredentials { why: String },
    #[error("throttled, after {attempts} attempts")]
    Throttled { attempts: u32 },
    #[error("CloudWatch Logs does not answer: {why}")]
    Unreachable { why: String },
    /// The service finds the time of the request wrong; the SDK signs the next one by the service's clock.
    #[error("the clock of this machine is wrong: {why}")]
    ClockSkew { why: String },
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
            LogsFault::BadCredentials { .. } => "Renew or correct the credentials of the pipeline's store.",
            LogsFault::Throttled { .. } => {
                "Logyard retries. If this lasts, other programs read logs in that account too: ask AWS for a higher quota."
            }
            LogsFault::Unreachable { .. } => {
                "Check the region, logs_endpoint_url and the credentials, and that this machine can reach CloudWatch Logs."
            }
            LogsFault::ClockSkew { .. } => "Set the clock of this machine; Logyard retries by that of the service.",
            LogsFault::Other { .. } => {
                "Logyard retries. If this lasts, look up the error in the CloudWatch Logs documentation."
            }
        }
    }
}

impl LogsFault {
    pub(super) fn of(error: &SdkError<FilterLogEventsError>) -> Self {
        let SdkError::ServiceError(service) = error else { return Self::Unreachable { why: words(error) } };
        let answer = Answer::of(service.err(), service.raw());
        let why = answer.to_string();
        match answer.code.as_str() {
            "ResourceNotFoundException" => Self::Missing,
            _ if answer.denies_the_time() => Self::ClockSkew { why },
            _ if answer.status != 503 && answer.throttles() => Self::Throttled { attempts: 1 },
            _ if answer.status >= 300 && answer.passes() => Self::Unreachable { why },
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken" => Self::BadCredentials { why },
            code if code.contains("AccessDenied") => Self::Denied { why },
            _ => Self::Other { why },
        }
    }

    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unreachable { .. } | Self::ClockSkew { .. })
    }
}
