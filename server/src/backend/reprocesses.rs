//! Reprocesses: a request becomes a spec, is previewed, and becomes a job.
//!
//! Always: a reprocess with a plan starts only while the listing says what the preview showed; the engine compares once
//! more before it sends.

use std::time::Duration;

use db::NewJob;
use engine::ship;
use model::{
    Digest, Invalid, Job, Problem, ProblemCode, ReprocessPreview, ReprocessRequest, ReprocessSpec, Spec, Viewer, Window,
};
use tokio::time::timeout;

use super::{AppBackend, problem};
use crate::connections::ledger::Records;

const CHECK_WITHIN: Duration = Duration::from_secs(5);
const PREVIEW_OBJECTS: u64 = 100_000;
const PREVIEW_WITHIN: Duration = Duration::from_secs(10);

impl AppBackend {
    pub(super) async fn insert_reprocess(
        &self,
        viewer: &Viewer,
        request: ReprocessRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        let spec = self.reprocess_spec(request).await?;
        let idempotency =
            idempotency_key.map(|key| (key, super::clones::fingerprint(&Spec::Reprocess(spec.clone()), None)));
        if let Some((key, hash)) = &idempotency
            && let Some(job) = self.db.made_before(&viewer.name, key, hash).await.map_err(problem::database)?
        {
            return Ok(job); // what it has sent by now is not to be sent any more, so that its plan would not hold
        }
        if spec.dead_letters_of.is_none() {
            self.check_source(&spec).await?;
        }
        if let Some(plan) = &spec.plan {
            self.still_holds(viewer, &spec, plan).await?;
        }
        let new = NewJob { spec: Spec::Reprocess(spec), author: viewer.name.clone(), idempotency };
        let (job, _is_new) = self.db.insert(new).await.map_err(problem::database)?;
        self.changed();
        Ok(job)
    }

    pub(super) async fn look_through(
        &self,
        viewer: &Viewer,
        request: ReprocessRequest,
    ) -> Result<ReprocessPreview, Problem> {
        let spec = ReprocessSpec { plan: None, ..self.reprocess_spec(request).await? };
        self.preview_of(viewer, &spec).await
    }

