//! What a page loads, or why it could not be loaded.

use leptos::prelude::*;

use crate::{
    context,
    error::AppError,
    ui::{Fault, PageTitle},
};

/// Renders the children with what was loaded; a problem takes their place.
#[component]
pub fn Loaded<T, Of, F, V>(of: Of, children: F) -> impl IntoView
where
    T: 'static,
    Of: Future<Output = Result<T, AppError>> + Send + 'static,
    F: FnOnce(T) -> V + Send + 'static,
    V: IntoView + 'static,
{
    Suspend::new(async move {
        match of.await {
            Ok(data) => children(data).into_any(),
            Err(error) => view! { <PageFault error /> }.into_any(),
        }
    })
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
