//! Runs and pipelines: what their pages read, and the forms that start a backfill and accept what runs lack.

use leptos::prelude::*;
use model::{
    DeadLetterList, Invalid, PipelineHealth, PipelineList, PipelineName, PipelineView, RunCursor, RunFilter, RunId,
    RunList, RunLog, RunView, TemplateComparison, Tile, Window,
};

use crate::{context::ask, error::AppError};
#[cfg(feature = "ssr")]
use crate::{
    context::{backend, own_path, redirect, refuse, viewer},
    error::with_problem,
    query::Query,
    scope::Scope,
};
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use model::AcceptRequest;

/// Rows of a list.
const PAGE: u32 = 50;

pub async fn list_runs_with_sums(filter: RunFilter, after: Option<RunCursor>) -> Result<RunList, AppError> {
    Ok(ask()?.list_runs_with_sums(&filter, after, PAGE).await?)
}

pub async fn get_run(id: RunId) -> Result<RunView, AppError> {
    Ok(ask()?.get_run(id).await?)
}

/// Log lines on a page.
const LINES: u32 = 200;

pub async fn get_run_log(id: RunId, after: Option<String>) -> Result<RunLog, AppError> {
    Ok(ask()?.get_run_log(id, after, LINES).await?)
}

pub async fn list_tiles(window: Result<Window, Invalid>) -> Result<Vec<Tile>, AppError> {
    Ok(ask()?.list_tiles(window?).await?)
}

pub async fn list_pipelines() -> Result<PipelineList, AppError> {
    Ok(ask()?.list_pipelines().await?)
}

pub async fn get_pipeline(name: PipelineName) -> Result<PipelineView, AppError> {
    Ok(ask()?.get_pipeline(&name).await?)
}

pub async fn get_pipeline_dead_letters(name: PipelineName) -> Result<DeadLetterList, AppError> {
    Ok(ask()?.get_pipeline_dead_letters(&name).await?)
}

pub async fn compare_template(name: PipelineName) -> Result<TemplateComparison, AppError> {
    Ok(ask()?.compare_template(&name).await?)
}

/// Puts the index template of a pipeline, and redirects to the comparison after it.
#[server(name = PutTemplate, prefix = "/api/fn", endpoint = "put_template")]
pub async fn put_template(pipeline: String) -> Result<(), AppError> {
    let page = format!("/pipelines/{}/template", crate::query::encoded(&pipeline));
    let put = async {
        let viewer = viewer()?;
        Ok::<_, AppError>(backend()?.put_template(&viewer, &pipeline.parse()?).await?)
    };
    match put.await {
        Ok(_) => {
            redirect(&page);
            Ok(())
        }
        Err(error) => {
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}

pub async fn get_pipeline_health(name: &PipelineName, window: Window) -> Result<PipelineHealth, AppError> {
    Ok(ask()?.get_pipeline_health(name, window).await?)
}

/// Starts a job that reads the runs of a window again from the pipeline's log group, and redirects to it. The times are
/// in the zone, as those of every window.
#[server(name = StartBackfill, prefix = "/api/fn", endpoint = "start_backfill")]
pub async fn start_backfill(
    pipeline: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
    #[server(default)] zone: String,
    #[server(default)] from_zone: String,
    #[server(default)] to_zone: String,
) -> Result<(), AppError> {
    let zones = Query::default().with("zone", &zone).with("from_zone", &from_zone).with("to_zone", &to_zone);
    let scope = zones.with("from", &from).with("to", &to);
    let started = async {
        let viewer = viewer()?;
        let name: PipelineName = pipeline.parse()?;
        if from.is_empty() {
            return Err(Invalid::new("from", "", "the time from which runs are read again").into());
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

/// Accepts what the runs of one of `run`, `job` and `pipeline` lack. `back` is the path of the page to show afterwards.
#[server(name = AcceptRuns, prefix = "/api/fn", endpoint = "accept_runs")]
pub async fn accept_runs(
    #[server(default)] run: String,
    #[server(default)] job: String,
    #[server(default)] pipeline: String,
    #[server(default)] note: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    let page = own_path(&back).unwrap_or_else(|| "/runs".to_owned());
    let accepted = async {
        let viewer = viewer()?;
        let request = AcceptRequest {
            run: given(&run).map(str::parse).transpose()?,
            job: given(&job).map(str::parse).transpose()?,
            pipeline: given(&pipeline).map(str::parse).transpose()?,
            note,
        };
        Ok::<_, AppError>(backend()?.accept_runs(&viewer, request).await?)
    };
    match accepted.await {
        Ok(_) => {
            redirect(&page);
            Ok(())
        }
        Err(error) => {
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}

/// A field that is not left empty.
#[cfg(feature = "ssr")]
fn given(field: &str) -> Option<&str> {
    (!field.is_empty()).then_some(field)
}
