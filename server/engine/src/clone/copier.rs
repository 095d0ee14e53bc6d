//! Copies what is planned, so many at once.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{CloneError, Tracker, crew::Crew, plan::plan, sides::Sides};

/// Settles every key of every unfinished range. Answers how many keys the destination has beside them.
pub(super) async fn copy(
    sides: &Arc<Sides>,
    most: usize,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<u64, CloneError> {
    let mut crew = Crew::new(most, Arc::clone(tracker.meter()), stop);
    let outcome = copy_all(&mut crew, sides, tracker).await;
    if outcome.is_err() {
        crew.wind_down().await;
    }
    outcome
}

async fn copy_all(crew: &mut Crew, sides: &Arc<Sides>, tracker: &Tracker) -> Result<u64, CloneError> {
    let (queue, mut planned) = mpsc::unbounded_channel();
    let planning = AbortOnDropHandle::new(tokio::spawn(plan(Arc::clone(sides), tracker.clone(), queue)));
    while let Some(work) = crew.until(planned.recv()).await? {
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
