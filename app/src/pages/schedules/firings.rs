//! The firings of a schedule, newest first, in pages: when each was due, what became of it, and of its job.

use leptos::prelude::*;
use model::{Fired, Firing, FiringRecord, Job, JobId, NEEDS_CONFIRMATION, Page, ScheduleId, Task, Time};

use crate::{
    format::{Mark, counted},
    query::Query,
    ui::{Moment, StateMark},
};

/// The mark of a scheduled time whose job was refused.
pub const REFUSED: Mark = Mark { shape: "✖", word: "refused", tone: "bad" };
const SKIPPED: Mark = Mark { shape: "‖", word: "skipped", tone: "warn" };
/// The mark of a mirror whose plan can be confirmed.
pub const WAITS: Mark = Mark { shape: "?", word: "waits for a confirmation", tone: "warn" };
/// The mark of a mirror whose plan nobody confirmed in time, or that a later job followed.
const UNCONFIRMED: Mark = Mark { shape: "✖", word: "not confirmed", tone: "bad" };
/// The mark of a job of which nothing is known any more.
const DELETED: Mark = Mark { shape: "?", word: "job deleted", tone: "idle" };

#[component]
pub fn Firings(
    schedule: ScheduleId,
    page: Page<(FiringRecord, Option<Job>)>,
    /// Whether this is the first page.
    first: bool,
    now: Time,
) -> impl IntoView {
    let path = format!("/schedules/{schedule}");
    let next = page.next.map(|next| Query::default().with("after", &next).on(&path) + "#history");
    let none = page.items.is_empty();
    let newest = path + "#history";
    view! {
        <section aria-labelledby="history" data-key="history">
            <h2 id="history">"History"</h2>
            {none.then(|| view! { <p class="empty">"No firings recorded."</p> })}
            {(!none).then(|| view! {
                <table class="rows schedules">
                    <caption class="visually-hidden">"Firings of the schedule, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Due"</th>
                            <th scope="col">"Result"</th>
                            <th scope="col">"Job"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {page.items.into_iter().map(|(record, job)| view! { <One record job now /> }).collect_view()}
                    </tbody>
                </table>
            })}
            <nav class="pages" aria-label="Pages of the history">
                {(!first).then(|| view! { <a class="button" href=newest>"Newest"</a> })}
                {next.map(|next| view! { <a class="button" rel="next" href=next>"Older"</a> })}
            </nav>
        </section>
    }
}

#[component]
fn One(record: FiringRecord, job: Option<Job>, now: Time) -> impl IntoView {
    let FiringRecord { id, fired, state: _, error, waits } = record;
    let unconfirmed = error.as_ref().is_some_and(|error| error.code == NEEDS_CONFIRMATION);
    let mark = match (&fired.firing, &job) {
        (Firing::Started { .. }, Some(_)) if waits.is_some() => WAITS,
        (Firing::Started { .. }, Some(_)) if unconfirmed => UNCONFIRMED,
        (Firing::Started { .. }, Some(job)) => Mark::of(job),
        (Firing::Started { .. }, None) => DELETED,
        (Firing::Skipped { .. }, _) => SKIPPED,
        (Firing::Refused { .. }, _) => REFUSED,
    };
    let late = fired.at.since(fired.due) >= 60_000;
    let link = job.map(|job| {
        let path = format!("/jobs/{}", job.id);
        view! { <p><a href=path>"job " {job.id.short()}</a></p> }
    });
    view! {
        <tr data-key=id.to_string()>
            <th scope="row" data-label="Due" class="when">
                <Moment at=fired.due now />
                {late.then(|| view! { <p class="more">"handled at " <Moment at=fired.at now /></p> })}
            </th>
            <td data-label="Result" class="outcome">
                <p><StateMark mark /></p>
                <p class="more">{said(&fired)} {missed(&fired)}</p>
            </td>
            <td data-label="Job" class="outcome">
                {link}
                {error.map(|error| view! { <p class="more">{error.message}</p> })}
            </td>
        </tr>
    }
}

/// The result of a firing: `started`, `started by ada`, `skipped (job 0a1b2c3d had not ended)`.
pub fn said(fired: &Fired) -> String {
    let what = if fired.task == Task::Verify { "verify " } else { "" };
    match &fired.firing {
        Firing::Started { .. } => match &fired.by {
            Some(name) => format!("{what}started by {name}"),
            None => format!("{what}started"),
        },
        Firing::Skipped { job } => format!("{what}skipped (job {} had not ended)", JobId::short(*job)),
        Firing::Refused { reason } => format!("{what}refused ({reason})"),
    }
}

pub fn missed(fired: &Fired) -> Option<String> {
    let or_more = if fired.missed == Fired::MOST_MISSED { " or more" } else { "" };
    (fired.missed > 0).then(|| {
        let times = counted(u64::from(fired.missed), "time");
        format!(", {times}{or_more} missed before it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(firing: Firing, missed: u32) -> Fired {
        Fired { due: Time(0), at: Time(1), task: Task::Clone, missed, by: None, firing }
    }

    #[test]
    fn result_names_job_or_reason() {
        let job: JobId = "0198c0de-0000-7000-8000-00000a1b2c3d".parse().unwrap();
        assert_eq!(said(&fired(Firing::Started { job }, 0)), "started");
        let by_hand = Fired { by: Some("ada".to_owned()), ..fired(Firing::Started { job }, 0) };
        assert_eq!(said(&by_hand), "started by ada");
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
}
