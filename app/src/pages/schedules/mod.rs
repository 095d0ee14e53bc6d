//! The list of schedules: what each repeats, its next times, and its last job.

mod edit;
mod fields;
mod firings;
mod form;
mod known;
mod new;
mod one;
mod row;
mod waiting;

use leptos::{either::Either, prelude::*, server_fn::ServerFn};
use model::{Problem, ProblemCode, Schedule, ScheduleAction, ScheduleId, ScheduleList};

pub use edit::EditSchedulePage;
pub use new::NewSchedulePage;
pub use one::SchedulePage;

use crate::{
    api::{self, ActOnSchedule},
    context,
    error::problem_in,
    query::Query,
    ui::{Fault, Follow, Followed, Loaded, PageTitle},
};
use row::Row;

#[component]
pub fn SchedulesPage() -> impl IntoView {
    let query = context::page_query();
    view! {
        <PageTitle text="Schedules" />
        <Follow jobs=Followed::All />
        <div class="list-head">
            <h1>"Schedules"</h1>
            <a class="button" href="/schedules/new">"New schedule"</a>
        </div>
        {refusal(&query).map(|problem| view! { <Fault problem /> })}
        <Loaded of=api::list_schedules() let:list>
            <List list query />
        </Loaded>
    }
}

/// A refused action, worded for schedules.
fn refusal(query: &Query) -> Option<Problem> {
    let problem = problem_in(query)?;
    let detail = match problem.code {
        ProblemCode::Conflict => "The schedule's last job has not ended, so no other job was started.",
        ProblemCode::Invalid => "Its clone is not valid now: a store or bucket is missing. Nothing was started.",
        _ => return Some(problem),
    };
    Some(Problem::new(problem.code, detail))
}

#[component]
fn List(list: ScheduleList, query: Query) -> impl IntoView {
    let ScheduleList { now, items } = list;
    let named = |name: &str| -> Option<Schedule> {
        let id: ScheduleId = query.get(name)?.parse().ok()?;
        items.iter().find(|(schedule, _)| schedule.id == id).map(|(schedule, _)| schedule.clone())
    };
    let made = named("made").map(|schedule| format!("{} is scheduled.", schedule.name));
    let deleting = named("delete");
    view! {
        {made.map(|text| view! { <p class="said" role="status">{text}</p> })}
        {deleting.map(|schedule| view! { <ConfirmDelete schedule /> })}
        {if items.is_empty() {
            Either::Left(view! {
                <p class="empty">
                    "No schedules yet. You can also schedule a clone from the page of its job."
                </p>
            })
        } else {
            Either::Right(view! {
                <table class="rows schedules">
                    <caption class="visually-hidden">"Schedules, by name"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Schedule"</th>
                            <th scope="col">"When"</th>
                            <th scope="col">"Next"</th>
                            <th scope="col">"Last"</th>
                            <th scope="col">"Actions"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {items.into_iter().map(|(schedule, job)| view! { <Row schedule job now /> }).collect_view()}
                    </tbody>
                </table>
            })
        }}
    }
}

/// Asks for confirmation before deleting, and says what stays.
#[component]
fn ConfirmDelete(schedule: Schedule) -> impl IntoView {
    view! {
        <section class="confirm-box" aria-labelledby="confirm" data-key="confirm">
            <h2 id="confirm">"Delete the schedule " {schedule.name.to_string()} "?"</h2>
            <p>"It will start no more jobs. Its existing jobs stay, and a running job continues."</p>
            <form method="post" action=ActOnSchedule::PATH class="actions">
                <input type="hidden" name="id" value=schedule.id.to_string() />
                <button class="danger" name="action" value=ScheduleAction::Delete.as_str()>
                    "Delete schedule"
                </button>
                <a class="button" href="/schedules">"Keep schedule"</a>
            </form>
        </section>
    }
}
