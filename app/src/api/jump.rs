//! What the jump box suggests while someone types.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use model::Job;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::context::ask;
use crate::{
    error::AppError,
    format::{Mark, doing},
};

/// A job in the words that the box shows: a browser that only shows them need not know what a job is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobHit {
    /// Its page.
    pub path: String,
    /// `clone`, `verify`, `dry run`.
    pub kind: String,
    pub title: String,
    /// Its state, as in [`Mark`].
    pub shape: String,
    pub word: String,
    pub tone: String,
    /// The short form.
    pub id: String,
}

impl From<Job> for JobHit {
    fn from(job: Job) -> Self {
        let mark = Mark::of(&job);
        Self {
            path: format!("/jobs/{}", job.id),
            kind: doing(&job.spec).to_owned(),
            title: job.title(),
            shape: mark.shape.to_owned(),
            word: mark.word.to_owned(),
            tone: mark.tone.to_owned(),
            id: job.id.short(),
        }
    }
}

/// Jobs whose title, id or author holds the text; at most ten, newest first.
#[server(name = Jump, prefix = "/api/fn", endpoint = "jump", input = GetUrl)]
pub async fn jump(text: String) -> Result<Vec<JobHit>, AppError> {
    Ok(ask()?.jump(&text).await?.into_iter().map(JobHit::from).collect())
}
