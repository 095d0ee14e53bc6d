//! Answers: JSON, compressed where that is worth it, with the number of rows that were read for them.

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

use super::{door::Asked, held::PAUSE};
use crate::http::api::problem::Refused;

/// A request whose table is open.
pub struct Opened {
    pub table: Table,
    asked: Asked,
    /// Rows that the table had read before.
    read: u64,
}

impl Asked {
    pub async fn open(self) -> Result<Opened, Refusal> {
        let table = self.holding.table().await?;
        Ok(Opened { read: table.usage().rows, table, asked: self })
    }
}

impl Opened {
    /// What the table answered, or what is to be said of its fault.
    pub fn told<T>(&self, answer: Result<T, SyncFault>) -> Result<T, Refusal> {
        answer.map_err(|fault| match fault {
            SyncFault::Refused(detail) => Problem::new(ProblemCode::Invalid, self.outside(&detail)).into(),
            SyncFault::Unavailable(error) => self.asked.holding.away(&error).into(),
        })
    }

    /// What the table says, without where it lies, which is nobody's business outside.
    pub fn outside(&self, said: &str) -> String {
        said.replace(&self.table.location(), "the table")
    }

    pub fn answer(self, answer: &impl Serialize) -> Result<Response, Refusal> {
        // Of a table that several ask at once it holds what all of them had read meanwhile.
        let read = self.table.usage().rows.saturating_sub(self.read);
        let body = serde_json::to_vec(answer).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written");
            Problem::new(ProblemCode::Internal, "Logyard met a fault of its own.")
        })?;
        let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let vary = (header::VARY, HeaderValue::from_static("accept-encoding"));
        let read = (HeaderName::from_static(ROWS_READ), HeaderValue::from(read));
        if body.len() < limits::MIN_COMPRESSED_BYTES || !self.asked.accepts_gzip {
            return Ok(([json, vary, read], body).into_response());
        }
        let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        Ok(([json, vary, read, encoding], gzip::compressed(&body)).into_response())
    }
}

/// Why there is no answer; with the time to try again, where that may help.
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
