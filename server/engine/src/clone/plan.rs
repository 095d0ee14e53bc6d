//! Decides from both listings what must be copied, ahead of the copying.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use model::{CloneSpec, Comparison, Key};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    CloneError, Tracker,
    compare::Verdict,
    comparison::empty_comparison,
    endpoints::Endpoints,
    planned::{Entry, Planned},
    settle::failed_as_odd,
    tracker::Range,
    window::Outcome,
};
use crate::listing::{KeyRange, LabelledRange, OddAt, Pair, PairVisitor, read_pairs};

/// Counts of what both listings held, in the ranges that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlanTotals {
    /// Objects with the same size and ETag at the destination.
    pub equal: u64,
    pub equal_bytes: u64,
    /// Objects that must be copied, or compared by requests of their own.
    pub planned: u64,
    /// Objects at the destination only.
    pub extra: u64,
    /// Objects of the source without a key at the destination.
    pub left_out: u64,
    /// Whether these are all ranges from their beginnings, so that the counts cover both places completely.
    pub whole: bool,
}

impl PlanTotals {
    /// The proof, if nothing had to be copied: both listings have just been read to their ends and compared key by
    /// key, and this run has written nothing since.
    pub fn comparison(&self, spec: &CloneSpec) -> Option<Comparison> {
        let comparison = Comparison {
            source_objects: self.equal,
            source_bytes: self.equal_bytes,
            destination_objects: self.equal + self.extra,
            equal_by_etag: self.equal,
            extra: self.extra,
            left_out: self.left_out,
            ..empty_comparison(spec)
        };
        (self.whole && self.planned == 0).then(|| comparison.judged())
    }
}

/// Plans every unfinished range from its cursor on. The queue needs no bound of its own: the tracker admits only as
/// many keys as its window holds.
pub(super) async fn plan(
    endpoints: Arc<Endpoints>,
    tracker: Tracker,
    queue: UnboundedSender<Planned>,
) -> Result<PlanTotals, CloneError> {
    let planner = Arc::new(Planner { endpoints: Arc::clone(&endpoints), tracker, queue, counts: Counts::default() });
    let unfinished: Vec<LabelledRange> =
        planner.tracker.unfinished().into_iter().map(|(label, range)| planner.labelled(label, &range)).collect();
    let whole = matches!(unfinished.as_slice(), [only] if only.range.is_everything());
    read_pairs(endpoints.listings(), unfinished, &planner).await?;
    planner.tracker.all_listed();
    let Counts { equal, equal_bytes, planned, extra, left_out } = &planner.counts;
    let count = |number: &AtomicU64| number.load(Relaxed);
    Ok(PlanTotals {
        equal: count(equal),
        equal_bytes: count(equal_bytes),
        planned: count(planned),
        extra: count(extra),
        left_out: count(left_out),
        whole,
    })
}

struct Planner {
    endpoints: Arc<Endpoints>,
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
    left_out: AtomicU64,
}

impl Planner {
    /// What is left of a range, without the source's prefix.
    fn labelled(&self, label: usize, range: &Range) -> LabelledRange {
        let prefix = self.endpoints.spec.source.prefix.as_str();
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
            Pair::Destination(_) | Pair::Odd(OddAt::Destination(_)) => {
                self.counts.extra.fetch_add(1, Relaxed);
                return true;
            }
            Pair::Odd(OddAt::Source(odd)) => {
                let ticket = self.tracker.admit(range, &odd.object).await;
                self.counts.planned.fetch_add(1, Relaxed);
                self.tracker.settle_at_once(ticket, failed_as_odd(&odd));
                return true;
            }
            Pair::PassedOver => {
                self.tracker.passed_over();
                return true;
            }
            Pair::LeftOut => {
                self.counts.left_out.fetch_add(1, Relaxed);
                self.tracker.passed_over();
                return true;
            }
        };
        let ticket = self.tracker.admit(range, &source).await;
        if let Some(other) = &destination
            && self.endpoints.verdict_without_requests(&source, other) == Some(Verdict::Equal)
        {
            self.endpoints.completions.found(&source, other);
            self.counts.equal.fetch_add(1, Relaxed);
            self.counts.equal_bytes.fetch_add(source.size, Relaxed);
            self.tracker.settle_at_once(ticket, Outcome::Skipped);
            return true;
        }
        self.counts.planned.fetch_add(1, Relaxed);
        // Fails where the copier has ended, which then returns its own error.
        self.queue.send(Planned { entry: Entry::Listed(ticket), source, destination, refused: 0 }).is_ok()
    }

    fn split(&self, range: usize, at: &str) -> Option<usize> {
        let key = Key::try_from(format!("{}{at}", self.endpoints.spec.source.prefix)).ok()?;
        Some(self.tracker.split(range, key))
    }

    fn finished(&self, range: usize) {
        self.tracker.listed(range);
    }
}
