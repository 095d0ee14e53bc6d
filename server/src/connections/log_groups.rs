//! The log groups of functions, each with its connection: the one place that turns a pipeline's `log_group` into one.
//!
//! Always: all log groups of a process share one rate of requests, for log readers, backfills and people.

use std::sync::Arc;

use db::{Db, NewInvocation};
use engine::{
    limit::AdaptiveLimiter,
    logs::{Logs, Place},
    runs::{Options, Read},
    s3::Endpoint,
};
use model::{Function, Pipeline, PipelineName, Run, RunSource};
use tokio::sync::OnceCell;

use crate::{config::Config, connections::stores::Stores};

/// Cheap to clone.
#[derive(Clone)]
pub struct LogGroups {
    entries: Arc<[Arc<Group>]>,
    limiter: AdaptiveLimiter,
}

/// The log group of one pipeline.
pub struct Group {
    pub pipeline: Pipeline,
    pub function: Function,
    /// How its events are read.
    pub options: Options,
    /// The endpoint of the pipeline's store, whose credentials are used.
    endpoint: Endpoint,
    open: OnceCell<Logs>,
}

impl LogGroups {
    /// Nothing is connected yet.
    pub fn new(config: &Config, stores: &Stores) -> Self {
        let group = |pipeline: &Pipeline| {
            let function = pipeline.function.clone()?;
            let endpoint = stores.get(&pipeline.source.store)?.client.endpoint().clone();
            let options = Options {
                timeout_s: function.timeout_s,
                mapping: config.logs.mappings.get(&pipeline.name).cloned().unwrap_or_default(),
                log_group: Some(function.log_group.clone()),
            };
            Some(Arc::new(Group { pipeline: pipeline.clone(), function, options, endpoint, open: OnceCell::new() }))
        };
        let entries = config.pipelines.iter().filter_map(group).collect();
        Self { entries, limiter: AdaptiveLimiter::new(config.logs.requests_per_second) }
    }

    pub fn iter(&self) -> impl Iterator<Item = Arc<Group>> {
        self.entries.iter().cloned()
    }

    /// `None`: the configuration names no function for that pipeline.
    pub fn get(&self, pipeline: &PipelineName) -> Option<&Arc<Group>> {
        self.entries.iter().find(|group| group.pipeline.name == *pipeline)
    }

    /// Connects to a log group at the first call; later calls share the connection.
    pub async fn connect(&self, group: &Group) -> Logs {
        let Function { log_group, region, logs_endpoint_url, .. } = &group.function;
        let place = Place { group: log_group.clone(), region: region.clone(), url: logs_endpoint_url.clone() };
        group.open.get_or_init(|| Logs::connect(place, &group.endpoint, self.limiter.clone())).await.clone()
    }
}

/// An invocation that was read, in the form that is recorded.
pub fn invocation(read: Read, pipeline: &Pipeline, db: &Db) -> NewInvocation {
    let run = Run {
        id: db.new_run_id(),
        pipeline: Some(pipeline.name.clone()),
        source: RunSource::Lambda,
        request_id: Some(read.request_id),
        job: None,
        outcome: read.outcome,
        reason: read.reason,
        started_at: read.started_at,
        duration_ms: read.duration_ms,
        memory_mb: read.memory_mb,
        invocation: Some(read.invocation),
        store: read.bucket.is_some().then(|| pipeline.source.store.clone()),
        bucket: read.bucket,
        key: read.key,
        etag: None,
        size: None,
        summary: read.summary,
        logged: read.logged,
        accepted: None,
    };
    NewInvocation { run, sink: pipeline.sink.clone(), evidence: read.evidence, settled: read.settled }
}
