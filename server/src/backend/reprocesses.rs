//! Reprocesses: a request becomes a spec, is previewed, and becomes a job.
//!
//! Always: a reprocess with a plan starts only while the listing still produces that plan; the engine compares again
//! before it sends.

use app::{backend::ReprocessBackend, command::Commands};
use async_trait::async_trait;
use db::NewJob;
use model::{
    Invalid, Job, Key, PipelineName, Problem, ProblemCode, ReprocessPreview, ReprocessRequest, ReprocessSpec, Spec,
    Viewer, Window,
};
use tokio::time::timeout;

use super::{AppBackend, problem, stores::CHECK_WITHIN};

#[async_trait]
impl ReprocessBackend for AppBackend {
    async fn preview_reprocess(&self, viewer: &Viewer, request: ReprocessRequest) -> Result<ReprocessPreview, Problem> {
        let spec = ReprocessSpec { plan: None, ..self.reprocess_spec(request).await? };
        self.preview_reprocess_spec(viewer, &spec).await
    }

    async fn start_reprocess(
        &self,
        viewer: &Viewer,
        request: ReprocessRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        let spec = self.reprocess_spec(request).await?;
        let idempotency =
            idempotency_key.map(|key| (key, super::clones::fingerprint(&Spec::Reprocess(spec.clone()), None)));
        if let Some((key, hash)) = &idempotency
            && let Some(job) =
                self.db.job_by_idempotency_key(&viewer.name, key, hash).await.map_err(problem::database)?
        {
            return Ok(job); // it has begun to send, so its plan no longer matches the listing
        }
        if spec.dead_letters_of.is_none() {
            self.check_reprocess_source(&spec).await?;
        }
        if let Some(plan) = &spec.plan {
            self.check_reprocess_plan(viewer, &spec, plan).await?;
        }
        let new = NewJob { spec: Spec::Reprocess(spec), author: viewer.name.clone(), idempotency };
        let (job, _is_new) = self.db.insert(new).await.map_err(problem::database)?;
        self.job_changed();
        Ok(job)
    }

    async fn get_reprocess_commands(&self, request: ReprocessRequest) -> Result<Commands, Problem> {
        Ok(self.reprocess_commands(&self.reprocess_spec(request).await?))
    }

    async fn reprocess_gaps(
        &self,
        viewer: &Viewer,
        name: &PipelineName,
        window: Window,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        self.known(name)?;
        let found = self.db.reconciliation(name, window).await.map_err(problem::database)?;
        let keys: Vec<Key> =
            found.into_iter().flat_map(|found| found.gaps).filter_map(|gap| gap.key.parse().ok()).collect();
        if keys.is_empty() {
            let detail =
                format!("No log object of pipeline `{name}` is missing between {} and {}.", window.from(), window.to());
            return Err(Problem::new(ProblemCode::Conflict, detail));
        }
        let request = ReprocessRequest { pipeline: Some(name.clone()), keys, ..ReprocessRequest::default() };
        self.start_reprocess(viewer, request, idempotency_key).await
    }
}

impl AppBackend {
    /// The request with every default filled in. Refuses a name that is not configured.
    async fn reprocess_spec(&self, request: ReprocessRequest) -> Result<ReprocessSpec, Problem> {
        let unknown = |detail: String, field: &str| Problem::new(ProblemCode::Invalid, detail).on(field);
        let pipeline = match &request.pipeline {
            None => None,
            Some(name) => Some(
                self.configured(name)
                    .ok_or_else(|| unknown(problem::no_pipeline(name, &self.config.pipelines), "pipeline"))?,
            ),
        };
        let earlier = match request.dead_letters_of {
            None => None,
            Some(id) => match self.db.job(id).await.map_err(problem::database)?.spec {
                Spec::Reprocess(spec) => Some(spec),
                other @ (Spec::Clone(_) | Spec::Backfill(_)) => {
                    let detail =
                        format!("Job {id} is a {}, which has no dead letters. Name a reprocess.", other.kind());
                    return Err(unknown(detail, "dead_letters_of"));
                }
            },
        };
        let source = match (request.source, &earlier, pipeline) {
            (Some(place), ..) => self.stores.locate(place),
            (None, Some(spec), _) => spec.source.clone(),
            (None, None, Some(pipeline)) => pipeline.source.clone(),
            (None, None, None) => {
                let expected = "where the log objects lie, such as \"s3://elb-logs/api/\", or left to a pipeline";
                return Err(Invalid::new("source", "", expected).into());
            }
        };
        self.store_entry(&source.store, "source.store")?;
        let sink = request
            .sink
            .or_else(|| pipeline.map(|pipeline| pipeline.sink.clone()))
            .or_else(|| earlier.as_ref().map(|spec| spec.sink.clone()))
            .ok_or_else(|| Invalid::new("sink", "", "the name of one of the [[sinks]], or left to a pipeline"))?;
        if self.sinks.get(&sink).is_none() {
            return Err(unknown(problem::no_sink(&sink, &self.sinks), "sink"));
        }
        if request.max_events_per_second == Some(0) {
            return Err(Invalid::new("max_events_per_second", "0", "a whole number from 1, or left out").into());
        }
        Ok(ReprocessSpec {
            pipeline: request.pipeline.clone().or_else(|| earlier.as_ref()?.pipeline.clone()),
            source,
            sink,
            format: request.format.or_else(|| pipeline.map(|pipeline| pipeline.format)).unwrap_or_default(),
            window: window(request.from, request.to)?,
            keys: request.keys,
            dead_letters_of: request.dead_letters_of,
            extent: request.extent,
            max_events_per_second: request.max_events_per_second,
            dry_run: request.dry_run,
            plan: request.plan,
        })
    }

    async fn check_reprocess_source(&self, spec: &ReprocessSpec) -> Result<(), Problem> {
        let entry = self.store_entry(&spec.source.store, "source.store")?;
        let bucket = &spec.source.bucket;
        let client = entry.client.hasty();
        match timeout(CHECK_WITHIN, client.peek(bucket, &spec.source.prefix, 1)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(problem::place(&error, bucket, entry, "source.bucket").await),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }
}

fn window(from: Option<model::Time>, to: Option<model::Time>) -> Result<Option<Window>, Invalid> {
    match (from, to) {
        (None, None) => Ok(None),
        (Some(from), Some(to)) => Window::new(from, to).map(Some),
        (Some(_), None) => Err(Invalid::new("to", "", "the end of the window, as there is a `from`")),
        (None, Some(_)) => Err(Invalid::new("from", "", "the start of the window, as there is a `to`")),
    }
}
