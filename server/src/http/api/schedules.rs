//! `/api/v1/schedules`: create, list, edit, pause, resume, run by hand, delete, and their firings.

use axum::{
    Extension, Json,
    extract::{Query, State},
    http::{StatusCode, header},
    response::IntoResponse,
};
use model::{Confirmation, FiringRecord, Page, Schedule, ScheduleEdit, ScheduleId, ScheduleRequest, Viewer};

use super::{Id, Whole, body, clones::accepted, listing::page, problem::Refused};
use crate::http::state::App;

pub async fn list_schedules(State(app): State<App>) -> Result<Json<Whole<Schedule>>, Refused> {
    let list = app.backend.list_schedules().await?;
    Ok(Json(Whole::new(list.items.into_iter().map(|(schedule, _)| schedule).collect())))
}

/// 201, the schedule and its URL; the same for a repeat of the same request.
pub async fn create_schedule(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(request): body::Json<ScheduleRequest>,
) -> Result<impl IntoResponse, Refused> {
    let schedule = app.backend.create_schedule(&viewer, request).await?;
    let location = format!("/api/v1/schedules/{}", schedule.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(schedule)))
}

pub async fn get_schedule(State(app): State<App>, Id(id): Id<ScheduleId>) -> Result<Json<Schedule>, Refused> {
    Ok(Json(app.backend.get_schedule(id).await?))
}

/// The schedule as it is now; 409 if it was edited since the revision that the request names.
pub async fn edit_schedule(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
    body::Json(edit): body::Json<ScheduleEdit>,
) -> Result<Json<Schedule>, Refused> {
    Ok(Json(app.backend.edit_schedule(&viewer, id, edit).await?))
}

pub async fn list_firings(
    State(app): State<App>,
    Id(id): Id<ScheduleId>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Page<FiringRecord>>, Refused> {
    let (after, limit) = page(&parameters)?;
    let Page { items, next } = app.backend.list_firings(id, after, limit).await?.page;
    Ok(Json(Page { items: items.into_iter().map(|(record, _)| record).collect(), next }))
}

pub async fn delete_schedule(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
) -> Result<StatusCode, Refused> {
    app.backend.delete_schedule(&viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn pause_schedule(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
) -> Result<Json<Schedule>, Refused> {
    Ok(Json(app.backend.pause_schedule(&viewer, id).await?))
}

pub async fn resume_schedule(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
) -> Result<Json<Schedule>, Refused> {
    Ok(Json(app.backend.resume_schedule(&viewer, id).await?))
}

/// 202, the job and its URL.
pub async fn confirm_schedule(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
    body::Json(confirmation): body::Json<Confirmation>,
) -> Result<impl IntoResponse, Refused> {
    let job = app.backend.confirm_schedule(&viewer, id, confirmation).await?;
    Ok(accepted(job))
}

/// 202, the job and its URL.
pub async fn run_schedule(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id<ScheduleId>,
) -> Result<impl IntoResponse, Refused> {
    let job = app.backend.run_schedule(&viewer, id).await?;
    Ok(accepted(job))
}
