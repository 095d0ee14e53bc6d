//! What a page loads, or why it could not be loaded.

use leptos::{either::Either, prelude::*};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    context,
    error::AppError,
    ui::{Fault, PageTitle},
};

/// Shows the children with what was loaded. While it is loaded anew the old stays; a problem takes their place.
#[component]
pub fn Loaded<T, F, V>(of: Resource<Result<T, AppError>>, children: F) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Fn(T) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let loaded = move || {
        let children = children.clone();
        Suspend::new(async move {
            match of.await {
                Ok(data) => Either::Left(children(data)),
                Err(error) => Either::Right(view! { <PageFault error /> }),
            }
        })
    };
    view! { <Transition>{loaded}</Transition> }
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
