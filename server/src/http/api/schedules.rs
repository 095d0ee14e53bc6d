//! `/api/v1/schedules`: made, listed, paused, resumed, run by hand, deleted.

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use model::{Schedule, ScheduleId, ScheduleRequest, Viewer};

use super::{Id, Whole, body, problem::Refused};
use crate::http::state::App;

pub async fn list(State(app): State<App>) -> Result<Json<Whole<Schedule>>, Refused> {
    let list = app.backend.schedules().await?;
    Ok(Json(Whole::new(list.items.into_iter().map(|(schedule, _)| schedule).collect())))
}

/// 201, the schedule and where to find it; the same for a repeat of the very same one.
pub async fn create(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(request): body::Json<ScheduleRequest>,
) -> Result<impl IntoResponse, Refused> {
    let schedule = app.backend.create_schedule(&viewer, request).await?;
    let location = format!("/api/v1/schedules/{}", schedule.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(schedule)))
}

pub async fn show(State(app): State<App>, Id(id): Id<ScheduleId>) -> Result<Json<Schedule>, Refused> {
    Ok(Json(app.backend.schedule(id).await?))
}

pub async fn delete(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
) -> Result<StatusCode, Refused> {
    app.backend.delete_schedule(&viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn pause(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
) -> Result<Json<Schedule>, Refused> {
    Ok(Json(app.backend.pause_schedule(&viewer, id).await?))
}

pub async fn resume(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
) -> Result<Json<Schedule>, Refused> {
    Ok(Json(app.backend.resume_schedule(&viewer, id).await?))
}

/// 202, the job and where to find it, as for a clone.
pub async fn run(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
) -> Result<impl IntoResponse, Refused> {
    let job = app.backend.run_schedule(&viewer, id).await?;
    let location = format!("/api/v1/jobs/{}", job.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(job)))
}
