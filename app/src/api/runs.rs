//! Runs and pipelines: what their pages read, and the form that reads a window once more.

use leptos::prelude::*;
use model::{
    Filter, Invalid, Job, PipelineHealth, PipelineList, PipelineName, PipelineView, RunCursor, RunFilter, RunId,
    RunList, RunLog, RunView, Tile, Window,
};

use crate::{context::ask, error::AppError};
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{backend, redirect, refuse, viewer},
    error::with_problem,
    query::Query,
    scope::Scope,
};

/// Rows of a list.
const PAGE: u32 = 50;

pub async fn runs(filter: RunFilter, after: Option<RunCursor>) -> Result<RunList, AppError> {
    Ok(ask()?.run_list(&filter, after, PAGE).await?)
}

pub async fn run(id: RunId) -> Result<RunView, AppError> {
    Ok(ask()?.run_view(id).await?)
}

/// Lines of a log on a page of it.
const LINES: u32 = 200;

pub async fn run_log(id: RunId, after: Option<String>) -> Result<RunLog, AppError> {
    Ok(ask()?.run_log(id, after, LINES).await?)
}

/// The jobs asked for in a window, the newest first, at most five.
pub async fn jobs_within(window: Window) -> Result<Vec<Job>, AppError> {
    let filter = Filter { from: Some(window.from()), to: Some(window.to()), ..Filter::default() };
    Ok(ask()?.jobs(&filter, None, 5).await?.items)
}

pub async fn tiles(window: Result<Window, Invalid>) -> Result<Vec<Tile>, AppError> {
    Ok(ask()?.tiles(window?).await?)
}

pub async fn pipelines() -> Result<PipelineList, AppError> {
    Ok(ask()?.pipelines().await?)
}

pub async fn pipeline(name: PipelineName) -> Result<PipelineView, AppError> {
    Ok(ask()?.pipeline(&name).await?)
}

pub async fn pipeline_health(name: &PipelineName, window: Window) -> Result<PipelineHealth, AppError> {
    Ok(ask()?.pipeline_health(name, window).await?)
}

/// Reads the runs of a window once more from the pipeline's log group, and shows the job that does. The times are read
/// in the zone, as those of every window.
#[server(name = StartBackfill, prefix = "/api/fn", endpoint = "start_backfill")]
pub async fn start_backfill(
    pipeline: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
    #[server(default)] zone: String,
) -> Result<(), AppError> {
    let scope = Query::default().with("from", &from).with("to", &to).with("zone", &zone);
    let started = async {
        let viewer = viewer()?;
        let name: PipelineName = pipeline.parse()?;
        if from.is_empty() {
            return Err(Invalid::new("from", "", "the time from which runs are read once more").into());
        }
        let window = Scope::read(&scope)?.window(crate::context::now())?;
        Ok::<_, AppError>(backend()?.start_backfill(&viewer, &name, window).await?)
    };
    match started.await {
        Ok(job) => {
            redirect(&format!("/jobs/{}", job.id));
            Ok(())
        }
        Err(error) => {
            let page = format!("/pipelines/{}", crate::query::encoded(&pipeline));
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}
