//! `logyard template`: the index template of a sink: shown, compared with the cluster's, or put there.
//!
//! Always: without `--put` nothing is changed. What the cluster answers decides whether it differs.

use std::{path::Path, process::ExitCode, sync::Arc};

use clap::Args;
use engine::ship::{
    Transform,
    sink::Sink,
    template::{Template, TemplateError, compare_template, put_template},
};
use model::{PipelineName, SinkName, TemplateChange, TemplateComparison, TemplateState, number::counted};

use super::{Exit, Failure, log};
use crate::{
    config::{self, Config},
    connections::transforms::of_pipeline,
};

pub const AFTER_HELP: &str = "\
Examples:
  logyard template --sink search --show                  print the template
  logyard template --pipeline api-prod                   compare it with what the cluster of its sink has
  logyard template --sink search --put                   put what differs, and compare again

The template is called logyard-SINK. It maps addresses as ip, durations as double, counts as long, texts as keyword, and
guesses no dates. Fields that the newest index lacks are added to it; a field of another type needs a new index.

Exit codes: 0 the cluster has it, 1 it differs, 2 bad usage or configuration, 3 could not connect.";

#[derive(Args)]
#[group(id = "of", required = true, multiple = false)]
pub struct Arguments {
    /// The sink, a [[sinks]] entry for a search cluster
    #[arg(long, value_name = "NAME", group = "of")]
    sink: Option<SinkName>,
    /// The pipeline whose sink it is
    #[arg(long, value_name = "NAME", group = "of")]
    pipeline: Option<PipelineName>,
    #[command(flatten)]
    what: What,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[group(multiple = false)]
struct What {
    /// Print the template and connect to nothing
    #[arg(long)]
    show: bool,
    /// Compare it with the cluster's and change nothing (the default)
    #[arg(long)]
    diff: bool,
    /// Put it if it differs, and add missing fields to the newest index
    #[arg(long)]
    put: bool,
}

pub fn main(config: Option<&Path>, arguments: &Arguments) -> ExitCode {
    match run(config, arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            err!("logyard: {}", failure.message);
            failure.exit.into()
        }
    }
}

fn run(file: Option<&Path>, arguments: &Arguments) -> Result<Exit, Failure> {
    let config = Config::load(file, &|name| std::env::var(name).ok()).map_err(Failure::usage)?;
    let sink = sink(&config, arguments)?;
    let template = template_of(sink, &transforms(&config, sink))?;
    if arguments.what.show {
        out!("{}", serde_json::to_string_pretty(&template.body).unwrap_or_default());
        return Ok(Exit::Done);
    }
    log::start();
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::usage)?;
    let compared = runtime.block_on(Box::pin(compared(sink, &template, arguments.what.put)));
    let comparison = compared.map_err(|error| failure(&error))?;
    if arguments.json {
        out!("{}", serde_json::to_string(&comparison).unwrap_or_default());
    } else {
        out!("{}", words(&comparison, arguments.what.put));
    }
    Ok(if comparison.same() { Exit::Done } else { Exit::ItemsFailed })
}

/// Changes to the events of all pipelines of the sink: they share the template.
fn transforms(config: &Config, sink: &config::Sink) -> Vec<Option<Arc<Transform>>> {
    let pipelines = config.pipelines.iter().filter(|pipeline| pipeline.sink == sink.name);
    pipelines.map(of_pipeline).collect()
}

/// The template of a sink, `logyard-NAME`.
fn template_of(sink: &config::Sink, transforms: &[Option<Arc<Transform>>]) -> Result<Template, Failure> {
    let patterns = sink.settings.index_patterns();
    if patterns.is_empty() {
        let name = &sink.name;
        return Err(Failure::usage(format!(
            "sink `{name}` names no index: only a sink for Elasticsearch or OpenSearch has a template, whose URL is such as \
             https://host:9200/INDEX/_bulk, or which has an `index`"
        )));
    }
    Ok(Template::new(&format!("logyard-{}", sink.name), &patterns, sink.settings.data_stream, transforms))
}

