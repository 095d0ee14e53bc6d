//! Lists of jobs, one job, its log, and actions on one or many.

use axum::{
    Extension, Json,
    extract::{Query, State},
    response::IntoResponse,
};
use model::{Action, Bulk, BulkOutcome, Count, Event, Job, Page, Retry, Viewer};
use serde::{Deserialize, Serialize};

use super::{
    Id,
    body::{self, OptionalJson},
    listing::{Listing, page},
    problem::Refused,
};
use crate::http::state::App;

#[derive(Serialize)]
struct Jobs {
    items: Vec<Job>,
    next: Option<String>,
    /// Only with `count=true`: counting costs a query of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<Count>,
}

pub async fn list_jobs(
    State(app): State<App>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<impl IntoResponse, Refused> {
    let listing = Listing::parse(&parameters)?;
    let page = app.backend.list_jobs(&listing.filter, listing.after, listing.limit).await?;
    let count = if listing.count { Some(app.backend.count_jobs(&listing.filter).await?) } else { None };
    Ok(Json(Jobs { items: page.items, next: page.next, count }))
}

pub async fn get_job(State(app): State<App>, Id(id): Id) -> Result<Json<Job>, Refused> {
    Ok(Json(app.backend.get_job(id).await?.job))
}

pub async fn list_job_events(
    State(app): State<App>,
    Id(id): Id,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Page<Event>>, Refused> {
    let (after, limit) = page(&parameters)?;
    Ok(Json(app.backend.list_job_events(id, after, limit).await?))
}

pub async fn cancel_job(app: State<App>, viewer: Extension<Viewer>, id: Id) -> Result<Json<Job>, Refused> {
    act(app, viewer, id, Action::Cancel).await
}

pub async fn pause_job(app: State<App>, viewer: Extension<Viewer>, id: Id) -> Result<Json<Job>, Refused> {
    act(app, viewer, id, Action::Pause).await
}

pub async fn resume_job(app: State<App>, viewer: Extension<Viewer>, id: Id) -> Result<Json<Job>, Refused> {
    act(app, viewer, id, Action::Resume).await
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryRequest {
    /// Left out: the failed objects if there are any, else all.
    #[serde(default)]
    only: Option<Retry>,
}

pub async fn retry_job(
    app: State<App>,
    viewer: Extension<Viewer>,
    id: Id,
    OptionalJson(request): OptionalJson<RetryRequest>,
) -> Result<Json<Job>, Refused> {
    let retry = match request.only {
        Some(retry) => retry,
        None => match app.backend.get_job(id.0).await?.job.allows(Action::Retry(Retry::Failed)) {
            Ok(()) => Retry::Failed,
            Err(_) => Retry::All,
        },
    };
    act(app, viewer, id, Action::Retry(retry)).await
}

pub async fn act_on_jobs(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(bulk): body::Json<Bulk>,
) -> Result<Json<BulkOutcome>, Refused> {
    Ok(Json(app.backend.act_on_jobs(&viewer, bulk).await?))
}

/// The job as it is now. A running job obeys at its next heartbeat; until then `stopping` shows the request.
async fn act(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id,
    action: Action,
) -> Result<Json<Job>, Refused> {
    Ok(Json(app.backend.act_on_job(&viewer, id, action).await?))
}
