//! Starting a clone.

use leptos::prelude::*;

#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{backend, redirect, refuse, viewer},
    error::with_problem,
};
use crate::{error::AppError, forms::CloneForm};

/// Starts the form's clone and redirects to the job. A refusal leads back to the form with its values and its preview,
/// which finds the same fault again and names it at its field. A mirror is confirmed on a page of its own, with the plan
/// shown there and the typed name; without them this redirects to that page.
#[server(name = StartClone, prefix = "/api/fn", endpoint = "start_clone")]
pub async fn start_clone(
    #[server(flatten)] form: CloneForm,
    #[server(default)] key: String,
    #[server(default)] plan: String,
    #[server(default)] confirm: String,
) -> Result<(), AppError> {
    if form.deletes() && plan.is_empty() {
        viewer()?;
        redirect(&form.query().on("/clones/mirror"));
        return Ok(());
    }
    let started = async {
        let viewer = viewer()?;
        let mut request = form.request()?;
        if form.deletes() {
            (request.plan, request.confirm) = (Some(plan.parse()?), Some(confirm));
        }
        let key = form.idempotency_key(&key).map(|key| format!("{key}{}", plan.get(..16).unwrap_or_default()));
        Ok::<_, AppError>(backend()?.start_clone(&viewer, request, key).await?)
    };
    match started.await {
        Ok(job) => {
            redirect(&format!("/jobs/{}", job.id));
            Ok(())
        }
        Err(error) => {
            let page = if form.deletes() {
                form.query().with("plan", &plan).on("/clones/mirror")
            } else {
                form.query().with("preview", "1").on("/clones/new")
            };
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}
