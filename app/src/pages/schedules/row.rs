//! One row of the list of schedules.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Fired, Firing, Job, JobId, Schedule, ScheduleAction, Spec, Task, Time, Timing};

use crate::{
    api::ActOnSchedule,
    format::{Mark, counted, doing, duration, recurrence},
    query::Query,
    ui::{Moment, StateMark},
};

/// The mark of a scheduled time whose job was refused.
const REFUSED: Mark = Mark { shape: "✖", word: "refused", tone: "bad" };

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
                <p class="more">"by " {schedule.author.clone()}</p>
            </th>
            <td data-label="When">
                <When timing=schedule.timing.clone() />
            </td>
            <td data-label="Next">
                <Next schedule=schedule.clone() now />
            </td>
            <td data-label="Last" class="outcome">
                <Last last=schedule.last.clone() job now />
            </td>
            <td data-label="Actions">
                <Actions schedule />
            </td>
        </tr>
    }
}

#[component]
fn When(timing: Timing) -> impl IntoView {
    let Timing { cron, verify_cron, zone } = timing;
    view! {
        <p>{recurrence(&cron)} " " <code>{cron}</code></p>
        {verify_cron.map(|cron| view! { <p>"verify " {recurrence(&cron)} " " <code>{cron}</code></p> })}
        <p class="more">{zone}</p>
    }
}

#[component]
fn Next(schedule: Schedule, now: Time) -> impl IntoView {
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
fn Last(last: Option<Fired>, job: Option<Job>, now: Time) -> impl IntoView {
    let job = job.map(|job| {
        let path = format!("/jobs/{}", job.id);
        view! { <p><StateMark mark=Mark::of(&job) /> " " <a href=path>"job " {job.id.short()}</a></p> }
    });
    let never = (last.is_none() && job.is_none()).then_some("never run");
    let refused = last.as_ref().is_some_and(|fired| matches!(fired.firing, Firing::Refused { .. }));
    view! {
        {never}
        {refused.then(|| view! { <p><StateMark mark=REFUSED /></p> })}
        {job}
        {last.map(|fired| {
            view! { <p class="more">{said(&fired)} " at " <Moment at=fired.at now /> {missed(&fired)}</p> }
        })}
    }
}

/// The result of a scheduled time: `started`, `skipped (job 0a1b2c3d had not ended)`.
fn said(fired: &Fired) -> String {
    let what = if fired.task == Task::Verify { "verify " } else { "" };
    match &fired.firing {
        Firing::Started { .. } => format!("{what}started"),
        Firing::Skipped { job } => format!("{what}skipped (job {} had not ended)", JobId::short(*job)),
        Firing::Refused { reason } => format!("{what}refused ({reason})"),
    }
}

fn missed(fired: &Fired) -> Option<String> {
    let or_more = if fired.missed == Fired::MOST_MISSED { " or more" } else { "" };
    (fired.missed > 0).then(|| {
        let times = counted(u64::from(fired.missed), "time");
        format!(", {times}{or_more} missed before it")
    })
}

#[component]
fn Actions(schedule: Schedule) -> impl IntoView {
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

    fn fired(firing: Firing, missed: u32) -> Fired {
        Fired { due: Time(0), at: Time(1), task: Task::Clone, missed, firing }
    }

    #[test]
    fn result_names_job_or_reason() {
        let job: JobId = "0198c0de-0000-7000-8000-00000a1b2c3d".parse().unwrap();
        assert_eq!(said(&fired(Firing::Started { job }, 0)), "started");
        assert_eq!(said(&fired(Firing::Skipped { job }, 0)), "skipped (job 0a1b2c3d had not ended)");
        let verify = Fired { task: Task::Verify, ..fired(Firing::Refused { reason: "no store".into() }, 0) };
        assert_eq!(said(&verify), "verify refused (no store)");
    }

    #[test]
    fn missed_times_are_counted_up_to_a_limit() {
        let missed = |number| missed(&fired(Firing::Refused { reason: String::new() }, number));
        assert_eq!(missed(0), None);
        assert_eq!(missed(1).as_deref(), Some(", 1 time missed before it"));
        assert_eq!(missed(100).as_deref(), Some(", 100 times or more missed before it"));
    }

    #[test]
    fn next_time_says_how_soon() {
        assert_eq!(until(Time(7_380_000), Time(0)), "in 2 h 3 min");
        assert_eq!(until(Time(0), Time(5)), "due");
    }
}
