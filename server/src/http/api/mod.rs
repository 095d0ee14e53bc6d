//! The JSON API: thin handlers between HTTP and [`app::backend::Backend`], which pages use too.
//!
//! A handler reads the request into types, calls one method, and answers what that returned. What a request may hold
//! is in `limits`, how a refusal looks in `problem`; `openapi.json` describes all of it and is tested against the
//! router.

pub mod alerts;
pub mod body;
pub mod clones;
pub mod dead_letters;
pub mod failures;
pub mod index;
pub mod jobs;
pub mod limits;
mod listing;
pub mod pipelines;
pub mod problem;
pub mod reprocesses;
pub mod runs;
pub mod schedules;
pub mod stores;
pub mod syncs;

use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, Path},
    http::{Method, Uri, request::Parts},
};
use model::{Invalid, JobId, Problem, ProblemCode};
use serde::Serialize;

use self::problem::Refused;

/// A list that is always whole.
#[derive(Serialize)]
pub struct Whole<T> {
    pub items: Vec<T>,
    next: Option<String>,
}

impl<T> Whole<T> {
    pub fn new(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// The `{id}` of a path, of a job unless it says otherwise.
pub struct Id<T = JobId>(pub T);

impl<S: Send + Sync, T: FromStr<Err = Invalid>> FromRequestParts<S> for Id<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::new(ProblemCode::Malformed, rejection.body_text()))?;
        Ok(Self(id.parse()?))
    }
}

/// The answer to a path that does not exist.
pub async fn no_such_path(uri: Uri) -> Refused {
    Refused::new(ProblemCode::NotFound, format!("There is no {}. GET /api/v1 lists what there is.", uri.path()))
}

/// The answer to a path that exists, but not with this method; `Allow` says with which.
pub async fn no_such_method(method: Method, uri: Uri) -> Refused {
    let detail = format!("{} does not answer {method}. GET /api/v1 lists what there is.", uri.path());
    Refused::new(ProblemCode::MethodNotAllowed, detail)
}
