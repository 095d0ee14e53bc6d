//! `/api/v1/pipelines`: what is configured, and how it stands; and its function's log, read again.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::IntoResponse,
};
use model::{
    Canary, Invalid, PipelineHealth, PipelineName, PipelineStatus, PipelineView, Reconciliation, Time, Viewer, Window,
};

use super::{
    Whole, body,
    clones::{accepted, idempotency_key},
    listing::time,
    problem::Refused,
};
use crate::http::state::App;

pub async fn list(State(app): State<App>) -> Result<Json<Whole<PipelineStatus>>, Refused> {
    Ok(Json(Whole::new(app.backend.pipelines().await?.items)))
}

pub async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Json<PipelineView>, Refused> {
    let name: PipelineName = name.parse()?;
    Ok(Json(app.backend.pipeline(&name).await?))
}

pub async fn health(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<PipelineHealth>, Refused> {
    let window = window(&parameters, app.db.now())?;
    Ok(Json(app.backend.pipeline_health(&name.parse()?, window).await?))
}

/// `null` where nobody has looked yet.
pub async fn reconciliation(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Option<Reconciliation>>, Refused> {
    let window = window(&parameters, app.db.now())?;
    Ok(Json(app.backend.reconciliation(&name.parse()?, window).await?))
}

/// `null` where no marked events are sent through its sink.
pub async fn canary(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Option<Canary>>, Refused> {
    let window = window(&parameters, app.db.now())?;
    Ok(Json(app.backend.canary(&name.parse()?, window).await?))
}

/// 202, the job and where to find it; see [`super::clones::start`].
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

/// `from` and `to`; what is left out makes it a day, up to now.
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
