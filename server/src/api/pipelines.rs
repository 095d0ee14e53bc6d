//! `/api/v1/pipelines`: what is configured, and how it stands; and its function's log, read again.

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::IntoResponse,
};
use model::{PipelineName, PipelineStatus, PipelineView, Viewer, Window};

use super::{Whole, body, clones::accepted, problem::Refused};
use crate::state::App;

pub async fn list(State(app): State<App>) -> Result<Json<Whole<PipelineStatus>>, Refused> {
    Ok(Json(Whole::new(app.backend.pipelines().await?.items)))
}

pub async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Json<PipelineView>, Refused> {
    let name: PipelineName = name.parse()?;
    Ok(Json(app.backend.pipeline(&name).await?))
}

/// 202, the job and where to find it.
pub async fn backfill(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
    body::Json(window): body::Json<Window>,
) -> Result<impl IntoResponse, Refused> {
    let name: PipelineName = name.parse()?;
    Ok(accepted(app.backend.start_backfill(&viewer, &name, window).await?))
}
