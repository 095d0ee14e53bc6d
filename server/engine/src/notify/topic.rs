//! Publishes a message to an SNS topic.

use std::{fmt, str::FromStr, time::Duration};

use aws_sdk_sns::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    types::MessageAttributeValue,
};
use model::Invalid;

use super::NotifyError;
use crate::{
    connect::aws::http,
    credentials::Renewal,
    s3::{Answer, Endpoint},
};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Requests for a message, all within [`ANSWER_WITHIN`]: what passes, as a wrong clock does, is no failed delivery.
const ATTEMPTS: u32 = 3;
/// Longest subject that SNS accepts, in characters.
const SUBJECT: usize = 100;

/// `arn:aws:sns:eu-west-1:123456789012:alerts`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicArn {
    text: String,
    region: String,
}

/// A client of one topic. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Topic {
    client: Client,
    credentials: Renewal,
    arn: TopicArn,
}

impl FromStr for TopicArn {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            ["arn", partition, "sns", region, account, name]
                if [partition, region, account, name].iter().all(|part| !part.is_empty()) =>
            {
                Ok(Self { text: text.to_owned(), region: (*region).to_owned() })
            }
            _ => Err(Invalid::new("arn", text, "such as arn:aws:sns:eu-west-1:123456789012:alerts")),
        }
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Topic {
    /// Creates the client; no request is sent yet. `store` provides the credentials;
    /// `endpoint_url` is needed only if the topic is not at AWS and `AWS_ENDPOINT_URL` is not set.
    pub async fn connect(arn: TopicArn, store: &Endpoint, endpoint_url: Option<&str>) -> Self {
        let (shared, credentials) = Endpoint { region: Some(arn.region.clone()), ..store.clone() }.shared().await;
        let timeout = TimeoutConfig::builder().operation_timeout(ANSWER_WITHIN).build();
        let mut config = aws_sdk_sns::config::Builder::from(&shared)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeout);
        if let Some(url) = endpoint_url {
            config = config.endpoint_url(url);
            if url.starts_with("http://") {
                config = config.http_client(http());
            }
        }
        Self { client: Client::from_conf(config.build()), credentials, arn }
    }

    /// Publishes a message; `attributes` are for the filters of subscriptions.
    pub async fn publish(
        &self,
        subject: &str,
        message: String,
        attributes: &[(&str, &str)],
    ) -> Result<(), NotifyError> {
        let refused = |why: String| NotifyError::Topic { why };
        let mut request = self.client.publish().topic_arn(&self.arn.text).subject(subject_of(subject)).message(message);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(*value).build();
            request = request.message_attributes(*name, value.map_err(|error| refused(error.to_string()))?);
        }
        let published = self.credentials.send(|| request.clone().send()).await;
        published.map_err(|error| refused(Answer::words(&error)))?;
        Ok(())
    }
}

/// Converts a text to a subject: one line of printable ASCII.
fn subject_of(text: &str) -> String {
    let plain = |c: char| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' };
    text.trim_start().chars().map(plain).take(SUBJECT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arn_gives_the_topics_region() {
        let arn: TopicArn = "arn:aws:sns:eu-west-1:123456789012:alerts".parse().unwrap();
        assert_eq!(arn.region, "eu-west-1");
        for text in ["alerts", "arn:aws:sqs:eu-west-1:1:alerts", "arn:aws:sns::1:alerts", "arn:aws:sns:eu-west-1:1:a:b"]
        {
            assert!(text.parse::<TopicArn>().is_err(), "{text}");
        }
    }

    #[test]
    fn subject_is_one_short_ascii_line() {
        assert_eq!(subject_of("no run\nfor 5 min – really"), "no run?for 5 min ? really");
        assert_eq!(subject_of(&"x".repeat(200)).len(), 100);
    }
}
