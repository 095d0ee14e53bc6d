//! One run: what came of it and why, its figures, and what failed with the very lines.

mod failures;
mod figures;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{Problem, ProblemCode, Run, RunId};

use crate::{
    api,
    error::AppError,
    format::{Mark, file_name},
    pages::ReprocessForm,
    ui::{Loaded, PageTitle, StateMark},
};
use failures::Failures;
use figures::Figures;

#[component]
pub fn RunPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    view! {
        <Loaded of=load(id) let:run>
            <Story run />
        </Loaded>
    }
}

async fn load(id: String) -> Result<Run, AppError> {
    let unknown = |_| AppError(Problem::new(ProblemCode::NotFound, "There is no run with this id."));
    api::run(id.parse::<RunId>().map_err(unknown)?).await
}

#[component]
fn Story(run: Run) -> impl IntoView {
    let key = run.key.as_ref().map_or_else(|| "no object".to_owned(), ToString::to_string);
    let mark = Mark::of_outcome(run.outcome);
    let again = ReprocessForm::of_run(&run).map(|form| form.query().on("/reprocesses/new"));
    let summary = run.summary.clone();
    view! {
        <PageTitle text=format!("{} {} · {}", mark.shape, mark.word, file_name(&key)) />
        <header class="job-head">
            <p class="kind">"run"</p>
            <h1 class="long">{file_name(&key).to_owned()}</h1>
            <p class="job-state"><StateMark mark /></p>
            {again.map(|again| view! { <p class="actions"><a class="button" href=again>"Reprocess this object"</a></p> })}
        </header>
        <p>{run.reason.clone()}</p>
        <Figures run />
        {summary.map(|summary| view! { <Failures summary /> })}
    }
}
