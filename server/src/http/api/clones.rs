//! `POST /api/v1/clones` and its preview.

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use model::{ClonePreview, CloneRequest, Invalid, Job, Mode, Problem, ProblemCode, Viewer};

use super::{body, limits, problem::Refused};
use crate::http::state::App;

/// 202, the job and its URL. A repeat with the same `Idempotency-Key` gets the same answer, so a caller that lost the
/// first answer can send the request again.
pub async fn start_clone(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    body::Json(request): body::Json<CloneRequest>,
) -> Result<impl IntoResponse, Refused> {
    let key = idempotency_key(&headers)?;
    let job = app.backend.start_clone(&viewer, request, key).await?;
    Ok(accepted(job))
}

/// 202, a new job and its URL.
pub fn accepted(job: Job) -> impl IntoResponse {
    let location = format!("/api/v1/jobs/{}", job.id);
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(job))
}

pub async fn preview_clone(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(request): body::Json<CloneRequest>,
) -> Result<Json<ClonePreview>, Refused> {
    let within = if request.mode == Mode::Mirror { limits::MIRROR_PREVIEW } else { limits::PREVIEW };
    let preview = tokio::time::timeout(within, app.backend.preview_clone(&viewer, request)).await;
    Ok(Json(preview.map_err(|_| too_slow(within))??))
}

fn too_slow(within: Duration) -> Problem {
    let seconds = within.as_secs();
    let detail =
        format!("The stores took longer than {seconds} seconds for a preview. The clone itself has no such limit.");
    Problem::new(ProblemCode::Store, detail)
}

pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Invalid> {
    let Some(sent) = headers.get("idempotency-key") else { return Ok(None) };
    let fits = (1..=limits::IDEMPOTENCY_KEY).contains(&sent.len()) && sent.as_bytes().iter().all(u8::is_ascii_graphic);
    match sent.to_str() {
        Ok(key) if fits => Ok(Some(key.to_owned())),
        _ => {
            let expected = format!("1 to {} visible ASCII characters without spaces", limits::IDEMPOTENCY_KEY);
            Err(Invalid::new("Idempotency-Key", String::from_utf8_lossy(sent.as_bytes()), expected))
        }
    }
}
