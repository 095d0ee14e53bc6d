//! Copies planned objects with bounded concurrency.

use std::sync::Arc;

use tokio::{
    select,
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::sleep_until,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    CloneError, Tracker,
    concurrency::{FIRST, FIRST_STREAMED},
    endpoints::Endpoints,
    plan::{PlanTotals, plan},
    planned::{Entry, Planned},
    settle::{Settlement, give_up},
    throttle::Next,
    worker_pool::WorkerPool,
};

/// Refusals after which a copy fails: its folder takes next to nothing.
const MOST_REFUSALS: u32 = 64;

/// Copies what is missing or different in every unfinished range.
pub(super) async fn copy(
    endpoints: &Arc<Endpoints>,
    most: usize,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<PlanTotals, CloneError> {
    let planner = |queue| plan(Arc::clone(endpoints), tracker.clone(), queue);
    copy_planned(endpoints, most, tracker, stop, planner).await
}

/// Starts a planner, and settles all objects that it queues. Returns the result of the planner.
pub(super) async fn copy_planned<T: Send + 'static, Planning>(
    endpoints: &Arc<Endpoints>,
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
    let first = if endpoints.mover.streams() { FIRST_STREAMED } else { FIRST };
    let mut pool = WorkerPool::beginning_with(first, most, tracker, stop);
    endpoints.throttle.set_in_use(true);
    let outcome = copy_all(&mut pool, endpoints, tracker, planned).await;
    endpoints.throttle.set_in_use(false);
    if let Err(error) = outcome {
        drop(planning); // starts nothing more
        pool.wind_down().await;
        return Err(error);
    }
    planning.await?
}

async fn copy_all(
    pool: &mut WorkerPool,
    endpoints: &Arc<Endpoints>,
    tracker: &Tracker,
    mut planned: UnboundedReceiver<Planned>,
) -> Result<(), CloneError> {
    loop {
        while let Some(work) = pool.wait_for(next(&mut planned, endpoints)).await? {
            let (endpoints, tracker) = (Arc::clone(endpoints), tracker.clone());
            pool.spawn(async move {
                // Others may have failed while this one waited for room.
                tracker.check_failures(endpoints.spec.limits.max_failures)?;
                work.entry.began(&tracker);
                settle(&endpoints, &tracker, work).await
            })
            .await?;
        }
        // Objects in flight may still come back to wait.
        pool.join().await?;
        if endpoints.throttle.is_empty() {
            return tracker.check_failures(endpoints.spec.limits.max_failures);
        }
    }
}

/// Settles an object that was begun, or queues it until its folder's turn.
async fn settle(endpoints: &Endpoints, tracker: &Tracker, mut work: Planned) -> Result<(), CloneError> {
    let outcome = match endpoints.settle(work.source.clone(), work.destination.as_ref()).await? {
        Settlement::Settled(outcome) => outcome,
        Settlement::Hopeless(outcome, error) => {
            let settled = tracker.settled();
            let ends = matches!(work.entry, Entry::Listed(_)) && settled.done + settled.skipped == 0;
            work.entry.settle(tracker, work.source.key, outcome);
            return if ends { Err(error) } else { Ok(()) };
        }
        Settlement::HeldBack(failed) => {
            work.refused += failed.attempts;
            // Compared already: it is different, or was missing.
            work.destination = None;
            let Some(back) = hold(endpoints, tracker, work) else { return Ok(()) };
            work = back;
            give_up(&work.source.key, &failed.error, work.refused)?
        }
    };
    work.entry.settle(tracker, work.source.key, outcome);
    Ok(())
}

/// Queues the work until its folder's turn. Returns it if the folder is not throttled any more, or has refused it too
/// often.
fn hold(endpoints: &Endpoints, tracker: &Tracker, work: Planned) -> Option<Planned> {
    if work.refused >= MOST_REFUSALS {
        return Some(work);
    }
    // Before another worker can begin it again.
    work.entry.held_back(tracker);
    let folder = endpoints.folder(&work.source.key).to_owned();
    let back = endpoints.throttle.hold(&folder, work)?;
    back.entry.began(tracker);
    Some(back)
}

/// The next object to begin: in the order of planning, except copies into throttled folders, which wait for their turn.
async fn next(planned: &mut UnboundedReceiver<Planned>, endpoints: &Endpoints) -> Option<Planned> {
    loop {
        let turn = match endpoints.throttle.next() {
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
        let folder = endpoints.folder(&work.source.key).to_owned();
        if let Some(work) = endpoints.throttle.admit(&folder, work) {
            return Some(work);
        }
    }
}
