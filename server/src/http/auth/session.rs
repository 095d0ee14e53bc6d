//! The cookie of a session. `HttpOnly`: no script reads it. `SameSite=Lax`: forms and calls of other sites do not send it,
//! links do. `Secure` if the server is reached by HTTPS.

use std::time::Duration;

use axum::http::{HeaderMap, header};

const NAME: &str = "logyard_session";

/// The token that the browser sent.
pub(super) fn sent(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME).then_some(value))
}

/// `Set-Cookie` for a new session.
pub(super) fn given(token: &str, lasts: Duration, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{NAME}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", lasts.as_secs())
}

/// `Set-Cookie` that deletes the cookie.
pub(super) fn taken(secure: bool) -> String {
    given("", Duration::ZERO, secure)
}
