//! Starting a reprocess.

use leptos::prelude::*;

#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{backend, redirect, refuse, viewer},
    error::with_problem,
};
use crate::{error::AppError, forms::ReprocessForm};

/// Starts the form's reprocess, exactly as its plan showed it, and redirects to the job. A refusal leads back to the form
/// with its values and a new preview.
#[server(name = StartReprocess, prefix = "/api/fn", endpoint = "start_reprocess")]
pub async fn start_reprocess(
    #[server(flatten)] form: ReprocessForm,
    #[server(default)] key: String,
    #[server(default)] plan: String,
) -> Result<(), AppError> {
    let started = async {
        let viewer = viewer()?;
        let mut request = form.request_to_start()?;
        request.plan = if plan.is_empty() { None } else { Some(plan.parse()?) };
        let key = form.idempotency_key(&key, &plan);
        Ok::<_, AppError>(backend()?.start_reprocess(&viewer, request, key).await?)
    };
    match started.await {
        Ok(job) => {
            redirect(&format!("/jobs/{}", job.id));
            Ok(())
        }
        Err(error) => {
            let page = form.query().with("preview", "1").on("/reprocesses/new");
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}
