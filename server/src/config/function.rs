//! Keys of a pipeline that a Lambda function ships, and `[logs]`: how its log group is read.
//!
//! Always: a log group belongs to one pipeline only, or each of its runs would be counted twice.

use std::{collections::BTreeMap, num::NonZeroU32};

use engine::runs::Mapping;
use model::{Function, Pipeline, PipelineName};

use super::{
    ConfigError,
    source::Section,
    values::{WHOLE, not_empty, origin, seconds, within},
};

const LOG_GROUP: &str = "the log group of the function that ships this pipeline and no other, such as \
                         /aws/lambda/api-prod-elb: 1 to 512 of a-z, A-Z, 0-9 and . - _ / #";
const NEEDED: &str = "the log group to which region, function_timeout, logs_endpoint_url and summary belong, such as \
                      /aws/lambda/api-prod-elb";
const REGION: &str = "a region such as ap-southeast-2";
const TIMEOUT: &str = "how long the function may run, such as \"60s\": a whole number of s or m, at most 15m";
const ENDPOINT: &str = "a URL such as http://127.0.0.1:5000, without a path";
const POINTERS: &str = "counters and where they lie in the summary, such as { sent = \"/stats/ok\" }: JSON pointers, \
                        named as in logyard.example.toml";

/// Longest run of a Lambda function, in seconds.
const LONGEST_S: u64 = 900;
/// AWS grants an account five a second in most regions; one is left for people.
const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// How the summaries of each pipeline's function are read.
pub type Mappings = BTreeMap<PipelineName, Mapping>;

/// How the log groups of functions are read.
#[derive(Clone, Debug)]
pub struct Logs {
    /// For all log groups together.
    pub requests_per_second: NonZeroU32,
    /// One for each pipeline with a function.
    pub mappings: Mappings,
}

impl Default for Logs {
    fn default() -> Self {
        Self { requests_per_second: REQUESTS_PER_SECOND, mappings: Mappings::new() }
    }
}

/// Reads a pipeline's function; `None`: no function ships it.
pub fn read(section: &mut Section<'_>, others: &[Pipeline]) -> Result<Option<(Function, Mapping)>, ConfigError> {
    let log_group = section.get("log_group", LOG_GROUP, group)?;
    let region = section.get("region", REGION, not_empty)?;
    let timeout = |text: &str| seconds(text).filter(|seconds| *seconds <= LONGEST_S);
    let timeout_s = section.get("function_timeout", TIMEOUT, timeout)?;
    let logs_endpoint_url = section.get("logs_endpoint_url", ENDPOINT, origin)?;
    let summary = section.texts("summary")?;
    let Some(log_group) = log_group else {
        let said = region.is_some() || timeout_s.is_some() || logs_endpoint_url.is_some() || !summary.is_empty();
        return if said { Err(section.missing("log_group", NEEDED)) } else { Ok(None) };
    };
    let function = Function { log_group, region, logs_endpoint_url, timeout_s: timeout_s.unwrap_or(LONGEST_S) };
    let same = |other: &Function| {
        (&other.log_group, &other.region, &other.logs_endpoint_url)
            == (&function.log_group, &function.region, &function.logs_endpoint_url)
    };
    if others.iter().filter_map(|pipeline| pipeline.function.as_ref()).any(same) {
        let (key, value) = ("pipelines.log_group".to_owned(), Some(function.log_group));
        return Err(ConfigError::Value { at: section.at(), key, value, expected: LOG_GROUP });
    }
    Ok(Some((function, mapping(section, summary)?)))
}

/// Reads `[logs]`.
pub fn rate(mut section: Section<'_>) -> Result<NonZeroU32, ConfigError> {
    let number = section.get("requests_per_second", WHOLE, |text| within(text, 1, 100))?;
    section.finish()?;
    Ok(number.and_then(NonZeroU32::new).unwrap_or(REQUESTS_PER_SECOND))
}

fn mapping(section: &Section<'_>, pointers: BTreeMap<String, String>) -> Result<Mapping, ConfigError> {
    let json = pointers.into_iter().map(|(counter, pointer)| (counter, pointer.into())).collect();
    serde_json::from_value(serde_json::Value::Object(json)).map_err(|error| ConfigError::Value {
        at: section.at(),
        key: "pipelines.summary".to_owned(),
        value: Some(error.to_string()),
        expected: POINTERS,
    })
}

fn group(text: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
    ((1..=512).contains(&text.len()) && text.bytes().all(fits)).then(|| text.to_owned())
}
