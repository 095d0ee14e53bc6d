//! The figures of a job's progress, and its charts.

use leptos::prelude::*;
use model::{Job, Mode, Phase, Point, Spec, State, Time};

use crate::{
    format::{byte_rate, bytes, count, duration, left, limit_words, rate, signed},
    ui::{Elapsed, Measure, Moment, RateChart},
};

/// A name, a value, and a remark.
type Figure = (&'static str, String, String);

/// The figures of a backfill, which counts events and runs instead of objects.
fn backfill_figures(job: &Job) -> Vec<Figure> {
    let progress = &job.progress;
    let events = progress.lines.map_or(0, |lines| lines.encountered);
    vec![
        ("Phase", progress.phase.as_str().to_owned(), String::new()),
        ("Events", count(events), "read".to_owned()),
        ("Runs", count(progress.done), "created or updated".to_owned()),
        ("Requests", count(progress.requests), String::new()),
    ]
}

fn figures(job: &Job) -> Vec<Figure> {
    let progress = &job.progress;
    let clone = match &job.spec {
        Spec::Clone(spec) => Some(spec),
        Spec::Reprocess(_) => None,
        Spec::Backfill(_) => return backfill_figures(job),
    };
    let retries = if progress.retries == 0 { String::new() } else { format!("{} retried", count(progress.retries)) };
    let mut figures = vec![
        ("Phase", progress.phase.as_str().to_owned(), String::new()),
        (
            "Found",
            count(progress.found),
            if progress.found_final { bytes(progress.found_bytes) } else { "so far".to_owned() },
        ),
    ];
    if let Some(spec) = clone.filter(|spec| spec.mode != Mode::Verify) {
        let copied = if spec.dry_run { "Would copy" } else { "Copied" };
        figures.push((copied, count(progress.done), bytes(progress.bytes)));
        figures.push(("Skipped", count(progress.skipped), "already there".to_owned()));
    }
    if let Some(lines) = progress.lines.filter(|_| clone.is_none()) {
        let parsed = format!("{} parsed", count(lines.parsed));
        figures.push(("Lines", count(lines.encountered), parsed));
    }
    if clone.is_none() {
        figures.push(("Shipped", count(progress.done), bytes(progress.bytes)));
        figures.push(("Skipped", count(progress.skipped), "delivered by an earlier run".to_owned()));
    }
    if clone.is_some_and(|spec| spec.mode == Mode::Mirror && !spec.dry_run) {
        figures.push(("Deleted", count(progress.deleted), "at the destination".to_owned()));
    }
    figures.push(("Failed", count(progress.failed), String::new()));
    if progress.compared > 0 || progress.phase == Phase::Verifying {
        figures.push(("Compared", count(progress.compared), String::new()));
    }
    if job.state == State::Running {
        let at_most = match progress.concurrency {
            0 => String::new(),
            most => format!("of {}, adaptive", count(most.into())),
        };
        figures.push(("In flight", count(progress.in_flight.into()), at_most));
        figures.push(("Rate", rate(progress.rate), byte_rate(progress.byte_rate)));
        figures.push(("Time left", progress.left.map_or_else(|| "unknown".to_owned(), left), String::new()));
    }
    figures.push(("Requests", count(progress.requests), retries));
    if progress.refused > 0 {
        figures.push(("Throttled", count(progress.refused), "responses of the store".to_owned()));
    }
    figures
}

/// Since when a running job has made no progress; `None` unless it has stalled.
fn stalled_since(job: &Job) -> Option<Time> {
    (job.state == State::Running && job.progress.stalled())
        .then(|| Time(job.updated_at.0 - signed(job.progress.idle_ms)))
}

/// What limits the speed of a running job, in a sentence.
fn limited_by(job: &Job) -> Option<String> {
    let running = job.state == State::Running && matches!(job.progress.phase, Phase::Copying | Phase::Verifying);
    let limit = job.progress.limit.filter(|_| running && !job.progress.stalled())?;
    Some(format!("Limited by {}.", limit_words(limit)))
}

/// Points of the charts: the history and, while objects are copied, the current figures.
fn points(mut history: Vec<Point>, job: &Job) -> Vec<Point> {
    let progress = &job.progress;
    let newest = history.last().is_none_or(|last| last.active_ms < progress.active_ms);
    if newest && matches!(progress.phase, Phase::Copying | Phase::Shipping) {
        history.push(progress.point());
    }
    history
}

#[component]
pub fn Figures(job: Job, history: Vec<Point>, now: Time) -> impl IntoView {
    let running = job.state == State::Running;
    let history = points(history, &job);
    let slowed = job.progress.refused > 0;
    let copies = matches!(job.spec, Spec::Clone(_));
    let stalled = stalled_since(&job).map(|since| {
        view! { <p class="mark warn">"● Stalled: no progress since " <Moment at=since now /></p> }
    });
    let figure = |(name, value, more): Figure| {
        view! {
            <div data-key=name>
                <dt>{name}</dt>
                <dd>{value} " " <span class="more">{more}</span></dd>
            </div>
        }
    };
    view! {
        {stalled}
        {limited_by(&job).map(|limit| view! { <p class="limit" data-key="limit">{limit}</p> })}
        <dl class="figure-grid">
            {figures(&job).into_iter().map(figure).collect_view()}
            <Lasted job now />
        </dl>
        <div class="charts">
            <RateChart points=history.clone() running measure=Measure::Objects title="Objects per second" />
            <RateChart points=history.clone() running measure=Measure::Bytes title="Bytes per second" />
            {copies.then(|| view! {
                <RateChart points=history.clone() running measure=Measure::Concurrency title="Concurrency" />
            })}
            {slowed.then(|| view! {
                <RateChart points=history running measure=Measure::Refused title="Throttled requests per second" />
            })}
        </div>
    }
}

/// Elapsed time, and active time if the job was interrupted.
#[component]
fn Lasted(job: Job, now: Time) -> impl IntoView {
    let worked = (job.attempt > 1).then(|| format!("{} active", duration(signed(job.progress.active_ms))));
    job.started_at.filter(|_| job.state != State::Queued).map(|from| {
        view! {
            <div data-key="Elapsed">
                <dt>"Elapsed"</dt>
                <dd><Elapsed from to=job.ended_at now /> " " <span class="more">{worked}</span></dd>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn ended_job_shows_no_rate_or_time_left() {
        let names = |job: &Job| figures(job).into_iter().map(|(name, ..)| name).collect::<Vec<_>>();
        assert!(names(&examples::job(1)).contains(&"Time left"));
        assert!(!names(&examples::proven(1)).contains(&"Time left"));
        assert!(!names(&examples::proven(1)).contains(&"Rate"));
    }

    #[test]
    fn stall_shows_its_start() {
        let running = examples::job(1);
        assert_eq!(stalled_since(&running), None);
        let progress = model::Progress { idle_ms: 90_000, ..running.progress.clone() };
        let stalled = Job { updated_at: Time(100_000), progress, ..running };
        assert_eq!(stalled_since(&stalled), Some(Time(10_000)));
    }

    #[test]
    fn chart_ends_at_current_figures() {
        let copying = examples::job(1);
        let before = Point { active_ms: 5_000, settled: 4_000, bytes: 1, ..Point::default() };
        let drawn = points(vec![before], &copying);
        assert_eq!((drawn[0], drawn[1].active_ms, drawn[1].settled), (before, 5_800, 4_812));
        let known = Point { active_ms: 5_800, ..before };
        assert_eq!(points(vec![known], &copying), [known], "no point twice");
        assert_eq!(points(vec![before], &examples::proven(1)), [before], "no point after copying");
    }
}
