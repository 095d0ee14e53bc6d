//! Where the job stands, in figures; each says what it is of.

use leptos::prelude::*;
use model::{Job, Phase, Point, State, Time};

use crate::{
    format::{byte_rate, bytes, count, duration, left, rate, signed},
    ui::{Elapsed, Measure, Moment, RateChart},
};

/// A name, a value, and what more is to say about it.
type Figure = (&'static str, String, String);

fn figures(job: &Job) -> Vec<Figure> {
    let progress = &job.progress;
    let dry = matches!(&job.spec, model::Spec::Clone(spec) if spec.dry_run);
    let retries =
        if progress.retries == 0 { String::new() } else { format!("{} of them again", count(progress.retries)) };
    let mut figures = vec![
        ("Phase", progress.phase.as_str().to_owned(), String::new()),
        (
            "Found",
            count(progress.found),
            if progress.found_final { bytes(progress.found_bytes) } else { "so far".to_owned() },
        ),
        (if dry { "Would copy" } else { "Copied" }, count(progress.done), bytes(progress.bytes)),
        ("Skipped", count(progress.skipped), "equal already".to_owned()),
        ("Failed", count(progress.failed), String::new()),
    ];
    if progress.compared > 0 || progress.phase == Phase::Verifying {
        figures.push(("Compared", count(progress.compared), String::new()));
    }
    if job.state == State::Running {
        figures.push(("In flight", count(progress.in_flight.into()), String::new()));
        figures.push(("Rate", rate(progress.rate), byte_rate(progress.byte_rate)));
        figures.push(("Time left", progress.left.map_or_else(|| "not known yet".to_owned(), left), String::new()));
    }
    figures.push(("Requests", count(progress.requests), retries));
    figures
}

/// `Nothing has moved since …` for a job that stalls.
fn stalled_since(job: &Job) -> Option<Time> {
    (job.state == State::Running && job.progress.stalled())
        .then(|| Time(job.updated_at.0 - signed(job.progress.idle_ms)))
}

#[component]
pub fn Figures(job: Memo<Job>, history: Memo<Vec<Point>>, now: Time) -> impl IntoView {
    let names = Memo::new(move |_| job.with(|job| figures(job).into_iter().map(|(name, ..)| name).collect::<Vec<_>>()));
    let figure = move |name: &'static str| {
        Memo::new(move |_| {
            job.with(figures).into_iter().find(|(n, ..)| *n == name).map(|(_, value, more)| (value, more))
        })
    };
    let lasted = Memo::new(move |_| job.with(|job| (job.started_at, job.ended_at, job.state)));
    let running = Memo::new(move |_| job.with(|job| job.state == State::Running));
    let interrupted = Memo::new(move |_| job.with(|job| job.attempt > 1));
    let elapsed = move || {
        let (from, to, state) = lasted.get();
        let worked = move || {
            let active_ms = job.with(|job| job.progress.active_ms);
            interrupted.get().then(|| format!("{} of work", duration(signed(active_ms))))
        };
        from.filter(|_| state != State::Queued).map(|from| {
            view! {
                <div>
                    <dt>"Elapsed"</dt>
                    <dd><Elapsed from to now /> " " <span class="more">{worked}</span></dd>
                </div>
            }
        })
    };
    let stalled = Memo::new(move |_| job.with(stalled_since));
    view! {
        {move || stalled.get().map(|since| view! {
            <p class="mark warn">"● Stalled: nothing has moved since " <Moment at=since now /></p>
        })}
        <dl class="figure-grid">
            <For each=move || names.get() key=|name| *name let(name)>
                <OneFigure name figure=figure(name) />
            </For>
            {elapsed}
        </dl>
        <div class="charts">
            <RateChart points=history running measure=Measure::Objects title="Objects a second" />
            <RateChart points=history running measure=Measure::Bytes title="Bytes a second" />
        </div>
    }
}

#[component]
fn OneFigure(name: &'static str, figure: Memo<Option<(String, String)>>) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>
                {move || figure.get().map(|(value, _)| value)}
                " "
                <span class="more">{move || figure.get().map(|(_, more)| more)}</span>
            </dd>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn an_ended_job_claims_no_rate_and_no_time_left() {
        let names = |job: &Job| figures(job).into_iter().map(|(name, ..)| name).collect::<Vec<_>>();
        assert!(names(&examples::job(1)).contains(&"Time left"));
        assert!(!names(&examples::proven(1)).contains(&"Time left"));
        assert!(!names(&examples::proven(1)).contains(&"Rate"));
    }

    #[test]
    fn a_stall_is_told_with_its_beginning() {
        let running = examples::job(1);
        assert_eq!(stalled_since(&running), None);
        let progress = model::Progress { idle_ms: 90_000, ..running.progress.clone() };
        let stalled = Job { updated_at: Time(100_000), progress, ..running };
        assert_eq!(stalled_since(&stalled), Some(Time(10_000)));
    }
}
