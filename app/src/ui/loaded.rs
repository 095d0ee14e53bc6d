//! The content of a page once its data is loaded, or the problem that prevented it.

use leptos::prelude::*;

use crate::{
    context,
    error::AppError,
    ui::{Fault, PageTitle},
};

/// Renders the children with the loaded data, or the problem instead.
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

/// Shows a problem in place of a page, with the problem's HTTP status.
#[component]
fn PageFault(error: AppError) -> impl IntoView {
    let problem = error.0;
    context::status(problem.status);
    view! {
        <PageTitle text=problem.title.clone() />
        <Fault problem />
    }
}