    /// The request with every default filled in; what it names must be there.
    pub(super) async fn reprocess_spec(&self, request: ReprocessRequest) -> Result<ReprocessSpec, Problem> {
        let unknown = |detail: String, field: &str| Problem::new(ProblemCode::Invalid, detail).on(field);
        let pipeline = match &request.pipeline {
            None => None,
            Some(name) => Some(
                self.configured(name)
                    .ok_or_else(|| unknown(problem::no_pipeline(name, &self.config.pipelines), "pipeline"))?,
            ),
        };
        let letters_of = match request.dead_letters_of {
            None => None,
            Some(id) => match self.db.job(id).await.map_err(problem::database)?.spec {
                Spec::Reprocess(spec) => Some(spec),
                other @ (Spec::Clone(_) | Spec::Backfill(_)) => {
                    let detail = format!("Job {id} is a {}: it has no dead letters.", other.kind());
                    return Err(unknown(detail, "dead_letters_of"));
                }
            },
        };
        let source = match (request.source, &letters_of, pipeline) {
            (Some(place), ..) => self.stores.locate(place),
            (None, Some(spec), _) => spec.source.clone(),
            (None, None, Some(pipeline)) => pipeline.source.clone(),
            (None, None, None) => {
                let expected = "where the log objects lie, such as \"s3://elb-logs/api/\", or left to a pipeline";
                return Err(Invalid::new("source", "", expected).into());
            }
        };
        self.entry(&source.store, "source.store")?;
        let sink = request
            .sink
            .or_else(|| pipeline.map(|pipeline| pipeline.sink.clone()))
            .or_else(|| letters_of.as_ref().map(|spec| spec.sink.clone()))
            .ok_or_else(|| Invalid::new("sink", "", "the name of one of the [[sinks]], or left to a pipeline"))?;
        if self.sinks.get(&sink).is_none() {
            return Err(unknown(problem::no_sink(&sink, &self.sinks), "sink"));
        }
        if request.max_events_per_second == Some(0) {
            return Err(Invalid::new("max_events_per_second", "0", "a whole number from 1, or left out").into());
        }
        Ok(ReprocessSpec {
            pipeline: request.pipeline.clone().or_else(|| letters_of.as_ref()?.pipeline.clone()),
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

    /// Its plan is kept, as seen by the viewer.
    async fn preview_of(&self, viewer: &Viewer, spec: &ReprocessSpec) -> Result<ReprocessPreview, Problem> {
        if let Some(job) = spec.dead_letters_of {
            return self.preview_of_letters(spec, job).await;
        }
        let entry = self.entry(&spec.source.store, "source.store")?;
        let ledger = Records::of(&self.db, spec);
        let preview = ship::preview(spec, &entry.client, &ledger, PREVIEW_OBJECTS, PREVIEW_WITHIN);
        let preview = match timeout(PREVIEW_WITHIN + CHECK_WITHIN, preview).await {
            Ok(Ok(preview)) => preview,
            Ok(Err(error)) => return Err(problem::shipping(&error, spec, entry).await),
            Err(_) => return Err(problem::no_answer(PREVIEW_WITHIN + CHECK_WITHIN)),
        };
        self.db.insert_reprocess_plan(&preview, &viewer.name).await.map_err(problem::database)?;
        Ok(preview)
    }

    async fn check_source(&self, spec: &ReprocessSpec) -> Result<(), Problem> {
        let entry = self.entry(&spec.source.store, "source.store")?;
        let bucket = &spec.source.bucket;
        let look = entry.client.hasty();
        match timeout(CHECK_WITHIN, look.peek(bucket, &spec.source.prefix, 1)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(problem::place(&error, bucket, entry, "source.bucket").await),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    /// A conflict that says what differs, unless the listing says what the plan's preview showed.
    async fn still_holds(&self, viewer: &Viewer, spec: &ReprocessSpec, plan: &Digest) -> Result<(), Problem> {
        let unknown = || conflict(format!("There is no plan {plan}, or it was forgotten. {AGAIN}"));
        let shown = self.db.reprocess_plan(plan).await.map_err(problem::database)?.ok_or_else(unknown)?;
        let asked = ReprocessSpec { plan: None, ..spec.clone() };
        if (ReprocessSpec {
            dry_run: asked.dry_run,
            max_events_per_second: asked.max_events_per_second,
            ..shown.spec.clone()
        }) != asked
        {
            return Err(conflict(format!("Plan {plan} is of another reprocess, {}. {AGAIN}", shown.spec.title())));
        }
        let now = self.preview_of(viewer, &asked).await?;
        match &now.plan {
            Some(id) if id == plan => Ok(()),
            Some(id) => {
                let detail = format!(
                    "The plan does not hold any more: {}. Nothing was started. Look at the new preview; its plan is {id}.",
                    shown.changes(&now)
                );
                Err(Problem { plan: Some(id.clone()), ..conflict(detail) })
            }
            None => Err(conflict(format!(
                "The listing has become too long for a preview, so that nobody can say whether the plan still holds. \
                 {AGAIN}"
            ))),
        }
    }
}

const AGAIN: &str = "Look at a preview of this reprocess, and start with the plan that it answers, or without one.";

fn conflict(detail: String) -> Problem {
    Problem::new(ProblemCode::Conflict, detail).on("plan")
}

fn window(from: Option<model::Time>, to: Option<model::Time>) -> Result<Option<Window>, Invalid> {
    match (from, to) {
        (None, None) => Ok(None),
        (Some(from), Some(to)) => Window::new(from, to).map(Some),
        (Some(_), None) => Err(Invalid::new("to", "", "the end of the window, as there is a `from`")),
        (None, Some(_)) => Err(Invalid::new("from", "", "the start of the window, as there is a `to`")),
    }
}
