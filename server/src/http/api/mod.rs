//! The JSON API: thin handlers between HTTP and [`app::backend::Backend`], which pages use too.
//!
//! A handler reads the request into types, calls the method of the same name, and returns its result. The limits of
//! requests are in `limits`, the form of a refusal in `problem`; `openapi.json` describes all of it and is tested
//! against the router.

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
pub mod report;
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

/// A list that always fits one page.
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

/// The `{id}` of a path, by default a job's.
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

/// Refuses a path that does not exist.
pub async fn no_such_path(uri: Uri) -> Refused {
    Refused::new(ProblemCode::NotFound, format!("There is no {}. GET /api/v1 lists all paths.", uri.path()))
}

/// Refuses a method that the path does not have; `Allow` names those it has.
pub async fn no_such_method(method: Method, uri: Uri) -> Refused {
    let detail = format!("{} does not take {method}. GET /api/v1 lists the methods of each path.", uri.path());
    Refused::new(ProblemCode::MethodNotAllowed, detail)
}
