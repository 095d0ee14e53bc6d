//! `GET /api/v1/jobs/{id}/failures`: every failed object of a job as NDJSON, with one page in memory at a time.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::IntoResponse,
};
use futures::{Stream, stream};
use model::{Failure, FailurePage, JobId, Key, Problem};

use super::{Id, problem::Refused};
use crate::http::state::App;

const PAGE: u32 = 1_000;

/// Reads the first page before the answer begins, so a job that does not exist is a 404. If a later page cannot be read,
/// the connection is cut: an incomplete download must not look complete.
pub async fn list_failures(State(app): State<App>, Id(id): Id) -> Result<impl IntoResponse, Refused> {
    let first = app.backend.list_failures(id, None, PAGE).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"failures-{}.ndjson\"", id.short())),
    ];
    Ok((headers, Body::from_stream(lines(app, id, first))))
}

fn lines(app: App, id: JobId, first: FailurePage) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::try_unfold((app, Some(first)), move |(app, page)| async move {
        let Some(FailurePage { items, next }) = page else { return Ok(None) };
        let following = match next {
            None => None,
            Some(next) => Some(app.backend.list_failures(id, Some(Key::try_from(next)?), PAGE).await?),
        };
        Ok(Some((written(&items), (app, following))))
    })
}

fn written(failures: &[Failure]) -> Bytes {
    let mut lines = Vec::new();
    for failure in failures {
        if let Err(error) = serde_json::to_writer(&mut lines, failure) {
            unreachable!("a failure is plain data, and memory takes any writing: {error}");
        }
        lines.push(b'\n');
    }
    lines.into()
}
