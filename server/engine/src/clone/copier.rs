//! Copies what is planned, so many at once.

use std::sync::Arc;

use tokio::{select, sync::mpsc, time::sleep_until};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    CloneError, Tracker,
    crew::Crew,
    plan::{Planned, Surveyed, plan},
    settle::{Fate, give_up},
    sides::Sides,
    throttle::Next,
};

/// A copy refused so often is given up: its folder takes next to nothing.
const REFUSED: u32 = 64;

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
    loop {
        while let Some(work) = crew.until(next(&mut planned, sides)).await? {
            let (sides, tracker) = (Arc::clone(sides), tracker.clone());
            crew.begin(async move {
                tracker.began();
                settle(&sides, &tracker, work).await
            })
            .await?;
        }
        // What is under way may still come back to wait.
        crew.finish().await?;
        if sides.throttle.is_empty() {
            break;
        }
    }
    planning.await?
}

/// Settles a key that was begun, or has it wait for its folder's turn.
async fn settle(sides: &Sides, tracker: &Tracker, mut work: Planned) -> Result<(), CloneError> {
    let outcome = match sides.settle(work.source.clone(), work.destination.as_ref()).await? {
        Fate::Settled(outcome) => outcome,
        Fate::HeldBack(failed) => {
            work.refused += failed.attempts;
            // Asked already: it is different, or was missing.
            work.destination = None;
            let (key, ticket, refused) = (work.source.key.clone(), work.ticket, work.refused);
            if refused < REFUSED && sides.throttle.hold(sides.folder(&key), work).is_none() {
                tracker.held_back();
                return Ok(());
            }
            return give_up(&key, &failed.error, refused).map(|outcome| tracker.settle(ticket, outcome));
        }
    };
    tracker.settle(work.ticket, outcome);
    Ok(())
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
