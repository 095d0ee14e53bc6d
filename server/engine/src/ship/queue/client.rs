//! The client of an SQS queue: receive, delete, and change the visibility of messages.
//!
//! A queue at AWS is reached by the SDK's own rules, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_SQS` included; any other
//! at its own URL. Credentials are those of the store whose objects the queue announces.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
        MessageSystemAttributeName, QueueAttributeName,
    },
};
use model::QueueUrl;

use super::QueueError;
use crate::{connect::aws::http, credentials::Renewal, s3::Endpoint};

/// Longest wait that SQS allows for a request that finds nothing.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// Time limit of a request, in addition to its wait.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Most messages per request, by SQS's limit.
const BATCH: usize = 10;
const ATTEMPTS: u32 = 3;
/// Delay of a message released for the first time; doubled each further time.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// A client of one queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    credentials: Renewal,
    url: QueueUrl,
    held: Duration,
}

/// A received message. Other receivers do not see it for the visibility timeout, which [`Queue::hold`] restarts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub body: String,
    receipt: String,
    /// Number of times it was received, this time included.
    times: u32,
}

impl Queue {
    /// Default visibility timeout: so late a message of a dead process comes back.
    pub const HELD: Duration = Duration::from_mins(1);

    /// Creates the client; no request is sent yet. `held` is the visibility timeout, in whole seconds.
    pub async fn connect(url: QueueUrl, store: &Endpoint, held: Duration) -> Self {
        let region = url.region().map(str::to_owned).or_else(|| store.region.clone());
        let (shared, credentials) = Endpoint { region, ..store.clone() }.shared().await;
        let timeout = TimeoutConfig::builder().operation_attempt_timeout(LONGEST_WAIT + ANSWER_WITHIN).build();
        let mut config = aws_sdk_sqs::config::Builder::from(&shared)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeout);
        if url.region().is_none() {
            config = config.endpoint_url(url.origin());
            if url.origin().starts_with("http://") {
                config = config.http_client(http());
            }
        }
        Self { client: Client::from_conf(config.build()), credentials, url, held }
    }

    /// Receives up to ten messages as soon as there are any; none if none arrives within `wait`, at most 20 s.
    pub async fn receive(&self, wait: Duration) -> Result<Vec<Message>, QueueError> {
        let request = self.client.receive_message().queue_url(self.url.as_str()).max_number_of_messages(10);
        let request = request.wait_time_seconds(seconds(wait.min(LONGEST_WAIT))).visibility_timeout(seconds(self.held));
        let request = request.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let answer = self
            .credentials
            .send(|| request.clone().send())
            .await
            .map_err(|error| QueueError::of(&self.url, "receive messages", &error))?;
        let message = |message: aws_sdk_sqs::types::Message| {
            let times = message.attributes.as_ref();
            let times = times.and_then(|known| known.get(&MessageSystemAttributeName::ApproximateReceiveCount));
            Some(Message {
                times: times.and_then(|times| times.parse().ok()).unwrap_or(1),
                id: message.message_id?,
                receipt: message.receipt_handle?,
                body: message.body.unwrap_or_default(),
            })
        };
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(message).collect())
    }

    pub fn held(&self) -> Duration {
        self.held
    }

    /// Restarts the visibility timeout of messages.
    pub async fn hold(&self, messages: &[Message]) -> Result<(), QueueError> {
        self.hide(messages, |_| self.held).await
    }

    /// Releases messages: at once, or with a delay that grows with the number of times each was received.
    pub async fn give_back(&self, messages: &[Message], at_once: bool) -> Result<(), QueueError> {
        self.hide(messages, |message| if at_once { Duration::ZERO } else { pause(message.times) }).await
    }

    /// Deletes messages from the queue.
    pub async fn delete(&self, messages: &[Message]) -> Result<(), QueueError> {
        const ACTION: &str = "delete messages";
        for batch in messages.chunks(BATCH) {
            let mut request = self.client.delete_message_batch().queue_url(self.url.as_str());
            for (index, message) in batch.iter().enumerate() {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                request = request.entries(built(entry.receipt_handle(&message.receipt).build(), &self.url, ACTION)?);
            }
            let answer = self
                .credentials
                .send(|| request.clone().send())
                .await
                .map_err(|error| QueueError::of(&self.url, ACTION, &error))?;
            self.all(ACTION, &answer.failed)?;
        }
        Ok(())
    }

    /// Approximate number of visible messages.
    pub async fn waiting(&self) -> Result<u64, QueueError> {
        let request = self.client.get_queue_attributes().queue_url(self.url.as_str());
        let request = request.attribute_names(QueueAttributeName::ApproximateNumberOfMessages);
        let answer = self
            .credentials
            .send(|| request.clone().send())
            .await
            .map_err(|error| QueueError::of(&self.url, "count messages", &error))?;
        let known = answer.attributes.unwrap_or_default();
        let count = known.get(&QueueAttributeName::ApproximateNumberOfMessages);
        Ok(count.and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    async fn hide(&self, messages: &[Message], time: impl Fn(&Message) -> Duration) -> Result<(), QueueError> {
        const ACTION: &str = "hold messages";
        for batch in messages.chunks(BATCH) {
            let mut request = self.client.change_message_visibility_batch().queue_url(self.url.as_str());
            for (index, message) in batch.iter().enumerate() {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
                let entry = entry.receipt_handle(&message.receipt).visibility_timeout(seconds(time(message)));
                request = request.entries(built(entry.build(), &self.url, ACTION)?);
            }
            let answer = self
                .credentials
                .send(|| request.clone().send())
                .await
                .map_err(|error| QueueError::of(&self.url, ACTION, &error))?;
            self.all(ACTION, &answer.failed)?;
        }
        Ok(())
    }

    /// Checks the answer to a batch, which reports each failed entry.
    fn all(&self, action: &'static str, failed: &[BatchResultErrorEntry]) -> Result<(), QueueError> {
        let Some(first) = failed.first() else { return Ok(()) };
        let why =
            format!("{} of a batch failed: {} {}", failed.len(), first.code(), first.message().unwrap_or_default());
        Err(QueueError::refused(&self.url, action, why))
    }
}

fn built<T>(
    entry: Result<T, aws_sdk_sqs::error::BuildError>,
    queue: &QueueUrl,
    action: &'static str,
) -> Result<T, QueueError> {
    entry.map_err(|error| QueueError::refused(queue, action, error.to_string()))
}

fn pause(times: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1))).min(LONGEST_PAUSE)
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delay_doubles_with_each_receive() {
        let seconds = [1, 2, 7, 8, 1_000].map(|times| pause(times).as_secs());
        assert_eq!(seconds, [30, 60, 1_920, 3_600, 3_600]);
    }
}
