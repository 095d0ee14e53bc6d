//! `[[webhooks]]`, `[[topics]]`, `[heartbeat]`, `[pipelines.alerts]` and `[sinks.canary]`: the limits of alerts, and the
//! receivers that are notified. The engine has the defaults of the limits.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use engine::{
    alerts::Limits,
    notify::{Secret, TopicArn, WebhookUrl},
};
use model::{AlertKind, PipelineName, SinkName, StoreName};

use super::{
    ConfigError, Store,
    source::Section,
    values::{NAME, STORE, WHOLE, YES_NO, origin, parsed, seconds, within},
};

const URL: &str = "a URL such as https://hooks.example.com/services/T0/B0/X, best as \"${VARIABLE}\"";
const CA: &str = "a PEM file with the authority of the receiver's certificate";
const FORMAT: &str = "json or slack";
const SECRET: &str = "a text of at least 16 characters that the receiver knows too, best as \"${VARIABLE}\"";
const ARN: &str = "such as arn:aws:sns:eu-west-1:123456789012:alerts";
const ENDPOINT: &str = "a URL such as http://127.0.0.1:5000, without a path";
const SPAN: &str = "a time such as \"15m\": a whole number of s, m, h or d, at most 31d";
const SHARE: &str = "a share such as 0.01: more than 0, at most 1";
const OFF: &str = "kinds of alerts with commas between, such as \"memory, parsing\": no_runs, lag, loss, suspicious, \
                   failing, memory, parsing, twice, unknown";

/// Default interval of a canary.
pub const CANARY_EVERY: Duration = Duration::from_mins(10);

/// Limits, canaries and receivers.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    pub webhooks: Vec<Webhook>,
    pub topics: Vec<Topic>,
    pub heartbeat: Option<Heartbeat>,
    /// Limits of pipelines that have `[pipelines.alerts]`.
    pub limits: BTreeMap<PipelineName, Limits>,
    /// Intervals of sinks that have `[sinks.canary]`.
    pub canaries: BTreeMap<SinkName, Duration>,
}

/// A `[[webhooks]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub name: String,
    pub url: WebhookUrl,
    pub format: Format,
    pub secret: Option<Secret>,
    /// True: the URL may lead to a private address.
    pub allow_private: bool,
    /// PEM file of the only accepted authorities; `None`: those of the machine.
    pub ca: Option<PathBuf>,
}

/// Shape of a webhook's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Json,
    /// Slack's `{"text": …}`, which other services accept too.
    Slack,
}

/// A `[[topics]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub name: String,
    pub arn: TopicArn,
    pub endpoint_url: Option<String>,
    /// Store whose credentials are used.
    pub store: StoreName,
}

/// `[heartbeat]`: URL that Logyard calls regularly while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub url: WebhookUrl,
    pub every: Duration,
    pub allow_private: bool,
}

pub fn webhooks(sections: Vec<Section<'_>>) -> Result<Vec<Webhook>, ConfigError> {
    let mut webhooks: Vec<Webhook> = Vec::new();
    for mut section in sections {
        let name = section.get("name", NAME, name)?.ok_or_else(|| section.missing("name", NAME))?;
        if webhooks.iter().any(|webhook| webhook.name == name) {
            return Err(ConfigError::Twice { at: section.at(), what: "webhooks", name });
        }
        let webhook = Webhook {
            name,
            url: section.get_secret("url", URL, parsed)?.ok_or_else(|| section.missing("url", URL))?,
            format: section.get("format", FORMAT, format)?.unwrap_or_default(),
            secret: section.get_secret("secret", SECRET, secret)?,
            allow_private: section.get("allow_private", YES_NO, parsed)?.unwrap_or(false),
            ca: section.get("ca", CA, parsed)?,
        };
        section.finish()?;
        webhooks.push(webhook);
    }
    Ok(webhooks)
}

/// Webhooks and topics share one set of names: a delivery is recorded by name.
pub fn topics(sections: Vec<Section<'_>>, webhooks: &[Webhook], stores: &[Store]) -> Result<Vec<Topic>, ConfigError> {
    let mut topics: Vec<Topic> = Vec::new();
    for mut section in sections {
        let name = section.get("name", NAME, name)?.ok_or_else(|| section.missing("name", NAME))?;
        let webhook = webhooks.iter().any(|webhook| webhook.name == name);
        if webhook || topics.iter().any(|topic| topic.name == name) {
            return Err(ConfigError::Twice { at: section.at(), what: "webhooks or topics", name });
        }
        let store = |text: &str| parsed(text).filter(|name| stores.iter().any(|store| store.name == *name));
        let topic = Topic {
            name,
            arn: section.get("arn", ARN, parsed)?.ok_or_else(|| section.missing("arn", ARN))?,
            endpoint_url: section.get("endpoint_url", ENDPOINT, origin)?,
            store: section.get("store", STORE, store)?.unwrap_or_else(|| stores[0].name.clone()),
        };
        section.finish()?;
        topics.push(topic);
    }
    Ok(topics)
}

