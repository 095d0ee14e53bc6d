//! What the server puts into the context of every render and server function, and how it is reached from there.
//!
//! Three things: an `Arc<dyn Backend>`, a [`Viewer`] where the asker may ask, and an [`Answer`] with what a page may do
//! to its own HTTP response. `app` knows no HTTP crate, so the last one is a handful of closures. Whatever is missing
//! is answered with a [`Problem`], never with a panic.

use std::{sync::Arc, time::SystemTime};

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::{Problem, ProblemCode, Time, Viewer};

use crate::{backend::Backend, error::AppError, query::Query, scope::Scope};

/// What a page may do to the HTTP response that carries it.
#[derive(Clone)]
pub struct Answer {
    /// Sends the asker to this path of ours: a form by a `302`, a call by our script by the header that makes the script
    /// go there (`leptos_axum::redirect` does both).
    pub redirect: Arc<dyn Fn(&str) + Send + Sync>,
    /// Sets the response's status: 404, 422, …
    pub status: Arc<dyn Fn(u16) + Send + Sync>,
    /// True if the request accepts `text/html`: a page, or a form. Its errors must end on a page, so they redirect, too.
    pub plain: bool,
}

/// What answers the questions of pages.
pub fn backend() -> Result<Arc<dyn Backend>, AppError> {
    use_context::<Arc<dyn Backend>>()
        .ok_or_else(|| Problem::new(ProblemCode::Internal, "No backend is connected to this page.").into())
}

/// Who asks. Every server function calls this first: they are public endpoints.
pub fn viewer() -> Result<Viewer, AppError> {
    use_context::<Viewer>().ok_or_else(|| Problem::new(ProblemCode::Unauthorised, "Sign in to see and do this.").into())
}

/// The backend, for whoever may ask.
pub fn ask() -> Result<Arc<dyn Backend>, AppError> {
    viewer()?;
    backend()
}

/// The query of the page's URL.
pub fn page_query() -> Query {
    use_location().search.with_untracked(|search| Query::read(search))
}

/// What the page looks at; see [`Scope`]. The frame tells its pages; what is rendered without one looks at the latest.
pub fn scope() -> Scope {
    use_context::<Scope>().unwrap_or_default()
}

/// The server's clock: pages are rendered there only.
pub fn now() -> Time {
    SystemTime::now().into()
}

/// Sends the asker to another page once the server function has ended.
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

/// What a form's error becomes. It must end on a page: the asker is sent to `path`. A script that takes no page gets the
/// error itself, with its status.
pub fn refuse(problem: &Problem, path: &str) {
    match use_context::<Answer>() {
        Some(answer) if answer.plain => (answer.redirect)(path),
        Some(answer) => (answer.status)(problem.status),
        None => (),
    }
}

/// A path on this server, or nothing: a redirect never leaves it.
pub fn own_path(path: &str) -> Option<String> {
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r']);
    (own && path.is_ascii()).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_server() {
        assert_eq!(own_path("/jobs?state=failed").as_deref(), Some("/jobs?state=failed"));
        for path in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x", "jobs"] {
            assert_eq!(own_path(path), None, "{path:?}");
        }
    }
}
