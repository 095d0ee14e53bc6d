//! Pipelines: their configuration, health, reconciliation and canary.

use async_trait::async_trait;
use model::{
    Canary, DeadLetterList, PipelineHealth, PipelineList, PipelineName, PipelineView, Problem, Reconciliation,
    TemplateComparison, Tile, Viewer, Window,
};

#[async_trait]
pub trait PipelineBackend: Send + Sync {
    /// In the order of the configuration.
    async fn list_pipelines(&self) -> Result<PipelineList, Problem>;

    async fn get_pipeline(&self, name: &PipelineName) -> Result<PipelineView, Problem>;

    /// The newest dead letters that following the pipeline left on this server.
    async fn get_pipeline_dead_letters(&self, name: &PipelineName) -> Result<DeadLetterList, Problem>;

    /// Compares the index template for the pipeline's events with that of its sink's cluster. Changes nothing.
    async fn compare_template(&self, name: &PipelineName) -> Result<TemplateComparison, Problem>;

    /// Puts that template where it differs, and compares again.
    async fn put_template(&self, viewer: &Viewer, name: &PipelineName) -> Result<TemplateComparison, Problem>;

    /// One tile a pipeline, in the order of the configuration. Trends are of the window.
    async fn list_tiles(&self, window: Window) -> Result<Vec<Tile>, Problem>;

    async fn get_pipeline_health(&self, name: &PipelineName, window: Window) -> Result<PipelineHealth, Problem>;

    /// `None`: the pipeline has no known shipper, or was not reconciled yet.
    async fn get_reconciliation(&self, name: &PipelineName, window: Window) -> Result<Option<Reconciliation>, Problem>;

    /// Canary events sent through the pipeline's sink in the window. `None`: the sink has no canary.
    async fn get_canary(&self, name: &PipelineName, window: Window) -> Result<Option<Canary>, Problem>;
}
