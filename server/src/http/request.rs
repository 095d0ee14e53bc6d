//! The frame around every request: an id, a line in the log, a measurement, a time limit, and the body of a refusal.
//!
//! Always: the log contains method and path, never a query, a header or a body, since those may contain secrets. A
//! refusal is logged by its kind and field, not by its sentence, which may quote them. A successful
//! refresh of an open page is logged at debug, since pages refresh every few seconds. The id in the log is the
//! `instance` of the problem and the `X-Request-Id` of the answer.

use std::{
    any::Any,
    time::{Duration, Instant},
};

use axum::{
    RequestExt,
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use model::{Problem, ProblemCode};
use tracing::Instrument;

use crate::http::{
    api::{
        body, limits,
        problem::{self, Refused},
    },
    metrics,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost layer. Ignores request ids that callers send: those could collide or mislead.
pub async fn frame(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = format!("{:016x}", rand::random::<u64>());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    // Many times a minute each: a line of these matters only where something is wrong.
    let routine = path.starts_with("/v1/") || is_refresh(&request);

    let span = tracing::info_span!("request", id, %method, path);
    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status(), started.elapsed());
    metrics::answered(&method, route.as_ref().map_or("unmatched", MatchedPath::as_str), status, took);
    span.in_scope(|| log(&response, took, routine));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    problem::write(response, &id)
}

/// True for a read by the script of an open page: it accepts `text/html` alone, a browser's navigation more.
fn is_refresh(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).map(HeaderValue::as_bytes);
    request.method() == Method::GET && accept == Some(b"text/html")
}

fn log(response: &Response, took: Duration, routine: bool) {
    let (status, ms) = (response.status().as_u16(), u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    match response.extensions().get::<Problem>() {
        Some(problem) if status >= 500 => tracing::warn!(status, ms, problem = problem.detail, "answered"),
        Some(problem) => tracing::info!(status, ms, problem = problem.code.as_str(), field = problem.field, "answered"),
        None if routine && status < 400 => tracing::debug!(status, ms, "answered"),
        None => tracing::info!(status, ms, "answered"),
    }
}

/// Stops a request that takes too long. An answer that has begun may go on: streams are not cut.
pub async fn limit_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(limits::REQUEST, next.run(request)).await.unwrap_or_else(|_| {
        let seconds = limits::REQUEST.as_secs();
        let detail =
            format!("The request took longer than {seconds} seconds and was stopped. Try again, or request less.");
        Refused::new(ProblemCode::Unavailable, detail).into_response()
    })
}

/// Refuses a body whose Content-Length is too large, and cuts any other body off at the limit, also one that no extractor
/// of ours reads, such as a server function's.
pub async fn limit_body(request: Request, next: Next) -> Response {
    let announced: Option<usize> =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    match announced {
        Some(length) if length > limits::BODY_BYTES => Refused(body::too_large()).into_response(),
        _ => next.run(request.with_limited_body()).await,
    }
}

/// A panic in a handler is one failed request, not a closed connection without a word.
#[expect(clippy::needless_pass_by_value, reason = "the signature that the layer asks for")]
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    tracing::error!(message, "handler panicked; the request was answered with status 500");
    let detail =
        "Logyard failed to answer because of a fault of its own. The log has the cause under this request's id.";
    Refused::new(ProblemCode::Internal, detail).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn, routing::get};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    /// The reader learns that the fault is Logyard's and where to look, but not the text of the panic.
    #[tokio::test]
    async fn panic_becomes_a_problem_of_one_request() {
        let broken = get(async || -> String { panic!("secret of the implementation") });
        let router = Router::new().route("/", broken).layer(CatchPanicLayer::custom(panicked)).layer(from_fn(frame));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(&format!("\"instance\":\"{id}\"")) && !body.contains("secret"), "{body}");
    }
}
