//! A queue of notifications about new objects: its URL and its status.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// URL of an SQS queue as in the AWS console: `https://sqs.eu-west-1.amazonaws.com/123456789012/elb-logs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueUrl(String);

/// Status of a queue at the last poll.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// Approximate number of waiting messages.
    pub messages: u64,
    /// Messages left to the queue's dead-letter policy, because they concern no object of the pipeline; seen by the
    /// current follower, counted up to 1,000.
    pub left: u64,
    /// Reason for the last of them.
    pub left_because: Option<String>,
}

impl QueueUrl {
    pub const EXPECTED: &str =
        "the URL of an SQS queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/elb-logs";

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Region of a queue at AWS, taken from its host; `None` for any other endpoint.
    pub fn region(&self) -> Option<&str> {
        let host = self.0.strip_prefix("https://sqs.")?.split('/').next()?;
        let region = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
        (!region.is_empty() && !region.contains(['.', ':'])).then_some(region)
    }

    /// Scheme and host, without a trailing slash.
    pub fn origin(&self) -> &str {
        let start = self.0.find("://").map_or(0, |at| at + 3);
        self.0[start..].find('/').map_or(&self.0, |slash| &self.0[..start + slash])
    }
}

impl FromStr for QueueUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let fits = rest.and_then(|rest| rest.split_once('/')).is_some_and(|(host, path)| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let plain = |byte: u8| byte.is_ascii_graphic() && !b"@?#\\".contains(&byte);
            let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            let name = name.strip_suffix(".fifo").unwrap_or(name);
            !host.is_empty()
                && host.bytes().chain(path.bytes()).all(plain)
                && (1..=80).contains(&name.len())
                && name.bytes().all(named)
        });
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::new("queue", text, Self::EXPECTED)) }
    }
}

impl TryFrom<String> for QueueUrl {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<QueueUrl> for String {
    fn from(url: QueueUrl) -> Self {
        url.0
    }
}

impl fmt::Display for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_at_aws_has_region_others_have_origin() {
        let parts = |text: &str| {
            let url: QueueUrl = text.parse().unwrap();
            (url.region().map(str::to_owned), url.origin().to_owned())
        };
        let own = |region: Option<&str>, origin: &str| (region.map(str::to_owned), origin.to_owned());
        let aws = "https://sqs.eu-west-1.amazonaws.com";
        assert_eq!(parts(&format!("{aws}/123456789012/elb-logs.fifo")), own(Some("eu-west-1"), aws));
        let china = "https://sqs.cn-north-1.amazonaws.com.cn";
        assert_eq!(parts(&format!("{china}/1/q")), own(Some("cn-north-1"), china));
        let local = "http://127.0.0.1:9324";
        assert_eq!(parts(&format!("{local}/queue/elb_logs")), own(None, local));
        let inside = "https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com";
        assert_eq!(parts(&format!("{inside}/1/q")), own(None, inside));
    }

    #[test]
    fn invalid_queue_url_is_refused() {
        for text in [
            "",
            "elb-logs",
            "arn:aws:sqs:eu-west-1:1:q",
            "s3://logs/q",
            "https://sqs.eu-west-1.amazonaws.com",
            "https://sqs.eu-west-1.amazonaws.com/1/",
            "https:///1/q",
            "https://key:secret@host/1/q",
            "https://host/1/q?Action=SendMessage",
            "https://host/1/a queue",
        ] {
            let error = text.parse::<QueueUrl>().unwrap_err();
            assert!(error.to_string().contains("an SQS queue"), "{text}");
        }
    }
}
