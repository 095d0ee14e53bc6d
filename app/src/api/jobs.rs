//! Jobs: what pages read, and what their buttons do.

use leptos::prelude::*;
use model::{
    Action, Bulk, BulkOutcome, Count, Counts, FailurePage, Filter, Invalid, Job, JobId, JobView, Key, Overview, Page,
    Retry, Time, Window,
};

use crate::{
    context::{self, ask, viewer},
    error::AppError,
};
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{backend, own_path, redirect, refuse},
    error::with_problem,
    query::Query,
};

/// Rows of a list.
const PAGE: u32 = 50;

pub async fn get_overview() -> Result<Overview, AppError> {
    Ok(ask()?.get_overview().await?)
}

pub async fn get_counts() -> Result<Counts, AppError> {
    Ok(ask()?.get_counts().await?)
}

/// A page of jobs, their total, and the time both were read.
pub struct JobList {
    pub now: Time,
    pub page: Page<Job>,
    pub total: Count,
}

pub async fn list_jobs(filter: Filter, after: Option<JobId>) -> Result<JobList, AppError> {
    let backend = ask()?;
    let (page, total) = (backend.list_jobs(&filter, after, PAGE).await?, backend.count_jobs(&filter).await?);
    Ok(JobList { now: context::now(), page, total })
}

/// The jobs created in a window, newest first, at most five.
pub async fn list_jobs_within(window: Window) -> Result<Vec<Job>, AppError> {
    let filter = Filter { from: Some(window.from()), to: Some(window.to()), ..Filter::default() };
    Ok(ask()?.list_jobs(&filter, None, 5).await?.items)
}

pub async fn get_job(id: JobId) -> Result<JobView, AppError> {
    Ok(ask()?.get_job(id).await?)
}

pub async fn list_failures(id: JobId, after: Option<Key>) -> Result<FailurePage, AppError> {
    Ok(ask()?.list_failures(id, after, PAGE).await?)
}

/// How many jobs an action on a whole filter would change.
pub async fn preview_act_on_jobs(filter: Filter, action: Action) -> Result<BulkOutcome, AppError> {
    Ok(ask()?.act_on_jobs(&viewer()?, Bulk { filter, action, dry_run: true }).await?)
}

/// Reads the value of a button: `cancel`, `pause`, `resume`, `retry` (all) or `retry_failed`.
pub fn action_named(name: &str) -> Result<Action, Invalid> {
    match name {
        "cancel" => Ok(Action::Cancel),
        "pause" => Ok(Action::Pause),
        "resume" => Ok(Action::Resume),
        "retry" => Ok(Action::Retry(Retry::All)),
        "retry_failed" => Ok(Action::Retry(Retry::Failed)),
        _ => Err(Invalid::new("action", name, "one of cancel, pause, resume, retry, retry_failed")),
    }
}

/// Writes what [`action_named`] reads.
pub fn action_name(action: Action) -> &'static str {
    match action {
        Action::Cancel => "cancel",
        Action::Pause => "pause",
        Action::Resume => "resume",
        Action::Retry(Retry::All) => "retry",
        Action::Retry(Retry::Failed) => "retry_failed",
    }
}

/// Applies an action to one job. `back` is the path of the page to show afterwards; empty means the job's page.
#[server(name = ActOnJob, prefix = "/api/fn", endpoint = "act_on_job")]
pub async fn act_on_job(id: JobId, action: String, #[server(default)] back: String) -> Result<(), AppError> {
    let page = own_path(&back).unwrap_or_else(|| format!("/jobs/{id}"));
    let acted = async {
        let viewer = viewer()?;
        let action = action_named(&action)?;
        backend()?.act_on_job(&viewer, id, action).await?;
        Ok::<(), AppError>(())
    };
    match acted.await {
        Ok(()) => {
            redirect(&page);
            Ok(())
        }
        Err(error) => {
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}

/// Applies an action to every job of a list; `filter` is the query of that list.
#[server(name = ActOnJobs, prefix = "/api/fn", endpoint = "act_on_jobs")]
pub async fn act_on_jobs(action: String, #[server(default)] filter: String) -> Result<(), AppError> {
    let query = Query::read(&filter);
    let acted = async {
        let viewer = viewer()?;
        let bulk = Bulk {
            filter: crate::forms::job_filter::read_filter(&query)?,
            action: action_named(&action)?,
            dry_run: false,
        };
        Ok::<_, AppError>(backend()?.act_on_jobs(&viewer, bulk).await?)
    };
    match acted.await {
        Ok(outcome) => {
            let list = query.without("after").with("did", &action).with("changed", &outcome.changed.to_string());
            redirect(&list.on("/jobs"));
            Ok(())
        }
        Err(error) => {
            let page = query.with("action", &action).on("/jobs/bulk");
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_names_read_back_as_written() {
        for action in [Action::Cancel, Action::Pause, Action::Resume, Action::Retry(Retry::All)] {
            assert_eq!(action_named(action_name(action)).unwrap(), action);
        }
        assert!(action_named("delete").is_err());
    }
}
