//! The frame around every request: an id, a line in the log, a measurement, a time limit, and the body of a refusal.
//!
//! Always: the log holds method and path, never a query, a header or a body, since those may hold secrets; of a refusal
//! it holds the kind and the field, not the sentence, which may quote them. The id in the log is the `instance` of the
//! problem and the `X-Request-Id` of the answer.

use std::{
    any::Any,
    time::{Duration, Instant},
};

use axum::{
    RequestExt,
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, header},
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

/// The outermost layer. Ids that callers send are not taken over: they could be made to collide or to mislead.
pub async fn frame(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = format!("{:016x}", rand::random::<u64>());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    // Pages refresh by themselves, and agents that sync a table ask many times a minute: a request that changes nothing
    // or is one of these is logged at info only if something is wrong.
    let often = path.starts_with("/v1/") || method.is_safe();

    let span = tracing::info_span!("request", id, %method, path);
    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status(), started.elapsed());
    metrics::answered(&method, route.as_ref().map_or("unmatched", MatchedPath::as_str), status, took);
    span.in_scope(|| log(&response, took, often));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    problem::write(response, &id)
}

fn log(response: &Response, took: Duration, often: bool) {
    let (status, ms) = (response.status().as_u16(), u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    match response.extensions().get::<Problem>() {
        Some(problem) if status >= 500 => tracing::warn!(status, ms, problem = problem.detail, "answered"),
        Some(problem) => tracing::info!(status, ms, problem = problem.code.as_str(), field = problem.field, "answered"),
        None if often && status < 400 => tracing::debug!(status, ms, "answered"),
        None => tracing::info!(status, ms, "answered"),
    }
}

/// Ends what takes too long. An answer that has begun may go on: streams are not cut.
pub async fn limit_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(limits::REQUEST, next.run(request)).await.unwrap_or_else(|_| {
        let seconds = limits::REQUEST.as_secs();
        let detail = format!("This took longer than {seconds} seconds and was given up. Try again, or ask for less.");
        Refused::new(ProblemCode::Unavailable, detail).into_response()
    })
}

/// Refuses bodies that announce themselves as too large, and cuts the others off at the limit: also those that no
/// extractor of ours reads, such as a server function's.
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
    tracing::error!(message, "a handler panicked");
    let detail = "Logyard met a fault of its own. The log has the rest under this request's id.";
    Refused::new(ProblemCode::Internal, detail).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn, routing::get};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    /// The reader learns that it is our fault and where the log has it, not what the panic said.
    #[tokio::test]
    async fn a_panic_is_a_problem_of_one_request() {
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
