//! Starting a clone.

use leptos::prelude::*;

#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{backend, redirect, refuse, viewer},
    error::with_problem,
};
use crate::{error::AppError, pages::CloneForm};

/// Starts what the form says and shows the job. A refusal leads back to the form with its values and its preview, which
/// finds the same fault again and names it at its field.
#[server(name = StartClone, prefix = "/api/fn", endpoint = "start_clone")]
pub async fn start_clone(#[server(flatten)] form: CloneForm, #[server(default)] key: String) -> Result<(), AppError> {
    let started = async {
        let viewer = viewer()?;
        let request = form.request()?;
        Ok::<_, AppError>(backend()?.start_clone(&viewer, request, form.idempotency_key(&key)).await?)
    };
    match started.await {
        Ok(job) => {
            redirect(&format!("/jobs/{}", job.id));
            Ok(())
        }
        Err(error) => {
            let page = form.query().with("preview", "1").on("/clones/new");
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}
