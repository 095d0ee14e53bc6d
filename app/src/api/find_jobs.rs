//! The jobs that the jump box suggests while someone types.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use model::Job;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::context::ask;
use crate::{
    error::AppError,
    format::{Mark, doing},
};

/// A job as the text that the jump box shows. The browser's bundle then needs no job type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobHit {
    /// Path of the job's page.
    pub path: String,
    /// `clone`, `verify`, `dry run`.
    pub kind: String,
    pub title: String,
    /// State of the job, as in [`Mark`].
    pub shape: String,
    pub word: String,
    pub tone: String,
    /// Short form of the job's id.
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

/// Jobs whose title, id or author contains the text; at most ten, newest first.
#[server(name = FindJobs, prefix = "/api/fn", endpoint = "find_jobs", input = GetUrl)]
pub async fn find_jobs(text: String) -> Result<Vec<JobHit>, AppError> {
    Ok(ask()?.find_jobs(&text).await?.into_iter().map(JobHit::from).collect())
}
