//! Signing in and out. Plain forms: they work before any script has loaded, and without one.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::{
    Extension, Form,
    extract::{ConnectInfo, Query, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
};
use model::{Problem, ProblemCode, Time, Viewer};
use serde::Deserialize;

use super::{Authenticator, attempts::Wait, next, session};
use crate::config::secrets::{password, token};
use crate::http::{api::problem::Refused, health, state::App};

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
}

/// The fields of the form. No `Debug`: one of them is the password.
#[derive(Deserialize)]
pub struct Credentials {
    user: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /login`. A viewer who is signed in, or need not be, is redirected.
pub async fn form(State(app): State<App>, viewer: Option<Extension<Viewer>>, Query(asked): Query<Asked>) -> Response {
    let next = next::local(&asked.next);
    if viewer.is_some() {
        return Redirect::to(next).into_response();
    }
    page(&app, StatusCode::OK, "", next, None)
}

/// `POST /login`.
pub async fn enter(
    State(app): State<App>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    form: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, Refused> {
    let Form(credentials) =
        form.map_err(|rejection| Problem::new(ProblemCode::Malformed, format!("{}.", rejection.body_text())))?;
    let next = next::local(&credentials.next);
    let Some(authenticator) = app.auth.authenticator.as_deref() else { return Ok(Redirect::to(next).into_response()) };

    let address = address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(ConnectInfo(address))| address.ip());
    if let Err(Wait(wait)) = authenticator.attempts.begin(address, Instant::now()) {
        tracing::warn!(%address, "too many failed sign-ins from this address; refused for a minute");
        return Ok(too_many(&app, &credentials.user, next, wait));
    }
    let name_fits = password::same(&credentials.user, &authenticator.config.user);
    if !authenticator.verifier.fits(credentials.password, name_fits).await {
        tracing::warn!(%address, "sign-in failed: wrong name or password");
        let wrong = "Name or password is wrong.";
        return Ok(page(&app, StatusCode::UNAUTHORIZED, &credentials.user, next, Some(wrong)));
    }
    authenticator.attempts.succeeded(address);
    tracing::info!(%address, user = authenticator.config.user, "signed in");
    let cookie = open_session(authenticator, &headers, is_secure(&app)).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(next)).into_response())
}

/// `POST /logout`. Deletes the session from the database too, so a copy of the cookie is worth nothing.
pub async fn leave(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refused> {
    if let (Some(authenticator), Some(token)) = (app.auth.authenticator.as_deref(), session::sent(&headers)) {
        authenticator.db.delete_session(&token::hash(token)).await.map_err(health::no_database)?;
    }
    let cookie = session::taken(is_secure(&app));
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/login")).into_response())
}

/// Opens a new session for each sign-in, and ends the one that the browser had before.
async fn open_session(authenticator: &Authenticator, headers: &HeaderMap, secure: bool) -> Result<String, Problem> {
    if let Some(old) = session::sent(headers) {
        authenticator.db.delete_session(&token::hash(old)).await.map_err(health::no_database)?;
    }
    let (token, _) = token::new_token();
    let lasts = Duration::from_secs(u64::from(authenticator.config.session_hours) * 3_600);
    let expires = Time(authenticator.db.now().0 + i64::from(authenticator.config.session_hours) * 3_600_000);
    let hash = token::hash(&token);
    authenticator.db.insert_session(&hash, &authenticator.config.user, expires).await.map_err(health::no_database)?;
    Ok(session::given(&token, lasts, secure))
}

fn is_secure(app: &App) -> bool {
    app.config.server.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
}

fn too_many(app: &App, user: &str, next: &str, wait: Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let message = format!("Too many failed attempts. Try again in {seconds} seconds.");
    let page = page(app, StatusCode::TOO_MANY_REQUESTS, user, next, Some(&message));
    ([(header::RETRY_AFTER, seconds.to_string())], page).into_response()
}

/// The form, with an error. It repeats the name, never the password.
fn page(app: &App, status: StatusCode, user: &str, next: &str, wrong: Option<&str>) -> Response {
    let (user, next, css) = (escaped(user), escaped(next), app.assets.paths().css);
    let style = if css.is_empty() { String::new() } else { format!(r#"<link rel="stylesheet" href="{css}">"#) };
    let wrong = wrong.map_or_else(String::new, |wrong| {
        let wrong = escaped(wrong);
        format!(r#"<div class="fault" role="alert"><p class="fault-title"><span aria-hidden="true">✖ </span>{wrong}</p></div>"#)
    });
    let html = format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in · Logyard</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
{style}
</head>
<body>
<main id="main">
<form class="sign-in" method="post" action="/login">
<h1>Sign in to Logyard</h1>
{wrong}
<input type="hidden" name="next" value="{next}">
<label for="user">Name</label>
<input id="user" name="user" value="{user}" autocomplete="username" autocapitalize="none" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="main">Sign in</button>
</form>
</main>
</body>
</html>
"#
    );
    (status, Html(html)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
