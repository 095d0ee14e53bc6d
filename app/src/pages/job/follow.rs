//! Keeps a job's page up to date: its figures from the stream, its failures and events by asking again when they may
//! have changed.

use leptos::prelude::*;
use model::{Job, JobView, Phase, Point, State, Stop};

use crate::{api, live::Live, ui::appended};

/// What the parts of the page look at.
#[derive(Clone, Copy)]
pub struct Followed {
    /// As loaded last: failures and events.
    pub view: Signal<JobView>,
    /// The newest known form of the job.
    pub job: Memo<Job>,
    /// As loaded, and on from there by what the stream tells.
    pub history: Memo<Vec<Point>>,
}

/// What failures and events hang on: while it stays, they are as loaded.
type Marks = (State, Option<Stop>, i64, u64);

fn marks(job: &Job) -> Marks {
    (job.state, job.stopping, job.attempt, job.progress.failed)
}

impl From<JobView> for Followed {
    fn from(loaded: JobView) -> Self {
        let live = Live::here();
        let view = RwSignal::new(loaded);
        let job = live.row(view.with_untracked(|view| view.job.clone()), Signal::derive(move || vec![view.get().job]));
        let history = Memo::new(move |before: Option<&Vec<Point>>| {
            let drawn = view.with(|view| longer(before, &view.history));
            job.with(|job| if job.progress.phase == Phase::Copying { appended(&drawn, point(job)) } else { drawn })
        });
        reload_when_changed(view, job, live);
        Self { view: view.into(), job, history }
    }
}

fn point(job: &Job) -> Point {
    Point { active_ms: job.progress.active_ms, settled: job.progress.settled(), bytes: job.progress.bytes }
}

/// What was drawn goes on unless the server knows more; a job that started anew begins a new line.
fn longer(drawn: Option<&Vec<Point>>, loaded: &[Point]) -> Vec<Point> {
    let end = |points: &[Point]| points.last().map(|point| point.active_ms);
    match drawn {
        Some(drawn) if end(drawn) > end(loaded) => drawn.clone(),
        _ => loaded.to_vec(),
    }
}

/// Asks again once for every change, one request at a time; a request that fails is not repeated until the next change.
fn reload_when_changed(view: RwSignal<JobView>, job: Memo<Job>, live: Live) {
    let id = view.with_untracked(|view| view.job.id);
    let load = Action::new_local(move |(): &()| async move {
        if let Ok(loaded) = api::job(id).await {
            view.try_set(loaded);
        }
    });
    let wanted = Memo::new(move |_| (live.stale().get(), job.with(marks)));
    let loaded = (live.stale().get_untracked(), view.with_untracked(|view| marks(&view.job)));
    Effect::new(move |asked: Option<(u32, Marks)>| {
        let (wanted, busy) = (wanted.get(), load.pending().get());
        let asked = asked.unwrap_or(loaded);
        if busy || asked == wanted {
            return asked;
        }
        load.dispatch(());
        wanted
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn events_are_asked_for_again_only_when_they_may_have_changed() {
        let job = examples::job(1);
        let further =
            Job { revision: 99, progress: model::Progress { done: 7_000, ..job.progress.clone() }, ..job.clone() };
        assert_eq!(marks(&job), marks(&further));
        assert_ne!(marks(&job), marks(&Job { stopping: Some(Stop::Pause), ..job.clone() }));
        assert_ne!(marks(&job), marks(&examples::proven(1)));
    }

    #[test]
    fn a_chart_does_not_lose_what_the_stream_told() {
        let point = |active_ms| Point { active_ms, settled: 1, bytes: 1 };
        assert_eq!(longer(Some(&vec![point(1), point(9)]), &[point(1), point(5)]).len(), 2);
        assert_eq!(longer(Some(&vec![point(1)]), &[point(1), point(5)])[1], point(5));
        assert_eq!(longer(None, &[]), []);
    }
}
