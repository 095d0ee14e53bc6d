//! The page of an alert with its deliveries, which notifications link to.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{Alert, AlertId, Notice, Problem, ProblemCode};

use super::receivers::Deliveries;
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
        <Loaded of=load(id) let:loaded>
            <Story alert=loaded.0 notices=loaded.1 />
        </Loaded>
    }
}

async fn load(id: String) -> Result<(Alert, Vec<Notice>), AppError> {
    let unknown = |_| AppError(Problem::new(ProblemCode::NotFound, "There is no alert with this id."));
    let id = id.parse::<AlertId>().map_err(unknown)?;
    Ok((api::get_alert(id).await?, api::list_deliveries(id).await?))
}

#[component]
fn Story(alert: Alert, notices: Vec<Notice>) -> impl IntoView {
    let mark = Mark::of_alert(alert.state);
    let title = alert_words(alert.kind);
    let now = context::now();
    let back = context::scope().on(&format!("/alerts/{}", alert.id));
    view! {
        <PageTitle text=format!("{} {} · {title}", mark.shape, mark.word) />
        <h1>{title}</h1>
        <AlertCards alerts=vec![alert] now back />
        <Deliveries notices now />
        <p><a href=context::scope().on("/alerts")>"All alerts"</a></p>
    }
}
