//! Refusals of every handler and guard.
//!
//! A [`Refused`] puts the problem into the response's extensions; `request::frame`, which knows the request's id, writes
//! it as `application/problem+json`. So one place decides what a problem looks like.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{Problem, ProblemCode};
use serde::Serialize;

/// A problem on its way to the caller.
#[derive(Debug)]
pub struct Refused(pub Problem);

impl Refused {
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Problem::new(code, detail))
    }
}

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = status(&self.0).into_response();
        if self.0.code == ProblemCode::Unauthorised {
            let challenge = HeaderValue::from_static("Bearer realm=\"logyard\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self.0);
        response
    }
}

/// RFC 9457. The problem's own `code` stays beside `type`, so that pages read the same JSON.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    #[serde(flatten)]
    problem: &'a Problem,
    instance: &'a str,
}

/// Writes the body of a refusal; any other response is unchanged. `request` is the request's id.
pub fn write(mut response: Response, request: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let r#type = format!("urn:logyard:problem:{}", problem.code.as_str());
    let document = Document { r#type, problem: &problem, instance: request };
    let (_, body) = Json(document).into_response().into_parts();
    *response.body_mut() = body;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.remove(header::CONTENT_LENGTH);
    response
}

fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
