//! The index template of a pipeline: compared with the cluster of its sink, and put there.

use std::time::Duration;

use engine::ship::{
    sink::Sink,
    template::{Template, TemplateError, compare_template, put_template},
};
use model::{PipelineName, Problem, ProblemCode, TemplateComparison};
use tokio::time::timeout;

use super::{AppBackend, problem};
use crate::connections::transforms::of_pipeline;

/// A person waits for it.
const WITHIN: Duration = Duration::from_secs(20);

impl AppBackend {
    pub(super) async fn template(&self, name: &PipelineName, put: bool) -> Result<TemplateComparison, Problem> {
        let pipeline = self.known(name)?;
        let refused = |detail: String| Problem::new(ProblemCode::Conflict, detail);
        let no_sink = || refused(problem::no_sink(&pipeline.sink, &self.sinks));
        let settings = &self.sinks.get(&pipeline.sink).ok_or_else(no_sink)?.settings;
        let patterns = settings.index_patterns();
        if patterns.is_empty() {
            let sink = &pipeline.sink;
            return Err(refused(format!(
                "Sink `{sink}` has no index: only Elasticsearch and OpenSearch have templates."
            )));
        }
        // Those of its other pipelines too: they share the template.
        let siblings = self.config.pipelines.iter().filter(|other| other.sink == pipeline.sink);
        let transforms: Vec<_> = siblings.map(of_pipeline).collect();
        let template =
            Template::new(&format!("logyard-{}", pipeline.sink), &patterns, settings.data_stream, &transforms);
        let asked = async {
            let open = self.sinks.open(&pipeline.sink).await.ok_or_else(no_sink)?;
            compared(&open.map_err(|error| unanswered(&error.into()))?, &template, put).await
        };
        timeout(WITHIN, Box::pin(asked)).await.unwrap_or_else(|_| Err(problem::no_answer(WITHIN)))
    }
}

async fn compared(sink: &Sink, template: &Template, put: bool) -> Result<TemplateComparison, Problem> {
    let no_cluster = || Problem::new(ProblemCode::Conflict, "This sink is no cluster.");
    let cluster = sink.cluster().ok_or_else(no_cluster)?;
    let found = if put { put_template(&cluster, template).await } else { compare_template(&cluster, template).await };
    found.map_err(|error| unanswered(&error))
}

fn unanswered(error: &TemplateError) -> Problem {
    Problem::new(ProblemCode::Store, format!("{error}. {}", error.advice()))
}
