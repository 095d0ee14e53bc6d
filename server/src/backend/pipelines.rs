//! Pipelines: their configuration, health, reconciliation and canary.

use app::backend::PipelineBackend;
use async_trait::async_trait;
use engine::{alerts::CANARY_SIZES, runs::losses};
use futures::future::try_join_all;
use model::{
    Canary, DeadLetterList, Following, Pipeline, PipelineHealth, PipelineList, PipelineName, PipelineStatus,
    PipelineView, Problem, ProblemCode, Reconciliation, RunFilter, TemplateComparison, Tile, Time, Viewer, Window,
};

use tracing::info;

use super::{AppBackend, problem, tally};

/// Runs on a pipeline's page.
const LATEST: u32 = 10;
/// Runs that are searched for a shape of losses.
const FATES: u32 = 2_000;

#[async_trait]
impl PipelineBackend for AppBackend {
    async fn list_pipelines(&self) -> Result<PipelineList, Problem> {
        Ok(PipelineList { now: self.db.now(), items: self.pipeline_statuses().await? })
    }

    async fn get_pipeline(&self, name: &PipelineName) -> Result<PipelineView, Problem> {
        let pipeline = self.known(name)?;
        let filter = RunFilter { pipeline: Some(name.clone()), ..RunFilter::default() };
        let runs = self.db.runs(&filter, None, LATEST).await.map_err(problem::database)?.items;
        let (status, sums) = (self.pipeline_status(pipeline).await?, self.run_sums(&filter).await?);
        let indexed = self.sinks.get(&pipeline.sink).is_some_and(|sink| !sink.settings.index_patterns().is_empty());
        Ok(PipelineView { now: self.db.now(), status, indexed, runs, sums })
    }

    async fn get_pipeline_dead_letters(&self, name: &PipelineName) -> Result<DeadLetterList, Problem> {
        self.dead_letters_of(self.known(name)?).await
    }

    async fn compare_template(&self, name: &PipelineName) -> Result<TemplateComparison, Problem> {
        self.template(name, false).await
    }

    async fn put_template(&self, viewer: &Viewer, name: &PipelineName) -> Result<TemplateComparison, Problem> {
        let found = self.template(name, true).await?;
        info!(pipeline = %name, who = viewer.name, template = found.template, "index template put by a user");
        Ok(found)
    }

    async fn list_tiles(&self, window: Window) -> Result<Vec<Tile>, Problem> {
        try_join_all(self.config.pipelines.iter().map(|pipeline| self.tile(pipeline, window))).await
    }

    async fn get_pipeline_health(&self, name: &PipelineName, window: Window) -> Result<PipelineHealth, Problem> {
        let pipeline = self.known(name)?;
        let filter = tally::runs_of(name);
        let (totals, measures, last, reconciliation, fates) = tokio::try_join!(
            self.db.run_totals(&filter, window),
            self.db.run_measures(name, window),
            self.db.last_run(name),
            self.db.reconciliation(name, window),
            self.db.object_outcomes(name, window, FATES),
        )
        .map_err(problem::database)?;
        let cost = self.config.prices.of_lambda(totals.invocations, totals.billed_mb_ms);
        let limit = last.and_then(|run| run.invocation).and_then(|invocation| invocation.memory_limit_mb);
        let canary = self.canary(pipeline, window).await?;
        let losses = losses(&tally::samples(&fates, reconciliation.as_ref()));
        Ok(PipelineHealth {
            window,
            reconciliation,
            canary,
            duration_ms: measures.duration_ms,
            memory_mb: measures.memory_mb,
            memory_limit_mb: limit,
            billed_ms: totals.billed_ms,
            cold_starts: totals.cold_starts,
            runs: measures.runs,
            cost: (pipeline.function.is_some() || totals.invocations > 0).then_some(cost),
            losses,
        })
    }

    async fn get_reconciliation(&self, name: &PipelineName, window: Window) -> Result<Option<Reconciliation>, Problem> {
        self.known(name)?;
        self.db.reconciliation(name, window).await.map_err(problem::database)
    }

    async fn get_canary(&self, name: &PipelineName, window: Window) -> Result<Option<Canary>, Problem> {
        self.canary(self.known(name)?, window).await
    }
}

impl AppBackend {
    async fn canary(&self, pipeline: &Pipeline, window: Window) -> Result<Option<Canary>, Problem> {
        let sink = &pipeline.sink;
        let Some(every) = self.config.alerts.canaries.get(sink) else { return Ok(None) };
        let sizes = try_join_all(CANARY_SIZES.map(|bytes| self.canary_size(sink, bytes, window))).await?;
        Ok(Some(Canary { sink: sink.clone(), window, every_s: every.as_secs(), sizes }))
    }

    /// In the order of the configuration.
    pub(super) async fn pipeline_statuses(&self) -> Result<Vec<PipelineStatus>, Problem> {
        let mut statuses = Vec::new();
        for pipeline in &self.config.pipelines {
            statuses.push(self.pipeline_status(pipeline).await?);
        }
        Ok(statuses)
    }

    pub(super) fn configured(&self, name: &PipelineName) -> Option<&Pipeline> {
        self.config.pipelines.iter().find(|pipeline| pipeline.name == *name)
    }

    /// A configured pipeline, else a refusal that lists the configured ones.
    pub(super) fn known(&self, name: &PipelineName) -> Result<&Pipeline, Problem> {
        let unknown = || Problem::new(ProblemCode::NotFound, problem::no_pipeline(name, &self.config.pipelines));
        self.configured(name).ok_or_else(unknown)
    }

    pub(super) async fn pipeline_status(&self, pipeline: &Pipeline) -> Result<PipelineStatus, Problem> {
        let (last_run, following) =
            tokio::try_join!(self.db.last_run(&pipeline.name), self.db.following(&pipeline.name))
                .map_err(problem::database)?;
        let following = following.filter(|_| pipeline.follow);
        let age = |at: Time| u64::try_from(self.db.now().since(at)).unwrap_or(0);
        let lag_ms = match &following {
            Some(Following { oldest: Some(oldest), .. }) => Some(age(*oldest)),
            // A follower that is not running, or that failed, cannot report the lag.
            Some(following) => (following.held && following.error.is_none()).then_some(0),
            None => last_run.as_ref().map(|run| age(run.started_at)),
        };
        Ok(PipelineStatus { pipeline: pipeline.clone(), last_run, following, lag_ms })
    }
}
