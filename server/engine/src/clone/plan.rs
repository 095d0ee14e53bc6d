//! Decides from both listings what is to be done, ahead of the copying.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use model::{CloneSpec, Comparison, Key};
use tokio::sync::{OwnedSemaphorePermit, mpsc::UnboundedSender};

use super::{
    CloneError, Tracker,
    compare::Verdict,
    sides::Sides,
    tracker::{Range, Ticket},
    verify::empty,
    window::Outcome,
};
use crate::{
    listing::{KeyRange, LabelledRange, Pair, PairVisitor, read_pairs},
    s3::Listed,
};

/// An object that is missing or different at the destination, or must be asked whether it is.
pub(super) struct Planned {
    pub entry: Entry,
    pub source: Listed,
    pub destination: Option<Listed>,
    /// How often its copy has been answered with "slow down".
    pub refused: u32,
}

/// Where it is entered what became of an object.
pub(super) enum Entry {
    /// Of a range that is being listed.
    Listed(Ticket),
    /// Recorded as failed earlier; the permit bounds how many of these are known at once.
    Failed { _room: OwnedSemaphorePermit },
}

impl Entry {
    pub fn began(&self, tracker: &Tracker) {
        match self {
            Self::Listed(_) => tracker.began(),
            Self::Failed { .. } => tracker.retry_began(),
        }
    }

    /// It was begun, and must wait for its turn.
    pub fn held_back(&self, tracker: &Tracker) {
        match self {
            Self::Listed(_) => tracker.held_back(),
            Self::Failed { .. } => tracker.retry_held_back(),
        }
    }

    pub fn settle(self, tracker: &Tracker, key: Key, outcome: Outcome) {
        match self {
            Self::Listed(ticket) => tracker.settle(ticket, outcome),
            Self::Failed { .. } => tracker.retried(key, Some(outcome)),
        }
    }
}

/// What both listings held, of the ranges that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Surveyed {
    /// Each found at the destination with its size and ETag.
    pub equal: u64,
    pub equal_bytes: u64,
    /// To be copied, or asked whether they must be.
    pub planned: u64,
    /// Only at the destination.
    pub extra: u64,
    /// All ranges, from their beginnings: what is counted here are the places whole.
    pub whole: bool,
}

impl Surveyed {
    /// The proof, where nothing was to be done: both listings have just been read to their ends and compared key by
    /// key, and nobody has written since.
    pub fn comparison(&self, spec: &CloneSpec) -> Option<Comparison> {
        let comparison = Comparison {
            source_objects: self.equal,
            source_bytes: self.equal_bytes,
            destination_objects: self.equal + self.extra,
            equal_by_etag: self.equal,
            extra: self.extra,
            ..empty(spec)
        };
        (self.whole && self.planned == 0).then(|| comparison.judged())
    }
}

/// Plans every unfinished range from its cursor on. The queue needs no bound of its own: the tracker admits no more
/// keys than its window holds.
pub(super) async fn plan(
    sides: Arc<Sides>,
    tracker: Tracker,
    queue: UnboundedSender<Planned>,
) -> Result<Surveyed, CloneError> {
    let planner = Arc::new(Planner { sides: Arc::clone(&sides), tracker, queue, counts: Counts::default() });
    let unfinished: Vec<LabelledRange> =
        planner.tracker.unfinished().into_iter().map(|(label, range)| planner.labelled(label, &range)).collect();
    let whole = matches!(unfinished.as_slice(), [only] if only.range.is_everything());
    read_pairs(sides.listings(), unfinished, &planner).await?;
    planner.tracker.all_listed();
    let Counts { equal, equal_bytes, planned, extra } = &planner.counts;
    let count = |number: &AtomicU64| number.load(Relaxed);
    Ok(Surveyed {
        equal: count(equal),
        equal_bytes: count(equal_bytes),
        planned: count(planned),
        extra: count(extra),
        whole,
    })
}

struct Planner {
    sides: Arc<Sides>,
    tracker: Tracker,
    queue: UnboundedSender<Planned>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    equal: AtomicU64,
    equal_bytes: AtomicU64,
    planned: AtomicU64,
    extra: AtomicU64,
}

impl Planner {
    /// What is left of a range, without the source's prefix.
    fn labelled(&self, label: usize, range: &Range) -> LabelledRange {
        let prefix = self.sides.spec.source.prefix.as_str();
        let rest = |key: &Option<Key>| key.as_ref()?.as_str().strip_prefix(prefix).map(str::to_owned);
        let range = KeyRange { after: rest(&range.cursor).or_else(|| rest(&range.after)), last: rest(&range.last) };
        LabelledRange { label, range }
    }
}

impl PairVisitor for Planner {
    async fn visit(&self, range: usize, pair: Pair) -> bool {
        let (source, destination) = match pair {
            Pair::Source(source) => (source, None),
            Pair::Both(source, destination) => (source, Some(destination)),
            Pair::Destination(_) => {
                self.counts.extra.fetch_add(1, Relaxed);
                return true;
            }
            Pair::PassedOver => {
                self.tracker.passed_over();
                return true;
            }
        };
        let ticket = self.tracker.admit(range, &source).await;
        if destination.as_ref().and_then(|other| self.sides.told(&source, other)) == Some(Verdict::Equal) {
            self.counts.equal.fetch_add(1, Relaxed);
            self.counts.equal_bytes.fetch_add(source.size, Relaxed);
            self.tracker.settle_at_once(ticket, Outcome::Skipped);
            return true;
        }
        self.counts.planned.fetch_add(1, Relaxed);
        // Refused where the copier has ended, which then says why.
        self.queue.send(Planned { entry: Entry::Listed(ticket), source, destination, refused: 0 }).is_ok()
    }

    fn split(&self, range: usize, at: &str) -> Option<usize> {
        let key = Key::try_from(format!("{}{at}", self.sides.spec.source.prefix)).ok()?;
        Some(self.tracker.cut(range, key))
    }

    fn finished(&self, range: usize) {
        self.tracker.listed(range);
    }
}
