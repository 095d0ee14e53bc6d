//! Runs and pipelines, as pages read them.

use model::{PipelineList, PipelineName, PipelineView, Run, RunCursor, RunFilter, RunId, RunList};

use crate::{context::ask, error::AppError};

/// Rows of a list.
const PAGE: u32 = 50;

pub async fn runs(filter: RunFilter, after: Option<RunCursor>) -> Result<RunList, AppError> {
    Ok(ask()?.run_list(&filter, after, PAGE).await?)
}

pub async fn run(id: RunId) -> Result<Run, AppError> {
    Ok(ask()?.run(id).await?)
}

pub async fn pipelines() -> Result<PipelineList, AppError> {
    Ok(ask()?.pipelines().await?)
}

pub async fn pipeline(name: PipelineName) -> Result<PipelineView, AppError> {
    Ok(ask()?.pipeline(&name).await?)
}
