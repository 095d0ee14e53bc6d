//! `/api/v1/pipelines`: configuration and status of pipelines, their health, and jobs that repair it.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::IntoResponse,
};
use model::{
    Canary, Invalid, PipelineHealth, PipelineName, PipelineStatus, PipelineView, Reconciliation, TemplateComparison,
    Time, Viewer, Window,
};

use super::{
    Whole, body,
    clones::{accepted, idempotency_key},
    listing::time,
    problem::Refused,
};
use crate::http::state::App;

pub async fn list_pipelines(State(app): State<App>) -> Result<Json<Whole<PipelineStatus>>, Refused> {
    Ok(Json(Whole::new(app.backend.list_pipelines().await?.items)))
}

pub async fn get_pipeline(State(app): State<App>, Path(name): Path<String>) -> Result<Json<PipelineView>, Refused> {
    let name: PipelineName = name.parse()?;
    Ok(Json(app.backend.get_pipeline(&name).await?))
}

pub async fn get_pipeline_health(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<PipelineHealth>, Refused> {
    let window = window(&parameters, app.db.now())?;
    Ok(Json(app.backend.get_pipeline_health(&name.parse()?, window).await?))
}

/// `null` if the pipeline was not reconciled yet.
pub async fn get_reconciliation(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Option<Reconciliation>>, Refused> {
    let window = window(&parameters, app.db.now())?;
    Ok(Json(app.backend.get_reconciliation(&name.parse()?, window).await?))
}

/// Asks the cluster of the pipeline's sink; changes nothing.
pub async fn compare_template(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<TemplateComparison>, Refused> {
    Ok(Json(app.backend.compare_template(&name.parse()?).await?))
}

pub async fn put_template(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
) -> Result<Json<TemplateComparison>, Refused> {
    Ok(Json(app.backend.put_template(&viewer, &name.parse()?).await?))
}

/// `null` if the pipeline's sink has no canary.
pub async fn get_canary(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Option<Canary>>, Refused> {
    let window = window(&parameters, app.db.now())?;
    Ok(Json(app.backend.get_canary(&name.parse()?, window).await?))
}

/// 202, the job and its URL; see [`super::clones::start_clone`].
pub async fn reprocess_gaps(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<impl IntoResponse, Refused> {
    let window = window(&parameters, app.db.now())?;
    let key = idempotency_key(&headers)?;
    Ok(accepted(app.backend.reprocess_gaps(&viewer, &name.parse()?, window, key).await?))
}

/// The window of `from` and `to`. By default it is one day long and ends now.
fn window(parameters: &[(String, String)], now: Time) -> Result<Window, Invalid> {
    const DAY_MS: i64 = 86_400_000;
    let (mut from, mut to) = (None, None);
    for (name, value) in parameters {
        match name.as_str() {
            "from" => from = time(name, value)?,
            "to" => to = time(name, value)?,
            _ => return Err(Invalid::new(name, value, "one of the parameters from, to")),
        }
    }
    let to = to.unwrap_or_else(|| from.map_or(now, |from| now.max(Time(from.0.saturating_add(1)))));
    Window::new(from.unwrap_or(Time(to.0.saturating_sub(DAY_MS))), to)
}

/// 202, the job and its URL.
pub async fn start_backfill(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
    body::Json(window): body::Json<Window>,
) -> Result<impl IntoResponse, Refused> {
    let name: PipelineName = name.parse()?;
    Ok(accepted(app.backend.start_backfill(&viewer, &name, window).await?))
}
