//! Requests that other sites make in a user's browser.
//!
//! Two attacks, two checks. A foreign page can send forms and calls to this server (CSRF): a request that changes
//! something must come from our own origin, by the browser's headers. A foreign name can point to 127.0.0.1 (DNS
//! rebinding), which makes that page our own origin: without `[auth]` the server answers only under the names of the
//! loopback interface. Programs other than browsers send neither header, and pass.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use model::{Problem, ProblemCode};

use crate::http::{api::problem::Refused, state::App};

/// Refuses a changing request that another site's page sent. Server functions are not exempt.
pub async fn check_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let public_url = app.config.server.public_url.as_deref();
    let verdict = if reads { Ok(()) } else { own_origin(request.headers(), host(&request), public_url) };
    match verdict {
        Ok(()) => next.run(request).await,
        Err(problem) => Refused(problem).into_response(),
    }
}

/// Without `[auth]`, refuses names that are not the loopback's own.
pub async fn check_host(State(app): State<App>, request: Request, next: Next) -> Response {
    let public_url = app.config.server.public_url.as_deref();
    let verdict = if app.config.auth.is_some() { Ok(()) } else { own_host(host(&request), public_url) };
    match verdict {
        Ok(()) => next.run(request).await,
        Err(problem) => Refused(problem).into_response(),
    }
}

/// `Host`, or the authority of HTTP/2.
fn host(request: &Request) -> Option<&str> {
    let sent = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    sent.or_else(|| request.uri().authority().map(Authority::as_str))
}

pub(super) fn own_origin(headers: &HeaderMap, host: Option<&str>, public_url: Option<&str>) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return Err(forbidden("This request would change something, and was sent by a page of another site."));
    }
    match text("origin") {
        None => Ok(()),
        Some(origin) if host.is_some_and(|host| origin.eq_ignore_ascii_case(&format!("http://{host}"))) => Ok(()),
        Some(origin) if public_url.is_some_and(|url| same_origin(origin, url)) => Ok(()),
        Some(origin) => Err(forbidden(format!(
            "This request was made by a page of {origin}, and would change something. If that is Logyard behind a \
             proxy, set server.public_url to its address."
        ))),
    }
}

pub(super) fn own_host(host: Option<&str>, public_url: Option<&str>) -> Result<(), Problem> {
    let Some(authority) = host.and_then(|host| host.parse::<Authority>().ok()) else {
        return Err(forbidden("The request does not say under which name it reached Logyard (Host)."));
    };
    let name = authority.host();
    let public = public_url.and_then(|url| url.parse::<Uri>().ok());
    let is_public = public.as_ref().and_then(Uri::host).is_some_and(|public| public.eq_ignore_ascii_case(name));
    if is_loopback(name) || is_public {
        return Ok(());
    }
    Err(forbidden(format!(
        "Without [auth] Logyard answers only under the names of this machine's loopback, such as localhost, not as \
         {name}. Set server.public_url if that is its address."
    )))
}

fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// True if scheme, host and port are equal; the rest of `url` does not matter.
fn same_origin(origin: &str, url: &str) -> bool {
    let (Ok(origin), Ok(url)) = (origin.parse::<Uri>(), url.parse::<Uri>()) else { return false };
    let port = |uri: &Uri| uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    origin.scheme() == url.scheme() && host(&origin) == host(&url) && port(&origin) == port(&url)
}

fn forbidden(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::Forbidden, detail)
}
