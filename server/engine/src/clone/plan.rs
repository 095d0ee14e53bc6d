//! Decides from both listings what is to be done, in key order, ahead of the copying.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::{
    CloneError, Tracker,
    compare::{Verdict, by_listing},
    merge::{Merge, Pair},
    sides::Sides,
    tracker::Ticket,
    window::Outcome,
};
use crate::s3::Listed;

/// An object that is missing or different at the destination, or must be asked whether it is.
pub(super) struct Planned {
    pub ticket: Ticket,
    pub source: Listed,
    pub destination: Option<Listed>,
}

/// Plans every unfinished range from its cursor on. Answers how many keys the destination has beside them. The queue
/// needs no bound of its own: the tracker admits no more keys than its window holds.
pub(super) async fn plan(
    sides: Arc<Sides>,
    tracker: Tracker,
    queue: UnboundedSender<Planned>,
) -> Result<u64, CloneError> {
    let mut extra = 0;
    for (index, range) in tracker.unfinished() {
        let after = range.cursor.as_ref().or(range.after.as_ref());
        let mut merge = Merge::open(&sides, after, range.last.as_ref());
        while let Some(pair) = merge.next().await? {
            let (source, destination) = match pair {
                Pair::Source(source) => (source, None),
                Pair::Both(source, destination) => (source, Some(destination)),
                Pair::Destination(_) => {
                    extra += 1;
                    continue;
                }
                Pair::PassedOver => {
                    tracker.passed_over();
                    continue;
                }
            };
            let ticket = tracker.admit(index, &source).await;
            if destination.as_ref().and_then(|other| by_listing(&source, other)) == Some(Verdict::Equal) {
                tracker.settle_at_once(ticket, Outcome::Skipped);
            } else if queue.send(Planned { ticket, source, destination }).is_err() {
                return Ok(extra); // the copier has ended, and says why
            }
        }
        tracker.listed(index);
    }
    tracker.all_listed();
    Ok(extra)
}
