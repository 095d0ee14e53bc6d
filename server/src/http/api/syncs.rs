//! `/api/v1/syncs`: tables that are kept in step, what is asked of them, and what agents report.

use axum::{
    Extension, Json,
    extract::{FromRequestParts, Path, Query, State},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse,
};
use model::{
    Invalid, Page, Problem, ProblemCode, SyncAction, SyncEvaluation, SyncId, SyncReport, SyncStatus, SyncView,
    TableName, Time, Viewer,
};
use serde::{Deserialize, Serialize};

use super::{body, limits, listing::optional, problem::Refused};
use crate::http::state::App;

/// The `{table}` of a path.
pub struct Table(TableName);

impl<S: Send + Sync> FromRequestParts<S> for Table {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let Path(table) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::new(ProblemCode::Malformed, rejection.body_text()))?;
        Ok(Self(table.parse()?))
    }
}

/// A list that is always whole, and when it was so: rates and ages are told by that time.
#[derive(Serialize)]
pub struct Tables {
    items: Vec<SyncStatus>,
    next: Option<String>,
    now: Time,
}

/// What to look at now.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    table: TableName,
    /// Say what differs and change nothing.
    #[serde(default)]
    verify: bool,
}

pub async fn list(State(app): State<App>) -> Result<Json<Tables>, Refused> {
    let list = app.backend.syncs().await?;
    Ok(Json(Tables { items: list.items, next: None, now: list.now }))
}

pub async fn show(State(app): State<App>, Table(table): Table) -> Result<Json<SyncView>, Refused> {
    Ok(Json(app.backend.sync(&table).await?))
}

pub async fn evaluations(
    State(app): State<App>,
    Table(table): Table,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Page<SyncEvaluation>>, Refused> {
    let (after, limit) = page(&parameters)?;
    Ok(Json(app.backend.evaluations(&table, after, limit).await?))
}

/// 202, the table as it stands, and where to see how it goes on: whoever keeps it looks as soon as it is free.
pub async fn ask(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(Ask { table, verify }): body::Json<Ask>,
) -> Result<impl IntoResponse, Refused> {
    let action = if verify { SyncAction::Verify } else { SyncAction::Evaluate };
    accept(&app, &viewer, &table, action).await
}

/// The same for whatever may be asked.
pub async fn act(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Table(table): Table,
    body::Json(action): body::Json<SyncAction>,
) -> Result<impl IntoResponse, Refused> {
    accept(&app, &viewer, &table, action).await
}

async fn accept(
    app: &App,
    viewer: &Viewer,
    table: &TableName,
    action: SyncAction,
) -> Result<impl IntoResponse + use<>, Refused> {
    let status = app.backend.act_on_sync(viewer, table, action).await?;
    let location = format!("/api/v1/syncs/{table}");
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(status)))
}

/// From an agent, which is named by its token.
pub async fn report(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Table(table): Table,
    body::Json(report): body::Json<SyncReport>,
) -> Result<Json<SyncStatus>, Refused> {
    Ok(Json(app.backend.report_sync(&viewer, &table, report).await?))
}

fn page(parameters: &[(String, String)]) -> Result<(Option<SyncId>, u32), Invalid> {
    let (mut after, mut limit) = (None, limits::PAGE);
    for (name, value) in parameters {
        match name.as_str() {
            "after" => {
                after =
                    optional(value).map_err(|_: Invalid| Invalid::new(name, value, "the `next` of the page before"))?;
            }
            "limit" => {
                let fits = value.parse().ok().filter(|limit| (1..=limits::PAGE_MOST).contains(limit));
                limit = fits.ok_or_else(|| Invalid::new(name, value, format!("1 to {}", limits::PAGE_MOST)))?;
            }
            _ => return Err(Invalid::new(name, value, "one of the parameters after, limit")),
        }
    }
    Ok((after, limit))
}
