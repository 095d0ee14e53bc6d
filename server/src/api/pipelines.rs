//! `/api/v1/pipelines`: what is configured, and how it stands.

use axum::{
    Json,
    extract::{Path, State},
};
use model::{PipelineName, PipelineStatus, PipelineView};

use super::{Whole, problem::Refused};
use crate::state::App;

pub async fn list(State(app): State<App>) -> Result<Json<Whole<PipelineStatus>>, Refused> {
    Ok(Json(Whole::new(app.backend.pipelines().await?.items)))
}

pub async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Json<PipelineView>, Refused> {
    let name: PipelineName = name.parse()?;
    Ok(Json(app.backend.pipeline(&name).await?))
}
