//! One alert: what a message to a receiver links to.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{Alert, AlertId, Problem, ProblemCode};

use crate::{
    api, context,
    error::{AppError, problem_in},
    format::{Mark, alert_words},
    ui::{AlertCards, Fault, Follow, Followed, Loaded, PageTitle},
};

#[component]
pub fn AlertPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let query = context::page_query();
    view! {
        <Follow jobs=Followed::Runs />
        {problem_in(&query).map(|problem| view! { <Fault problem /> })}
        <Loaded of=load(id) let:alert>
            <Story alert />
        </Loaded>
    }
}

async fn load(id: String) -> Result<Alert, AppError> {
    let unknown = |_| AppError(Problem::new(ProblemCode::NotFound, "There is no alert with this id."));
    api::alert(id.parse::<AlertId>().map_err(unknown)?).await
}

#[component]
fn Story(alert: Alert) -> impl IntoView {
    let mark = Mark::of_alert(alert.state);
    let title = alert_words(alert.kind);
    let back = context::scope().on(&format!("/alerts/{}", alert.id));
    view! {
        <PageTitle text=format!("{} {} · {title}", mark.shape, mark.word) />
        <h1>{title}</h1>
        <AlertCards alerts=vec![alert] now=context::now() back />
        <p><a href=context::scope().on("/alerts")>"All alerts"</a></p>
    }
}
