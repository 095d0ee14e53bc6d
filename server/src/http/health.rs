//! Health checks: whether the process runs, and whether it can work.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::{Problem, ProblemCode};
use serde::Serialize;

use crate::{
    http::state::App,
    signals::{Pulse, Vitality},
};

/// Longest wait for the database before the server reports that it is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Always succeeds while the process runs: a database outage is not a reason to restart the server.
pub async fn alive() -> &'static str {
    "alive\n"
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// `answers`, or `does not answer`; the cause is in the log.
    database: &'static str,
    /// `runs jobs`, `left to workers` where this process runs none, `stopping`, or why it runs none: `stopped`, `silent`.
    runner: &'static str,
}

/// 200 if the server is ready for requests, else 503. Contains nothing confidential.
pub async fn ready(State(app): State<App>) -> Response {
    let database = match tokio::time::timeout(PATIENCE, app.db.ping()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "readiness check failed: the database does not answer");
            false
        }
        Err(_) => {
            tracing::warn!("readiness check failed: the database did not answer within {PATIENCE:?}");
            false
        }
    };
    let (works, runner) = match app.runner.as_ref().map(Pulse::take) {
        _ if app.shutdown.is_cancelled() => (false, "stopping"),
        None => (true, "left to workers"),
        Some(Vitality::RunsJobs) => (true, "runs jobs"),
        Some(Vitality::Silent) => (false, "silent"),
        Some(Vitality::Stopped) => (false, "stopped"),
    };
    let ready = database && works;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let database = if database { "answers" } else { "does not answer" };
    (status, Json(Readiness { ready, database, runner })).into_response()
}

/// For handlers that read the database themselves: the reader learns that it does not answer, the log has the cause.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn no_database(error: db::DbError) -> Problem {
    tracing::error!(error = &error as &dyn std::error::Error, "database does not answer; the request failed");
    Problem::new(ProblemCode::Unavailable, "The database does not answer. Try again in a moment.")
}
