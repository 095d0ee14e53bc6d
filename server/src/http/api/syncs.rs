//! `/api/v1/syncs`: tables kept in sync, actions on them, and the reports of agents.

use axum::{
    Extension, Json,
    extract::{FromRequestParts, Path, Query, State},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse,
};
use model::{
    Page, Problem, ProblemCode, Quarantined, SyncAction, SyncEvaluation, SyncReport, SyncStatus, SyncView, TableName,
    Time, Viewer,
};
use serde::{Deserialize, Serialize};

use super::{body, listing::page, problem::Refused};
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

/// A complete list, and the time it was read: rates and ages are relative to that time.
#[derive(Serialize)]
pub struct Tables {
    items: Vec<SyncStatus>,
    next: Option<String>,
    now: Time,
}

/// The table to evaluate now.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    table: TableName,
    /// True: report the differences and change nothing.
    #[serde(default)]
    verify: bool,
    /// True: compare the values of all rows, too; without `verify`, send those that differ again.
    #[serde(default)]
    contents: bool,
}

pub async fn list_syncs(State(app): State<App>) -> Result<Json<Tables>, Refused> {
    let list = app.backend.list_syncs().await?;
    Ok(Json(Tables { items: list.items, next: None, now: list.now }))
}

pub async fn get_sync(State(app): State<App>, Table(table): Table) -> Result<Json<SyncView>, Refused> {
    Ok(Json(app.backend.get_sync(&table).await?))
}

pub async fn list_evaluations(
    State(app): State<App>,
    Table(table): Table,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Page<SyncEvaluation>>, Refused> {
    let (after, limit) = page(&parameters)?;
    Ok(Json(app.backend.list_evaluations(&table, after, limit).await?))
}

pub async fn list_quarantined(
    State(app): State<App>,
    Table(table): Table,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Page<Quarantined>>, Refused> {
    let (after, limit) = page(&parameters)?;
    Ok(Json(app.backend.list_quarantined(&table, after, limit).await?))
}

/// 202, the table's current status, and where to follow it. The process that syncs the table evaluates it when it is
/// free.
pub async fn evaluate_sync(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    body::Json(Evaluation { table, verify, contents }): body::Json<Evaluation>,
) -> Result<impl IntoResponse, Refused> {
    let action = match (verify, contents) {
        (true, contents) => SyncAction::Verify { contents },
        (false, true) => SyncAction::CompareContents,
        (false, false) => SyncAction::Evaluate,
    };
    accept(&app, &viewer, &table, action).await
}

/// 202, as above, for any action.
pub async fn act_on_sync(
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

/// Records the report of an agent, which its token names.
pub async fn report_sync(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Table(table): Table,
    body::Json(report): body::Json<SyncReport>,
) -> Result<Json<SyncStatus>, Refused> {
    Ok(Json(app.backend.report_sync(&viewer, &table, report).await?))
}
