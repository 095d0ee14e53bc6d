//! Copies what is planned, so many at once.

use std::sync::Arc;

use tokio::{
    select,
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::sleep_until,
};
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
    let planner = |queue| plan(Arc::clone(sides), tracker.clone(), queue);
    copy_planned(sides, most, tracker, stop, planner).await
}

/// Settles what the planning that is begun here queues; answers what it came to.
pub(super) async fn copy_planned<T: Send + 'static, Planning>(
    sides: &Arc<Sides>,
    most: usize,
    tracker: &Tracker,
    stop: &CancellationToken,
    begin: impl FnOnce(UnboundedSender<Planned>) -> Planning,
) -> Result<T, CloneError>
where
    Planning: Future<Output = Result<T, CloneError>> + Send + 'static,
{
    let (queue, planned) = mpsc::unbounded_channel();
    let planning = AbortOnDropHandle::new(tokio::spawn(begin(queue)));
    let mut crew = Crew::new(most, tracker, stop);
    sides.throttle.set_in_use(true);
    let outcome = copy_all(&mut crew, sides, tracker, planned).await;
    sides.throttle.set_in_use(false);
    if let Err(error) = outcome {
        drop(planning); // nothing more is begun
        crew.wind_down().await;
        return Err(error);
    }
    planning.await?
}

async fn copy_all(
    crew: &mut Crew,
    sides: &Arc<Sides>,
    tracker: &Tracker,
    mut planned: UnboundedReceiver<Planned>,
) -> Result<(), CloneError> {
    loop {
        while let Some(work) = crew.until(next(&mut planned, sides)).await? {
            let (sides, tracker) = (Arc::clone(sides), tracker.clone());
            crew.begin(async move {
                work.entry.began(&tracker);
                settle(&sides, &tracker, work).await
            })
            .await?;
        }
        // What is under way may still come back to wait.
        crew.finish().await?;
        if sides.throttle.is_empty() {
            return Ok(());
        }
    }
}

/// Settles a key that was begun, or has it wait for its folder's turn.
async fn settle(sides: &Sides, tracker: &Tracker, mut work: Planned) -> Result<(), CloneError> {
    let outcome = match sides.settle(work.source.clone(), work.destination.as_ref()).await? {
        Fate::Settled(outcome) => outcome,
        Fate::HeldBack(failed) => {
            work.refused += failed.attempts;
            // Asked already: it is different, or was missing.
            work.destination = None;
            let Some(back) = hold(sides, tracker, work) else { return Ok(()) };
            work = back;
            give_up(&work.source.key, &failed.error, work.refused)?
        }
    };
    work.entry.settle(tracker, work.source.key, outcome);
    Ok(())
}

/// Answers the work if its folder is not held any more, or has refused it too often.
fn hold(sides: &Sides, tracker: &Tracker, work: Planned) -> Option<Planned> {
    if work.refused >= REFUSED {
        return Some(work);
    }
    // Before it can begin again.
    work.entry.held_back(tracker);
    let folder = sides.folder(&work.source.key).to_owned();
    let back = sides.throttle.hold(&folder, work)?;
    back.entry.began(tracker);
    Some(back)
}

/// What may begin next: as planned, but for copies whose folder has refused some; they come when it is their turn.
async fn next(planned: &mut UnboundedReceiver<Planned>, sides: &Sides) -> Option<Planned> {
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
