//! The page of a schedule: what it repeats, when, and the history of its firings.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{FiringId, FiringList, Problem, ProblemCode, Schedule, ScheduleId, Spec, Time};

use super::{
    firings::Firings,
    row::{Actions, Next, When},
    waiting::ConfirmPlan,
};
use crate::{
    api, context,
    error::{AppError, problem_in},
    format::doing,
    query::Query,
    ui::{AlertCards, Fault, Follow, Followed, Loaded, Moment, PageTitle},
};

#[component]
pub fn SchedulePage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let query = context::page_query();
    view! {
        <Follow jobs=Followed::All />
        {refusal(&query).map(|problem| view! { <Fault problem /> })}
        <Loaded of=load(id, query.clone()) let:list>
            <Story list query />
        </Loaded>
    }
}

/// A refused confirmation, worded for schedules. A mistyped name is shown at its field.
fn refusal(query: &Query) -> Option<Problem> {
    let problem = problem_in(query)?;
    match problem.code {
        ProblemCode::Invalid => None,
        ProblemCode::Conflict => Some(Problem::new(
            problem.code,
            "The plan no longer waits for a confirmation, or another one does. Nothing was started.",
        )),
        _ => Some(problem),
    }
}

/// The id in a page's path.
pub fn known_id(id: &str) -> Result<ScheduleId, AppError> {
    id.parse().map_err(|_| AppError(Problem::new(ProblemCode::NotFound, "There is no schedule with this id.")))
}

async fn load(id: String, query: Query) -> Result<FiringList, AppError> {
    let after = query.get("after").map(str::parse::<FiringId>).transpose()?;
    api::list_firings(known_id(&id)?, after).await
}

#[component]
fn Story(list: FiringList, query: Query) -> impl IntoView {
    let FiringList { now, schedule, page, alerts } = list;
    let back = format!("/schedules/{}", schedule.id);
    let (id, first) = (schedule.id, query.get("after").is_none());
    let name = schedule.name.to_string();
    let waiting = page.items.iter().find_map(|(record, _)| record.waits.clone());
    let mistyped = problem_in(&query).is_some_and(|problem| problem.code == ProblemCode::Invalid);
    // Of this revision: a link that was kept says nothing of a later edit.
    let edited = query.get("edited") == Some(schedule.revision.to_string().as_str());
    let edited = edited.then_some("The changes are saved.");
    view! {
        <PageTitle text=format!("{name} · Schedules") />
        <h1>"Schedule " {name}</h1>
        {edited.map(|text| view! { <p class="said" role="status">{text}</p> })}
        <AlertCards alerts now back />
        <Facts schedule=schedule.clone() now />
        <Actions schedule=schedule.clone() />
        {waiting.map(|waiting| view! { <ConfirmPlan schedule waiting mistyped now /> })}
        <Firings schedule=id page first now />
        <p><a href="/schedules">"All schedules"</a></p>
    }
}

#[component]
fn Facts(schedule: Schedule, now: Time) -> impl IntoView {
    let spec = Spec::Clone(schedule.clone.clone());
    let jobs = Query::default().with("author", &schedule.author_of_jobs()).on("/jobs");
    let edited = schedule.edited_by.clone().zip(schedule.edited_at);
    view! {
        <dl class="facts">
            <dt>"Operation"</dt>
            <dd>{doing(&spec)} " " {spec.title()}</dd>
            {schedule.consent.clone().map(|consent| view! {
                <dt>"Standing consent"</dt>
                <dd>"delete " {consent.limits.words()} ", by " {consent.by} " at " <Moment at=consent.at now /></dd>
            })}
            <dt>"When"</dt>
            <dd><When timing=schedule.timing.clone() /></dd>
            <dt>"Next"</dt>
            <dd><Next schedule=schedule.clone() now /></dd>
            <dt>"Created"</dt>
            <dd>"by " {schedule.author.clone()} " at " <Moment at=schedule.created_at now /></dd>
            {edited.map(|(by, at)| view! {
                <dt>"Edited"</dt>
                <dd>"by " {by} " at " <Moment at now /></dd>
            })}
            <dt>"Jobs"</dt>
            <dd><a href=jobs>"Jobs of this schedule"</a></dd>
        </dl>
    }
}
