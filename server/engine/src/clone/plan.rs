//! Decides from both listings what is to be done, ahead of the copying.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use model::Key;
use tokio::sync::mpsc::UnboundedSender;

use super::{
    CloneError, Tracker,
    compare::{Verdict, by_listing},
    merge::Pair,
    sides::Sides,
    survey::{Part, Visitor, survey},
    tracker::{Range, Ticket},
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
    let planner = Planner { sides: Arc::clone(&sides), tracker, queue, extra: AtomicU64::new(0) };
    let unfinished: Vec<Part> =
        planner.tracker.unfinished().into_iter().map(|(index, range)| planner.part(index, &range)).collect();
    let planner = Arc::new(planner);
    survey(&sides, unfinished, &planner).await?;
    planner.tracker.all_listed();
    Ok(planner.extra.load(Relaxed))
}

struct Planner {
    sides: Arc<Sides>,
    tracker: Tracker,
    queue: UnboundedSender<Planned>,
    extra: AtomicU64,
}

impl Planner {
    fn part(&self, index: usize, range: &Range) -> Part {
        let prefix = self.sides.spec.source.prefix.as_str();
        let rest = |key: &Option<Key>| key.as_ref()?.as_str().strip_prefix(prefix).map(str::to_owned);
        (index, rest(&range.cursor).or_else(|| rest(&range.after)), rest(&range.last))
    }
}

impl Visitor for Planner {
    async fn see(&self, range: usize, pair: Pair) -> bool {
        let (source, destination) = match pair {
            Pair::Source(source) => (source, None),
            Pair::Both(source, destination) => (source, Some(destination)),
            Pair::Destination(_) => {
                self.extra.fetch_add(1, Relaxed);
                return true;
            }
            Pair::PassedOver => {
                self.tracker.passed_over();
                return true;
            }
        };
        let ticket = self.tracker.admit(range, &source).await;
        if destination.as_ref().and_then(|other| by_listing(&source, other)) == Some(Verdict::Equal) {
            self.tracker.settle_at_once(ticket, Outcome::Skipped);
            return true;
        }
        // Refused where the copier has ended, which then says why.
        self.queue.send(Planned { ticket, source, destination }).is_ok()
    }

    fn cut(&self, range: usize, at: &str) -> Option<usize> {
        let key = Key::try_from(format!("{}{at}", self.sides.spec.source.prefix)).ok()?;
        Some(self.tracker.cut(range, key))
    }

    fn seen(&self, range: usize) {
        self.tracker.listed(range);
    }
}