pub fn heartbeat(mut section: Section<'_>) -> Result<Option<Heartbeat>, ConfigError> {
    let present = section.present(&["url", "every", "allow_private"]);
    let url = section.get_secret("url", URL, parsed)?;
    let every = section.get("every", SPAN, seconds)?.map_or(Duration::from_mins(1), Duration::from_secs);
    let allow_private = section.get("allow_private", YES_NO, parsed)?.unwrap_or(false);
    if !present {
        return Ok(None);
    }
    let url = url.ok_or_else(|| section.missing("url", URL))?;
    section.finish()?;
    Ok(Some(Heartbeat { url, every, allow_private }))
}

/// Reads `[pipelines.alerts]`, if the pipeline has it.
pub fn limits(pipeline: &mut Section<'_>) -> Result<Option<Limits>, ConfigError> {
    let Some(mut section) = pipeline.table("alerts")? else { return Ok(None) };
    let usual = Limits::default();
    let count = |text: &str| within(text, 1, 1_000).map(u64::from);
    let ms = |text: &str| seconds(text).and_then(|seconds| i64::try_from(seconds * 1_000).ok());
    let limits = Limits {
        intervals: section.get("intervals", WHOLE, count)?.unwrap_or(usual.intervals),
        grace_ms: section.get("grace", SPAN, ms)?.unwrap_or(usual.grace_ms),
        lag_ms: section.get("lag", SPAN, ms)?.unwrap_or(usual.lag_ms),
        loss: section.get("loss", SHARE, share)?.unwrap_or(usual.loss),
        retried_within_ms: section.get("retried_within", SPAN, ms)?.unwrap_or(usual.retried_within_ms),
        suspicious: section.get("suspicious", WHOLE, count)?.unwrap_or(usual.suspicious),
        failing: section.get("failing", WHOLE, count)?.unwrap_or(usual.failing),
        memory: section.get("memory", SHARE, share)?.unwrap_or(usual.memory),
        parsing: section.get("parsing", SHARE, share)?.unwrap_or(usual.parsing),
        duplicates: section.get("twice", SHARE, share)?.unwrap_or(usual.duplicates),
        behind_ms: section.get("behind", SPAN, ms)?.unwrap_or(usual.behind_ms),
        lookback_ms: section.get("window", SPAN, ms)?.unwrap_or(usual.lookback_ms),
        off: section.get("off", OFF, kinds)?.unwrap_or_default(),
    };
    section.finish()?;
    Ok(Some(limits))
}

/// Reads `[sinks.canary]`, if the sink has it.
pub fn canary(sink: &mut Section<'_>) -> Result<Option<Duration>, ConfigError> {
    const EVERY: &str = "a time from \"10s\" to \"31d\", such as \"10m\"";
    let Some(mut section) = sink.table("canary")? else { return Ok(None) };
    let every = section.get("every", EVERY, |text| seconds(text).filter(|seconds| *seconds >= 10))?;
    section.finish()?;
    Ok(Some(every.map_or(CANARY_EVERY, Duration::from_secs)))
}

fn name(text: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    ((1..=40).contains(&text.len()) && text.bytes().all(fits)).then(|| text.to_owned())
}

fn format(text: &str) -> Option<Format> {
    match text {
        "json" => Some(Format::Json),
        "slack" => Some(Format::Slack),
        _ => None,
    }
}

fn secret(text: &str) -> Option<Secret> {
    (text.chars().count() >= 16).then(|| Secret::new(text.to_owned()))
}

fn share(text: &str) -> Option<f64> {
    parsed(text).filter(|share| *share > 0.0 && *share <= 1.0)
}

fn kinds(text: &str) -> Option<Vec<AlertKind>> {
    text.split(',')
        .map(|kind| {
            let of_others =
                |kind: &AlertKind| AlertKind::OF_SCHEDULES.contains(kind) || AlertKind::OF_TABLES.contains(kind);
            parsed(kind.trim()).filter(|kind| *kind != AlertKind::Canary && !of_others(kind))
        })
        .collect()
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
        }
    }
}
