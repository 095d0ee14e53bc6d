//! Lists of jobs, one job, its log, and what may be asked of it.

use axum::{
    Extension, Json,
    extract::{Query, State},
    response::IntoResponse,
};
use model::{Action, Bulk, BulkOutcome, Count, Event, Job, Retry, Viewer};
use serde::{Deserialize, Serialize};

use super::{
    Id, Whole,
    body::{self, OptionalJson},
    listing::Listing,
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

pub async fn list(
    State(app): State<App>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<impl IntoResponse, Refused> {
    let listing = Listing::parse(&parameters)?;
    let page = app.backend.jobs(&listing.filter, listing.after, listing.limit).await?;
    let count = if listing.count { Some(app.backend.count(&listing.filter).await?) } else { None };
    Ok(Json(Jobs { items: page.items, next: page.next, count }))
}

pub async fn show(State(app): State<App>, Id(id): Id) -> Result<Json<Job>, Refused> {
    Ok(Json(app.backend.job(id).await?.job))
}

pub async fn log(State(app): State<App>, Id(id): Id) -> Result<Json<Whole<Event>>, Refused> {
    Ok(Json(Whole::new(app.backend.job(id).await?.events)))
}

pub async fn cancel(app: State<App>, viewer: Extension<Viewer>, id: Id) -> Result<Json<Job>, Refused> {
    act(app, viewer, id, Action::Cancel).await
}

pub async fn pause(app: State<App>, viewer: Extension<Viewer>, id: Id) -> Result<Json<Job>, Refused> {
    act(app, viewer, id, Action::Pause).await
}

pub async fn resume(app: State<App>, viewer: Extension<Viewer>, id: Id) -> Result<Json<Job>, Refused> {
    act(app, viewer, id, Action::Resume).await
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryRequest {
    /// Left out: what failed where something failed, else all.
    #[serde(default)]
    only: Option<Retry>,
}

pub async fn retry(
    app: State<App>,
    viewer: Extension<Viewer>,
    id: Id,
    OptionalJson(request): OptionalJson<RetryRequest>,
) -> Result<Json<Job>, Refused> {
    let retry = match request.only {
        Some(retry) => retry,
        None => match app.backend.job(id.0).await?.job.allows(Action::Retry(Retry::Failed)) {
            Ok(()) => Retry::Failed,
            Err(_) => Retry::All,
        },
    };
    act(app, viewer, id, Action::Retry(retry)).await
}

pub async fn bulk(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(bulk): body::Json<Bulk>,
) -> Result<Json<BulkOutcome>, Refused> {
    Ok(Json(app.backend.bulk(&viewer, bulk).await?))
}

/// The job as it is now. A running one does what was asked at its next beat; until then `stopping` says so.
async fn act(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Id(id): Id,
    action: Action,
) -> Result<Json<Job>, Refused> {
    Ok(Json(app.backend.act(&viewer, id, action).await?))
}
