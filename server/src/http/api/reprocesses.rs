//! `POST /api/v1/reprocesses` and its preview.

use axum::{Extension, Json, extract::State, http::HeaderMap, response::IntoResponse};
use model::{Problem, ProblemCode, ReprocessPreview, ReprocessRequest, Viewer};

use super::{
    body,
    clones::{accepted, idempotency_key},
    limits,
    problem::Refused,
};
use crate::http::state::App;

/// 202, the job and its URL; see [`super::clones::start_clone`].
pub async fn start_reprocess(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    body::Json(request): body::Json<ReprocessRequest>,
) -> Result<impl IntoResponse, Refused> {
    let key = idempotency_key(&headers)?;
    let job = app.backend.start_reprocess(&viewer, request, key).await?;
    Ok(accepted(job))
}

pub async fn preview_reprocess(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(request): body::Json<ReprocessRequest>,
) -> Result<Json<ReprocessPreview>, Refused> {
    let within = limits::MIRROR_PREVIEW;
    let preview = tokio::time::timeout(within, app.backend.preview_reprocess(&viewer, request)).await;
    let too_slow = |_| {
        let detail = format!(
            "The store took longer than {} seconds to list the log objects. Choose a shorter window.",
            within.as_secs()
        );
        Problem::new(ProblemCode::Store, detail)
    };
    Ok(Json(preview.map_err(too_slow)??))
}
