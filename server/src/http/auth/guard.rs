//! The middleware: identifies the viewer of a request, and refuses requests that need one and have none.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use model::{ProblemCode, Viewer};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::{api::problem::Refused, state::App};

/// Puts the [`Viewer`] into the request's extensions, if there is one. Refuses wrong tokens only.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let by_token = path.starts_with("/api/") || path == "/metrics";
    match app.auth.viewer(request.headers(), by_token).await {
        Ok(viewer) => {
            if let Some(viewer) = viewer {
                request.extensions_mut().insert(viewer);
            }
            next.run(request).await
        }
        Err(problem) => Refused(problem).into_response(),
    }
}

/// For the API: answers 401 without a viewer.
pub async fn api(request: Request, next: Next) -> Response {
    if is_known(&request) { next.run(request).await } else { unauthorised() }
}

/// For pages and server functions. Without a viewer, a browser is redirected to sign in and then back; a call of a page's
/// script gets 401, and the page says so.
pub async fn pages(request: Request, next: Next) -> Response {
    if is_known(&request) {
        return next.run(request).await;
    }
    if !shows_html(request.headers()) {
        return unauthorised();
    }
    let asked = request.uri().path_and_query().filter(|_| request.method() == Method::GET);
    match asked.map(ToString::to_string) {
        Some(path) if path != "/" => {
            let next = utf8_percent_encode(&path, NON_ALPHANUMERIC);
            Redirect::to(&format!("/login?next={next}")).into_response()
        }
        _ => Redirect::to("/login").into_response(),
    }
}

fn is_known(request: &Request) -> bool {
    request.extensions().get::<Viewer>().is_some()
}

fn shows_html(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html"))
}

fn unauthorised() -> Response {
    let detail = "Sign in at /login, or send a token of [[auth.tokens]] as Authorization: Bearer.";
    Refused::new(ProblemCode::Unauthorised, detail).into_response()
}
