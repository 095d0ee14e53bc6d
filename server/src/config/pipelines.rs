//! `[[pipelines]]`: log objects, their format and their sink. Each default is here, beside its key.
//!
//! Always: the store and the sink of a pipeline are configured.

use std::collections::BTreeMap;

use engine::alerts::Limits;
use model::{EventOptions, LogFormat, Pipeline, PipelineName, Place, QueueUrl, SinkName, StoreName};

use super::{
    ConfigError, Sink, Store, alerts, events,
    function::{self, Mappings},
    sinks::DEMO_SINK,
    source::Section,
    values::{NAME, STORE, YES_NO, parsed, seconds},
};

/// The pipeline of the demo, and the bucket of its log objects.
pub const DEMO_PIPELINE: &str = "demo-elb";
pub const DEMO_LOGS: &str = "demo-elb-logs";

const SOURCE: &str = "where its log objects lie, such as \"s3://elb-logs/api-prod/\"";
const SINK: &str = "the name of one of the [[sinks]]";
const FORMAT: &str = "auto, classic, alb, nlb or alb_connection";
const EVERY: &str = "how often a log object is expected, such as \"5m\": a whole number of s, m, h or d, at most 31d";
const QUEUE: &str = "the URL of an SQS queue of this pipeline alone, such as \
                     https://sqs.eu-west-1.amazonaws.com/123456789012/elb-logs";
const FOLLOWED: &str = "true where sqs_queue_url is set";

/// Reads pipelines and the mappings of their functions' summaries. Adds the limits of `[pipelines.alerts]` to `limits`.
pub fn read(
    sections: Vec<Section<'_>>,
    stores: &[Store],
    sinks: &[Sink],
    limits: &mut BTreeMap<PipelineName, Limits>,
) -> Result<(Vec<Pipeline>, Mappings), ConfigError> {
    let (mut pipelines, mut mappings) = (Vec::<Pipeline>::new(), Mappings::new());
    for mut section in sections {
        let name: PipelineName = section.get("name", NAME, parsed)?.ok_or_else(|| section.missing("name", NAME))?;
        if pipelines.iter().any(|pipeline| pipeline.name == name) {
            return Err(ConfigError::Twice { at: section.at(), what: "pipelines", name: name.to_string() });
        }
        let store = |text: &str| parsed(text).filter(|name| stores.iter().any(|store| store.name == *name));
        let store: Option<StoreName> = section.get("store", STORE, store)?;
        let source: Place = section.get("source", SOURCE, parsed)?.ok_or_else(|| section.missing("source", SOURCE))?;
        let sink = |text: &str| parsed(text).filter(|name| sinks.iter().any(|sink| sink.name == *name));
        let sink: SinkName = section.get("sink", SINK, sink)?.ok_or_else(|| section.missing("sink", SINK))?;
        // Two pipelines on one queue would take and delay each other's messages.
        let taken = |url: &QueueUrl| pipelines.iter().any(|pipeline| pipeline.sqs_queue_url.as_ref() == Some(url));
        let queue = |text: &str| parsed(text).filter(|url| !taken(url));
        let sqs_queue_url: Option<QueueUrl> = section.get("sqs_queue_url", QUEUE, queue)?;
        let follow = if sqs_queue_url.is_some() {
            let yes = |text: &str| parsed(text).filter(|yes| *yes);
            section.get("follow", FOLLOWED, yes)?.ok_or_else(|| section.missing("follow", FOLLOWED))?
        } else {
            section.get("follow", YES_NO, parsed)?.unwrap_or(false)
        };
        if let Some(own) = alerts::limits(&mut section)? {
            limits.insert(name.clone(), own);
        }
        let function = function::read(&mut section, &pipelines)?.map(|(function, mapping)| {
            mappings.insert(name.clone(), mapping);
            function
        });
        let labels = section.texts("labels")?;
        let events = events::read(&mut section, &labels)?;
        let pipeline = Pipeline {
            source: Place { store, ..source }.at(&stores[0].name),
            format: section.get("format", FORMAT, format)?.unwrap_or_default(),
            sink,
            every_s: section.get("every", EVERY, seconds)?,
            events,
            labels,
            follow,
            sqs_queue_url,
            function,
            name,
        };
        section.finish()?;
        pipelines.push(pipeline);
    }
    Ok((pipelines, mappings))
}

fn format(text: &str) -> Option<LogFormat> {
    LogFormat::ALL.into_iter().find(|format| format.as_str() == text)
}

/// The demo's pipeline: load-balancer logs that appear in the embedded store every few seconds.
pub fn demo(store: &StoreName) -> Option<Pipeline> {
    let source: Place = format!("s3://{DEMO_LOGS}/").parse().ok()?;
    Some(Pipeline {
        name: DEMO_PIPELINE.parse().ok()?,
        source: source.at(store),
        format: LogFormat::Auto,
        sink: DEMO_SINK.parse().ok()?,
        every_s: Some(60),
        events: EventOptions::default(),
        labels: BTreeMap::from([("what".to_owned(), "demo".to_owned())]),
        follow: true,
        sqs_queue_url: None,
        function: None,
    })
}
