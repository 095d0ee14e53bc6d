//! Copies what is planned, so many at once.

use std::sync::Arc;

use tokio::{select, sync::mpsc, time::sleep_until};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    CloneError, Tracker,
    crew::Crew,
    plan::{Planned, Surveyed, plan},
    sides::Sides,
    throttle::Next,
};

/// Settles every key of every unfinished range.
pub(super) async fn copy(
    sides: &Arc<Sides>,
    most: usize,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<Surveyed, CloneError> {
    let mut crew = Crew::new(most, tracker, stop);
    sides.throttle.set_in_use(true);
    let outcome = copy_all(&mut crew, sides, tracker).await;
    sides.throttle.set_in_use(false);
    if outcome.is_err() {
        crew.wind_down().await;
    }
    outcome
}

async fn copy_all(crew: &mut Crew, sides: &Arc<Sides>, tracker: &Tracker) -> Result<Surveyed, CloneError> {
    let (queue, mut planned) = mpsc::unbounded_channel();
    let planning = AbortOnDropHandle::new(tokio::spawn(plan(Arc::clone(sides), tracker.clone(), queue)));
    while let Some(work) = crew.until(next(&mut planned, sides)).await? {
        let (sides, tracker) = (Arc::clone(sides), tracker.clone());
        crew.begin(async move {
            tracker.began();
            let outcome = sides.settle(work.source, work.destination.as_ref()).await?;
            tracker.settle(work.ticket, outcome);
            Ok(())
        })
        .await?;
    }
    crew.finish().await?;
    planning.await?
}

/// What may begin next: as planned, but for copies whose folder has refused some; they come when it is their turn.
async fn next(planned: &mut mpsc::UnboundedReceiver<Planned>, sides: &Sides) -> Option<Planned> {
    loop {
        let turn = match sides.throttle.next() {
            Next::Begin(work) => return Some(work),
            Next::Wait(turn) => Some(turn),
            Next::Empty => None,
        };
        let work = match turn {
            Some(turn) => select! {
                () = sleep_until(turn) => continue,
                Some(work) = planned.recv() => work,
            },
            None => planned.recv().await?,
        };
        let folder = sides.folder(&work.source.key).to_owned();
        if let Some(work) = sides.throttle.admit(&folder, work) {
            return Some(work);
        }
    }
}
