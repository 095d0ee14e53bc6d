//! The errors of using a queue, and what to do about each.

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use model::QueueUrl;

use crate::{connect::aws::words, s3::Answer};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("queue {queue}: {fault}")]
pub struct QueueError {
    pub queue: QueueUrl,
    pub fault: QueueFault,
}

/// The causes that call for different actions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueFault {
    #[error("it does not exist")]
    Missing,
    #[error("no permission to {action}: {why}")]
    Denied { action: &'static str, why: String },
    #[error("it does not answer: {why}")]
    Unreachable { why: String },
    #[error("cannot {action}: {why}")]
    Other { action: &'static str, why: String },
}

impl QueueError {
    /// What to do now.
    pub fn advice(&self) -> &'static str {
        match self.fault {
            QueueFault::Missing => "Correct the pipeline's sqs_queue_url, or create the queue.",
            QueueFault::Denied { .. } => {
                "Allow sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on \
                 this queue for the credentials of the pipeline's store."
            }
            QueueFault::Unreachable { .. } => {
                "Check the queue's URL and the credentials, and that this machine can reach the queue."
            }
            QueueFault::Other { .. } => "Logyard retries. Meanwhile objects are found by listing.",
        }
    }

    pub(super) fn of<E>(queue: &QueueUrl, action: &'static str, error: &SdkError<E>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let fault = match error {
            SdkError::ServiceError(service) => {
                let answer = Answer::of(service.err(), service.raw());
                let why = answer.to_string();
                match answer.code.as_str() {
                    "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => QueueFault::Missing,
                    code if code.contains("AccessDenied") => QueueFault::Denied { action, why },
                    _ => QueueFault::Other { action, why },
                }
            }
            error => QueueFault::Unreachable { why: words(error) },
        };
        Self { queue: queue.clone(), fault }
    }

    pub(super) fn refused(queue: &QueueUrl, action: &'static str, why: String) -> Self {
        Self { queue: queue.clone(), fault: QueueFault::Other { action, why } }
    }
}
