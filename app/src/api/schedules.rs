//! Schedules: what their pages read, and what their forms do.

use leptos::prelude::*;
use model::{FiringId, FiringList, Schedule, ScheduleId, ScheduleList};

use crate::{context::ask, error::AppError, forms::ScheduleForm};
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{backend, redirect, refuse, viewer},
    error::with_problem,
};

/// Firings on a page.
const FIRINGS: u32 = 50;

pub async fn list_schedules() -> Result<ScheduleList, AppError> {
    Ok(ask()?.list_schedules().await?)
}

pub async fn get_schedule(id: ScheduleId) -> Result<Schedule, AppError> {
    Ok(ask()?.get_schedule(id).await?)
}

pub async fn list_firings(id: ScheduleId, after: Option<FiringId>) -> Result<FiringList, AppError> {
    Ok(ask()?.list_firings(id, after, FIRINGS).await?)
}

/// Creates the form's schedule and redirects to the list. A refusal leads back to the form with its values, which finds
/// the same fault again and names it at its field.
#[server(name = CreateSchedule, prefix = "/api/fn", endpoint = "create_schedule")]
pub async fn create_schedule(#[server(flatten)] form: ScheduleForm) -> Result<(), AppError> {
    let made = async {
        let viewer = viewer()?;
        let request = form.request()?;
        Ok::<_, AppError>(backend()?.create_schedule(&viewer, request).await?)
    };
    match made.await {
        Ok(schedule) => {
            redirect(&format!("/schedules?made={}", schedule.id));
            Ok(())
        }
        Err(error) => {
            let page = form.query().with("preview", "1").on("/schedules/new");
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}

/// Changes the form's schedule and redirects to its page. A refusal leads back to the form with its values; where somebody
/// else edited the schedule meanwhile, the form says so and shows what is stored.
#[server(name = EditSchedule, prefix = "/api/fn", endpoint = "edit_schedule")]
pub async fn edit_schedule(#[server(flatten)] form: ScheduleForm) -> Result<(), AppError> {
    let edited = async {
        let viewer = viewer()?;
        let (id, edit) = form.edit()?;
        Ok::<_, AppError>(backend()?.edit_schedule(&viewer, id, edit).await?)
    };
    match edited.await {
        Ok(schedule) => {
            redirect(&format!("/schedules/{}?edited={}", schedule.id, schedule.revision));
            Ok(())
        }
        Err(error) => {
            let page = form.query().with("preview", "1").on(&form.page());
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}

/// Confirms the plan of a scheduled mirror that waits, and redirects to the started job.
#[server(name = ConfirmSchedule, prefix = "/api/fn", endpoint = "confirm_schedule")]
pub async fn confirm_schedule(id: ScheduleId, plan: String, confirm: String) -> Result<(), AppError> {
    let confirmed = async {
        let viewer = viewer()?;
        let confirmation = model::Confirmation { plan: plan.parse()?, confirm: confirm.trim().to_owned() };
        Ok::<_, AppError>(backend()?.confirm_schedule(&viewer, id, confirmation).await?)
    };
    match confirmed.await {
        Ok(job) => {
            redirect(&format!("/jobs/{}", job.id));
            Ok(())
        }
        Err(error) => {
            refuse(error.problem(), &with_problem(&format!("/schedules/{id}"), error.problem()));
            Err(error)
        }
    }
}

/// `action` is `pause`, `resume`, `run` or `delete`. `run` redirects to the started
/// job, the others to the list.
#[server(name = ActOnSchedule, prefix = "/api/fn", endpoint = "act_on_schedule")]
pub async fn act_on_schedule(id: ScheduleId, action: String) -> Result<(), AppError> {
    use model::ScheduleAction as Action;
    let acted = async {
        let (viewer, backend) = (viewer()?, backend()?);
        let page = "/schedules".to_owned();
        Ok::<_, AppError>(match action.parse()? {
            Action::Pause => backend.pause_schedule(&viewer, id).await.map(|_| page)?,
            Action::Resume => backend.resume_schedule(&viewer, id).await.map(|_| page)?,
            Action::Run => format!("/jobs/{}", backend.run_schedule(&viewer, id).await?.id),
            Action::Delete => backend.delete_schedule(&viewer, id).await.map(|()| page)?,
        })
    };
    match acted.await {
        Ok(page) => {
            redirect(&page);
            Ok(())
        }
        Err(error) => {
            refuse(error.problem(), &with_problem("/schedules", error.problem()));
            Err(error)
        }
    }
}
