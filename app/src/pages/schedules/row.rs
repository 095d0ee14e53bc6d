//! One row of the list of schedules.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Firing, Job, Schedule, ScheduleAction, Spec, Task, Time, Timing, Waiting};

use super::firings::{REFUSED, WAITS, missed, said};
use crate::{
    api::ActOnSchedule,
    format::{Mark, doing, duration, recurrence},
    query::Query,
    ui::{Moment, StateMark},
};

#[component]
pub fn Row(schedule: Schedule, job: Option<Job>, now: Time) -> impl IntoView {
    let spec = Spec::Clone(schedule.clone.clone());
    let jobs = Query::default().with("author", &schedule.author_of_jobs()).on("/jobs");
    let (id, name) = (schedule.id.to_string(), schedule.name.to_string());
    view! {
        <tr data-key=id>
            <th scope="row" data-label="Schedule">
                <a href=jobs data-row="" title="Jobs of this schedule">{name}</a>
                <p class="more">{doing(&spec)} " " {spec.title()}</p>
                <p class="more">"by " {schedule.author.clone()} " · " <a href=format!("/schedules/{}", schedule.id)>"History"</a></p>
            </th>
            <td data-label="When">
                <When timing=schedule.timing.clone() />
            </td>
            <td data-label="Next">
                <Next schedule=schedule.clone() now />
            </td>
            <td data-label="Last" class="outcome">
                <Last schedule=schedule.clone() job now />
            </td>
            <td data-label="Actions">
                <Actions schedule />
            </td>
        </tr>
    }
}

#[component]
pub fn When(timing: Timing) -> impl IntoView {
    let Timing { cron, verify_cron, zone } = timing;
    view! {
        <p>{recurrence(&cron)} " " <code>{cron}</code></p>
        {verify_cron.map(|cron| view! { <p>"verify " {recurrence(&cron)} " " <code>{cron}</code></p> })}
        <p class="more">{zone}</p>
    }
}

#[component]
pub fn Next(schedule: Schedule, now: Time) -> impl IntoView {
    if !schedule.enabled {
        return view! { <span class="mark warn"><span aria-hidden="true">"‖"</span> " paused"</span> }.into_any();
    }
    let next = |task: Task| {
        schedule.next_of(task).map(|at| {
            let verify = (task == Task::Verify).then_some("verify ");
            view! { <p>{verify} <Moment at now /> <span class="more">" " {until(at, now)}</span></p> }
        })
    };
    match Task::ALL.map(next) {
        [None, None] => view! { "none" }.into_any(),
        both => both.into_any(),
    }
}

/// `in 3 h 2 min`, or `due` once the time has come.
fn until(at: Time, now: Time) -> String {
    let ms = at.since(now);
    if ms <= 0 { "due".to_owned() } else { format!("in {}", duration(ms)) }
}

#[component]
fn Last(schedule: Schedule, job: Option<Job>, now: Time) -> impl IntoView {
    let waits = job.as_ref().filter(|job| Waiting::of(&schedule, job, now).is_some()).map(|_| {
        view! { <p><StateMark mark=WAITS /> " " <a href=format!("/schedules/{}", schedule.id)>"Look at its plan"</a></p> }
    });
    let last = schedule.last;
    let job = job.map(|job| {
        let path = format!("/jobs/{}", job.id);
        view! { <p><StateMark mark=Mark::of(&job) /> " " <a href=path>"job " {job.id.short()}</a></p> }
    });
    let never = (last.is_none() && job.is_none()).then_some("never run");
    let refused = last.as_ref().is_some_and(|fired| matches!(fired.firing, Firing::Refused { .. }));
    view! {
        {never}
        {refused.then(|| view! { <p><StateMark mark=REFUSED /></p> })}
        {waits}
        {job}
        {last.map(|fired| {
            view! { <p class="more">{said(&fired)} " at " <Moment at=fired.at now /> {missed(&fired)}</p> }
        })}
    }
}

#[component]
pub fn Actions(schedule: Schedule) -> impl IntoView {
    let name = schedule.name.to_string();
    let button = |action: ScheduleAction, label: &'static str| {
        view! {
            <button type="submit" name="action" value=action.as_str() data-key=action.as_str()>
                {label}
                <span class="visually-hidden">" " {name.clone()}</span>
            </button>
        }
    };
    let hold = if schedule.enabled {
        button(ScheduleAction::Pause, "Pause")
    } else {
        button(ScheduleAction::Resume, "Resume")
    };
    view! {
        <form method="post" action=ActOnSchedule::PATH class="actions">
            <input type="hidden" name="id" value=schedule.id.to_string() />
            {hold}
            {button(ScheduleAction::Run, "Run now")}
            <a class="button" href=format!("/schedules/{}/edit", schedule.id) data-key="edit">
                "Edit"
                <span class="visually-hidden">" " {name.clone()}</span>
            </a>
            <a class="button" href=format!("/schedules?delete={}", schedule.id) data-key="delete">
                "Delete"
                <span class="visually-hidden">" " {name.clone()}</span>
            </a>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_time_says_how_soon() {
        assert_eq!(until(Time(7_380_000), Time(0)), "in 2 h 3 min");
        assert_eq!(until(Time(0), Time(5)), "due");
    }
}
