//! Answers: JSON, compressed if large enough, with the number of rows read for them.

use std::sync::Arc;

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use engine::sync::{
    SyncFault, TableEndpoint,
    protocol::{ROWS_READ, gzip, limits},
};
use model::{Problem, ProblemCode};
use serde::Serialize;
use tables::Table;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    auth::{TableRequest, stopping},
    handle::PAUSE,
};
use crate::http::api::problem::Refused;

/// A request whose table is open.
pub struct Opened {
    pub table: Table,
    request: TableRequest,
    /// Rows that the table had read before this request.
    read: u64,
    /// Its place among the requests of the table, and among all.
    _places: [OwnedSemaphorePermit; 2],
}

impl TableRequest {
    pub async fn open(self) -> Result<Opened, Refusal> {
        // First the table's own, so that the requests of one table do not wait in the places of all.
        let own = self.handle.place().await.map_err(stopping)?;
        let shared = Arc::clone(&self.places).acquire_owned().await.map_err(stopping)?;
        let table = self.handle.table().await?;
        Ok(Opened { read: table.usage().rows, table, request: self, _places: [own, shared] })
    }
}

impl Opened {
    /// The result of a query, or the problem for its fault.
    pub fn checked<T>(&self, answer: Result<T, SyncFault>) -> Result<T, Refusal> {
        answer.map_err(|fault| match fault {
            SyncFault::Refused(detail) => Problem::new(ProblemCode::Invalid, self.without_place(&detail)).into(),
            SyncFault::Unavailable(error) | SyncFault::Failed(error) => self.request.handle.away(&error).into(),
        })
    }

    /// A text of the table without its location, which callers must not see.
    pub fn without_place(&self, said: &str) -> String {
        said.replace(&self.table.location(), "the table")
    }

    pub fn answer(self, answer: &impl Serialize) -> Result<Response, Refusal> {
        // Includes the rows that concurrent requests to the same table read meanwhile.
        let read = self.table.usage().rows.saturating_sub(self.read);
        let body = serde_json::to_vec(answer).map_err(|error| {
            tracing::error!(%error, "answer cannot be serialised; the request failed");
            Problem::new(
                ProblemCode::Internal,
                "Logyard failed to answer because of a fault of its own. The log has the cause.",
            )
        })?;
        let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let vary = (header::VARY, HeaderValue::from_static("accept-encoding"));
        let read = (HeaderName::from_static(ROWS_READ), HeaderValue::from(read));
        if body.len() < limits::MIN_COMPRESSED_BYTES || !self.request.accepts_gzip {
            return Ok(([json, vary, read], body).into_response());
        }
        let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        Ok(([json, vary, read, encoding], gzip::compressed(&body)).into_response())
    }
}

/// A refusal, with the time to retry after if a retry may help.
pub struct Refusal(Problem);

impl<P: Into<Problem>> From<P> for Refusal {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let later = self.0.code == ProblemCode::Unavailable;
        let mut response = Refused(self.0).into_response();
        if later {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(PAUSE.as_secs()));
        }
        response
    }
}
