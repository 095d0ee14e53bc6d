//! Pipelines: what is configured, beside what their runs and their followers tell.

use model::{
    Following, Pipeline, PipelineList, PipelineName, PipelineStatus, PipelineView, Problem, ProblemCode, RunFilter,
    Time,
};

use super::{AppBackend, problem};

/// On a pipeline's page.
const LATEST: u32 = 10;

impl AppBackend {
    pub(super) async fn list_pipelines(&self) -> Result<PipelineList, Problem> {
        let mut items = Vec::new();
        for pipeline in &self.config.pipelines {
            items.push(self.pipeline_status(pipeline).await?);
        }
        Ok(PipelineList { now: self.db.now(), items })
    }

    pub(super) async fn view_pipeline(&self, name: &PipelineName) -> Result<PipelineView, Problem> {
        let pipeline = self.known(name)?;
        let filter = RunFilter { pipeline: Some(name.clone()), ..RunFilter::default() };
        let runs = self.db.runs(&filter, None, LATEST).await.map_err(problem::database)?.items;
        let (status, sums) = (self.pipeline_status(pipeline).await?, self.run_sums(&filter).await?);
        Ok(PipelineView { now: self.db.now(), status, runs, sums })
    }

    pub(super) fn configured(&self, name: &PipelineName) -> Option<&Pipeline> {
        self.config.pipelines.iter().find(|pipeline| pipeline.name == *name)
    }

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
            // Who cannot look does not know.
            Some(following) => (following.held && following.error.is_none()).then_some(0),
            None => last_run.as_ref().map(|run| age(run.started_at)),
        };
        Ok(PipelineStatus { pipeline: pipeline.clone(), last_run, following, lag_ms })
    }
}