fn sink<'a>(config: &'a Config, arguments: &Arguments) -> Result<&'a config::Sink, Failure> {
    let list = |names: Vec<String>| if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
    let name = match (&arguments.sink, &arguments.pipeline) {
        (Some(name), _) => name,
        (None, Some(wanted)) => {
            let found = config.pipelines.iter().find(|pipeline| pipeline.name == *wanted);
            let known = || list(config.pipelines.iter().map(|pipeline| format!("`{}`", pipeline.name)).collect());
            let unknown = || Failure::usage(format!("no pipeline is called `{wanted}`: {}", known()));
            &found.ok_or_else(unknown)?.sink
        }
        (None, None) => return Err(Failure::usage("name a sink by --sink, or a pipeline by --pipeline")),
    };
    let known = || list(config.sinks.iter().map(|sink| format!("`{}`", sink.name)).collect());
    let unknown = || Failure::usage(format!("no sink is called `{name}`: {}", known()));
    config.sinks.iter().find(|sink| sink.name == *name).ok_or_else(unknown)
}

async fn compared(sink: &config::Sink, template: &Template, put: bool) -> Result<TemplateComparison, TemplateError> {
    let open = Sink::open(sink.settings.clone()).await?;
    let Some(cluster) = open.cluster() else { unreachable!("a sink with indexes is a cluster") };
    if put { put_template(&cluster, template).await } else { compare_template(&cluster, template).await }
}

fn failure(error: &TemplateError) -> Failure {
    let exit = if error.unreachable() { Exit::Unreachable } else { Exit::Usage };
    Failure { message: format!("{error}. {}", error.advice()), exit }
}

fn words(found: &TemplateComparison, put: bool) -> String {
    let state = match found.state {
        TemplateState::New => "the cluster does not have it",
        TemplateState::Same if put => "the cluster has it now",
        TemplateState::Same => "the cluster has it",
        TemplateState::Changed => "the cluster has another one",
    };
    let mut lines = vec![format!("{}, {}: {state}", found.template, found.cluster)];
    lines.extend(found.changes.iter().map(|change| format!("  {}", difference(change))));
    let named = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if !found.hidden_by.is_empty() {
        let by = named(&found.hidden_by);
        lines.push(format!(
            "  Some of its indexes follow {by} instead, of a higher priority. Lower that, or raise none."
        ));
    }
    if !found.hides.is_empty() {
        lines.push(format!("  It counts instead of {}, where the patterns overlap.", named(&found.hides)));
    }
    if let Some(index) = &found.index {
        if !index.missing.is_empty() {
            let lacks = counted(index.missing.len() as u64, "field");
            lines.push(format!("Index {} lacks {lacks}: {}", index.index, index.missing.join(", ")));
        }
        if !index.conflicts.is_empty() {
            lines.push(format!("Index {} has other types, which hold until there is a new index:", index.index));
            lines.extend(index.conflicts.iter().map(|change| format!("  {}", difference(change))));
        }
    }
    lines.join("\n")
}

/// `mappings.properties.sent_bytes.type: keyword → long`
fn difference(change: &TemplateChange) -> String {
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
    format!("{}: {} → {}", change.path, shown(&change.there), shown(&change.wanted))
}

#[cfg(test)]
mod tests {
    use model::IndexFields;

    use super::*;

    #[test]
    fn differences_are_told_by_path_and_index() {
        let change = |path: &str, there: &str, wanted: &str| TemplateChange {
            path: path.to_owned(),
            there: Some(there.to_owned()),
            wanted: Some(wanted.to_owned()),
        };
        let found = TemplateComparison {
            template: "logyard-search".to_owned(),
            cluster: "OpenSearch 2.19.6".to_owned(),
            state: TemplateState::Changed,
            changes: vec![change("priority", "100", "200")],
            hidden_by: vec!["wide".to_owned()],
            hides: Vec::new(),
            index: Some(IndexFields {
                index: "elb-2026.03.09".to_owned(),
                missing: vec!["log.offset".to_owned()],
                conflicts: vec![change("sent_bytes", "keyword", "long")],
            }),
        };
        let said = words(&found, false);
        for text in ["has another one", "priority: 100 → 200", "`wide`", "lacks 1 field: log.offset", "keyword → long"]
        {
            assert!(said.contains(text), "{text}: {said}");
        }
        assert!(!found.same());
    }
}
