//! What a page loads, or why it could not be loaded.

use std::{pin::Pin, sync::Arc};

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    context,
    error::AppError,
    ui::{Fault, PageTitle},
};

type Pending = Pin<Box<dyn Future<Output = AnyView> + Send>>;

/// Shows the children with what was loaded. While it is loaded anew the old stays; a problem takes their place.
#[component]
pub fn Loaded<T, F, V>(of: Resource<Result<T, AppError>>, children: F) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Fn(T) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    boundary(Arc::new(move || {
        let children = children.clone();
        Box::pin(async move {
            match of.await {
                Ok(data) => children(data).into_any(),
                Err(error) => view! { <PageFault error /> }.into_any(),
            }
        })
    }))
}

/// The same code for every page, so that a browser downloads it once.
fn boundary(pending: Arc<dyn Fn() -> Pending + Send + Sync>) -> AnyView {
    view! { <Transition>{move || Suspend::new(pending())}</Transition> }.into_any()
}

/// A page that could not be made: its status is the problem's.
#[component]
fn PageFault(error: AppError) -> impl IntoView {
    let problem = error.0;
    context::status(problem.status);
    view! {
        <PageTitle text=problem.title.clone() />
        <Fault problem />
    }
}
