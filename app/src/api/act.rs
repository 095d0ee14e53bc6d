//! What buttons do to jobs.

use leptos::prelude::*;
use model::{Action, Invalid, JobId, Retry};

use crate::error::AppError;
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{backend, own_path, redirect, refuse, viewer},
    error::with_problem,
    query::Query,
};

/// `cancel`, `pause`, `resume`, `retry` (all) or `retry_failed`: the value of a button.
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

/// The reverse of [`action_named`].
pub fn action_name(action: Action) -> &'static str {
    match action {
        Action::Cancel => "cancel",
        Action::Pause => "pause",
        Action::Resume => "resume",
        Action::Retry(Retry::All) => "retry",
        Action::Retry(Retry::Failed) => "retry_failed",
    }
}

/// Does one thing to one job. `back` is the page to show afterwards, one of ours; empty is the job's page.
#[server(name = ActOnJob, prefix = "/api/fn", endpoint = "act_on_job")]
pub async fn act_on_job(id: JobId, action: String, #[server(default)] back: String) -> Result<(), AppError> {
    let page = own_path(&back).unwrap_or_else(|| format!("/jobs/{id}"));
    let acted = async {
        let viewer = viewer()?;
        let action = action_named(&action)?;
        backend()?.act(&viewer, id, action).await?;
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

/// Does one thing to every job that a list's filter finds; `filter` is the query of that list.
#[server(name = BulkAct, prefix = "/api/fn", endpoint = "bulk_act")]
pub async fn bulk_act(action: String, #[server(default)] filter: String) -> Result<(), AppError> {
    let query = Query::read(&filter);
    let acted = async {
        let viewer = viewer()?;
        let bulk = model::Bulk {
            filter: crate::forms::job_filter::read_filter(&query)?,
            action: action_named(&action)?,
            dry_run: false,
        };
        Ok::<_, AppError>(backend()?.bulk(&viewer, bulk).await?)
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
    fn every_action_has_one_name() {
        for action in [Action::Cancel, Action::Pause, Action::Resume, Action::Retry(Retry::All)] {
            assert_eq!(action_named(action_name(action)).unwrap(), action);
        }
        assert!(action_named("delete").is_err());
    }
}
