//! Starting a clone, and what its form asks on the way there.

use leptos::{prelude::*, server_fn::codec::Json};
use model::{ClonePreview, CloneRequest, Key, Place};

use crate::{
    context::{ask, backend, redirect, return_plain_form, viewer},
    error::{AppError, with_problem},
    pages::CloneForm,
};

/// Whether a place can be read: its first keys, or the problem, while the form is being filled in.
#[server(name = PeekPlace, prefix = "/api/fn", endpoint = "peek", input = Json)]
pub async fn peek(place: Place) -> Result<Vec<Key>, AppError> {
    Ok(ask()?.peek(place).await?)
}

#[server(name = PreviewClone, prefix = "/api/fn", endpoint = "preview_clone", input = Json)]
pub async fn preview_clone(request: CloneRequest) -> Result<ClonePreview, AppError> {
    Ok(ask()?.preview_clone(request).await?)
}

/// Starts what the form says and shows the job. Without JavaScript an error leads back to the form with its values and
/// its preview, which finds the same fault again and names it at its field.
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
            return_plain_form(&with_problem(&form.query().with("preview", "1").on("/clones/new"), error.problem()));
            Err(error)
        }
    }
}
