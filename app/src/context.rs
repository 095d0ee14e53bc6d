//! The context that the server provides to every rendering and server function.
//!
//! It holds an `Arc<dyn Backend>`, a [`Viewer`] if the user may see pages, and an [`Answer`] with the effects that a page
//! may have on its HTTP response. `app` knows no HTTP crate, so these are closures. If something is missing, the result is
//! a [`Problem`], never a panic.

use std::{sync::Arc, time::SystemTime};

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::{Problem, ProblemCode, Time, Viewer};

use crate::{backend::Backend, error::AppError, query::Query, scope::Scope};

/// Effects of a page on its HTTP response.
#[derive(Clone)]
pub struct Answer {
    /// Redirects to a path of this server: forms by status 302, calls of scripts by a header (`leptos_axum::redirect`
    /// does both).
    pub redirect: Arc<dyn Fn(&str) + Send + Sync>,
    /// Sets the status of the response: 404, 422, …
    pub status: Arc<dyn Fn(u16) + Send + Sync>,
    /// Whether the request accepts `text/html`: a page or a form, whose errors must end on a page and so redirect too.
    pub plain: bool,
}

/// The backend, without a check of permissions.
pub fn backend() -> Result<Arc<dyn Backend>, AppError> {
    use_context::<Arc<dyn Backend>>()
        .ok_or_else(|| Problem::new(ProblemCode::Internal, "No backend is connected to this page.").into())
}

/// The user. Every server function calls this first, because server functions are public endpoints.
pub fn viewer() -> Result<Viewer, AppError> {
    use_context::<Viewer>().ok_or_else(|| Problem::new(ProblemCode::Unauthorised, "Sign in first.").into())
}

/// The backend, if the user may see pages.
pub fn ask() -> Result<Arc<dyn Backend>, AppError> {
    viewer()?;
    backend()
}

/// The query of the page's URL.
pub fn page_query() -> Query {
    use_location().search.with_untracked(|search| Query::read(search))
}

/// The time window and time zone of the page, see [`Scope`]. The frame provides it; without a frame it is the default.
pub fn scope() -> Scope {
    use_context::<Scope>().unwrap_or_default()
}

/// The server's clock. Pages are rendered only on the server.
pub fn now() -> Time {
    SystemTime::now().into()
}

/// Redirects to another page when the server function returns.
pub fn redirect(path: &str) {
    if let Some(answer) = use_context::<Answer>() {
        (answer.redirect)(path);
    }
}

/// Sets the status of the page being rendered.
pub fn status(code: u16) {
    if let Some(answer) = use_context::<Answer>() {
        (answer.status)(code);
    }
}

/// Answers a refused form: redirects to the page `path`, or sets the problem's status if the caller is a script that does
/// not accept pages.
pub fn refuse(problem: &Problem, path: &str) {
    match use_context::<Answer>() {
        Some(answer) if answer.plain => (answer.redirect)(path),
        Some(answer) => (answer.status)(problem.status),
        None => (),
    }
}

/// The path, if it is on this server; `None` otherwise, so that no redirect leaves it.
pub fn own_path(path: &str) -> Option<String> {
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r']);
    (own && path.is_ascii()).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_never_leaves_the_server() {
        assert_eq!(own_path("/jobs?state=failed").as_deref(), Some("/jobs?state=failed"));
        for path in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x", "jobs"] {
            assert_eq!(own_path(path), None, "{path:?}");
        }
    }
}
