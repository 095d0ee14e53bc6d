//! Starting a clone, and what its form asks on the way there.

use leptos::prelude::*;
use model::{ClonePreview, CloneRequest, Key, Problem, StoreStatus};
use serde::{Deserialize, Serialize};

use super::json::Read;
#[cfg(feature = "ssr")] // the bodies of server functions exist on the server only
use crate::{
    context::{ask, backend, redirect, refuse, viewer},
    error::with_problem,
};
use crate::{error::AppError, pages::CloneForm};

/// What the form needs: the stores, and what is known about values that came with the URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClonePage {
    pub stores: Vec<StoreStatus>,
    /// The random part of the form's idempotency key: sent twice by a double click, it makes one job.
    pub key: String,
    pub found: Option<Found>,
}

/// What was found out about one set of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub form: CloneForm,
    pub checked: Checked,
    /// `None` until it has been made, or where the values make no request.
    pub preview: Option<Result<ClonePreview, Problem>>,
}

/// `preview` holds the values to check and preview at once, for a form without JavaScript.
#[server(name = ReadClonePage, prefix = "/api/fn", endpoint = "clone_page", protocol = Read)]
pub async fn clone_page(preview: Option<CloneForm>) -> Result<ClonePage, AppError> {
    let stores = ask()?.stores().await?;
    let found = match preview {
        Some(form) => {
            let checked = check_clone(form.clone()).await?;
            let preview = match form.request() {
                Ok(request) => Some(preview_clone(request).await?),
                Err(_) => None,
            };
            Some(Found { form, checked, preview })
        }
        None => None,
    };
    Ok(ClonePage { stores, key: Nonce::new().to_string(), found })
}

/// One side of the form, looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// Not filled in yet.
    Blank,
    Faulty(Problem),
    /// Its first keys, at most ten.
    Readable(Vec<Key>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    pub source: Side,
    pub destination: Side,
}

/// Whether both places can be read, while the form is being filled in.
#[server(name = CheckClone, prefix = "/api/fn", endpoint = "check_clone", protocol = Read)]
pub async fn check_clone(form: CloneForm) -> Result<Checked, AppError> {
    let backend = ask()?;
    let mut sides = Vec::with_capacity(2);
    let places =
        [("source", &form.source_bucket, form.source()), ("destination", &form.destination_bucket, form.destination())];
    for (name, bucket, place) in places {
        sides.push(match place {
            _ if bucket.is_empty() => Side::Blank,
            Err(invalid) => Side::Faulty(invalid.into()),
            Ok(place) => match backend.peek(place).await {
                Ok(keys) => Side::Readable(keys),
                Err(problem) => Side::Faulty(problem.on(format!("{name}.bucket"))),
            },
        });
    }
    let destination = sides.pop().unwrap_or(Side::Blank);
    Ok(Checked { source: sides.pop().unwrap_or(Side::Blank), destination })
}

/// What the clone would do, or why it could not: while someone is typing, a fault is an answer and no error.
#[server(name = PreviewClone, prefix = "/api/fn", endpoint = "preview_clone", protocol = Read)]
pub async fn preview_clone(request: CloneRequest) -> Result<Result<ClonePreview, Problem>, AppError> {
    Ok(ask()?.preview_clone(request).await)
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
            let page = form.query().with("preview", "1").on("/clones/new");
            refuse(error.problem(), &with_problem(&page, error.problem()));
            Err(error)
        }
    }
}
