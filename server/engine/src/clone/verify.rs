//! The proof: both listings read to their ends once more and compared key by key.
//!
//! Always: a proof covers every object that the spec chooses, and says what that was; an incomplete one is an error. Each
//! difference is counted; the first [`RECORDED`] are also recorded as failures, so that users can see and retry them. A
//! source that changed after it was copied shows as a difference: the proof is about the places as they are now.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use model::{CloneSpec, Comparison, Failure, Key, Mode, Reason};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    CloneError, Tracker, compare::Verdict, comparison::empty_comparison, endpoints::Endpoints, settle::failure,
    tracker::Verified as Totals, worker_pool::WorkerPool,
};
use crate::{
    clock::now,
    listing::{KeyRange, LabelledRange, OddAt, Pair, PairVisitor, read_pairs},
    s3::{Listed, OddKey},
};

/// Pairs waiting to be compared by requests.
const WAITING: usize = 1_000;

/// Most differences recorded as failures.
const RECORDED: u64 = 100_000;

const UNPROVEN: &str = "the same size at both, and nothing tells whether the contents are equal: ETags that cannot be \
                        compared and no checksum of the same kind, or an object that does not answer; `--compare \
                        content` reads both";
const CARRIES_OTHER: &str = "the same content, with other metadata, content headers, storage class or tags";

/// Result of a comparison.
pub(super) struct Verified {
    pub comparison: Comparison,
    /// Keys of the same size without a proof, at most [`RECORDED`], each recorded as failed. Empty in mode `verify`.
    pub unproven: Vec<Key>,
}

/// Compares both places. `known` are keys recorded as failed already, whose reason says more than "missing".
pub(super) async fn verify(
    endpoints: &Arc<Endpoints>,
    most: usize,
    known: HashSet<Key>,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<Verified, CloneError> {
    let tally = Arc::new(Tally::new(&endpoints.spec, known, tracker));
    let mut pool = WorkerPool::new(most, tracker, stop);
    let (queue, mut unclear) = mpsc::channel(WAITING);
    let reader = Arc::new(Reader { endpoints: Arc::clone(endpoints), tally: Arc::clone(&tally), queue });
    // Named keys have one reader, which would begin again at each of several ranges.
    let starts = if endpoints.keys.is_some() { Vec::new() } else { tracker.starts() };
    let (listings, ranges) = (endpoints.listings(), ranges(&starts, endpoints.spec.source.prefix.as_str()));
    let reading = AbortOnDropHandle::new(tokio::spawn(async move { read_pairs(listings, ranges, &reader).await }));
    while let Some((source, destination)) = pool.wait_for(unclear.recv()).await? {
        let (endpoints, tally) = (Arc::clone(endpoints), Arc::clone(&tally));
        pool.spawn(async move {
            let verdict = endpoints.compare(&source, &destination).await;
            tally.both(&source, &destination, verdict);
            Ok(())
        })
        .await?;
    }
    pool.join().await?;
    reading.await??;
    Ok(tally.judge())
}

/// All keys, split where the copying has found many of them.
fn ranges(starts: &[Key], prefix: &str) -> Vec<LabelledRange> {
    let labelled = |after, last| LabelledRange { label: 0, range: KeyRange { after, last } };
    let mut after = None;
    let mut ranges = Vec::with_capacity(starts.len() + 1);
    for start in starts.iter().filter_map(|key| key.as_str().strip_prefix(prefix)) {
        ranges.push(labelled(after.replace(start.to_owned()), Some(start.to_owned())));
    }
    ranges.push(labelled(after, None));
    ranges
}

/// Counts pairs that the listings decide, and queues those that need requests.
struct Reader {
    endpoints: Arc<Endpoints>,
    tally: Arc<Tally>,
    queue: mpsc::Sender<(Listed, Listed)>,
}

impl PairVisitor for Reader {
    async fn visit(&self, _: usize, pair: Pair) -> bool {
        self.tally.tracker.room().await;
        match pair {
            Pair::Source(source) => self.tally.missing(&source),
            Pair::Destination(destination) => self.tally.extra(&destination),
            Pair::Odd(OddAt::Source(odd)) => self.tally.uncopied(&odd),
            Pair::Odd(OddAt::Destination(odd)) => self.tally.extra(&odd.object),
            Pair::PassedOver => self.tally.tracker.passed_over(),
            Pair::LeftOut => self.tally.left_out(),
            Pair::Both(source, destination) => match self.endpoints.verdict_without_requests(&source, &destination) {
                Some(verdict) => self.tally.both(&source, &destination, verdict),
                None => return self.queue.send((source, destination)).await.is_ok(),
            },
        }
        true
    }

    fn split(&self, range: usize, _: &str) -> Option<usize> {
        Some(range)
    }

    fn finished(&self, _: usize) {}
}

struct Tally {
    mode: Mode,
    /// Whether named keys are looked at, and nothing is listed.
    named: bool,
    tracker: Tracker,
    counts: Mutex<Counts>,
}

struct Counts {
    comparison: Comparison,
    known: HashSet<Key>,
    fresh: u64,
    unproven: Vec<Key>,
}

impl Tally {
    fn new(spec: &CloneSpec, known: HashSet<Key>, tracker: &Tracker) -> Self {
        let counts = Counts { comparison: empty_comparison(spec), known, fresh: 0, unproven: Vec::new() };
        Self {
            mode: spec.mode,
            named: spec.selection.keys_from.is_some(),
            tracker: tracker.clone(),
            counts: Mutex::new(counts),
        }
    }

    fn left_out(&self) {
        self.tracker.passed_over();
        self.count(|counts| counts.comparison.left_out += 1);
    }

    fn missing(&self, source: &Listed) {
        // A HEAD that is denied does not show an object either.
        let message = if self.named {
            "at the source, and a HEAD does not show it at the destination"
        } else {
            "listed at the source, not at the destination"
        };
        self.count(|counts| {
            counts.source(source);
            counts.comparison.missing += 1;
            self.differs(counts, failure(&source.key, Reason::Missing, message, 0), source.size);
        });
    }

    /// An object at the source that cannot be copied, so that it cannot be at the destination.
    fn uncopied(&self, odd: &OddKey) {
        self.count(|counts| {
            counts.source(&odd.object);
            counts.comparison.missing += 1;
            let (reason, why) = odd.why();
            self.differs(counts, failure(&odd.object.key, reason, why, 0), odd.object.size);
        });
    }

    fn extra(&self, destination: &Listed) {
        let message = "listed at the destination, not at the source";
        self.count(|counts| {
            counts.comparison.destination_objects += 1;
            counts.comparison.extra += 1;
            let extra = || failure(&destination.key, Reason::Extra, message, 0);
            match self.mode {
                Mode::Verify => self.differs(counts, extra(), 0),
                Mode::Mirror if !counts.known.remove(&destination.key) && counts.comparison.extra <= RECORDED => {
                    self.tracker.difference(extra());
                }
                Mode::Mirror | Mode::Copy => {}
            }
        });
    }

    fn both(&self, source: &Listed, destination: &Listed, verdict: Verdict) {
        self.count(|counts| {
            counts.source(source);
            counts.comparison.destination_objects += 1;
            let (reason, message) = match verdict {
                Verdict::Equal => {
                    counts.comparison.equal_by_etag += 1;
                    return self.agrees(counts, source, destination);
                }
                Verdict::EqualByDigest => {
                    counts.comparison.equal_by_digest += 1;
                    return self.agrees(counts, source, destination);
                }
                Verdict::EqualByContent => {
                    counts.comparison.equal_by_content += 1;
                    return self.agrees(counts, source, destination);
                }
                Verdict::Unverified => {
                    counts.comparison.unverified += 1;
                    return self.agrees(counts, source, destination);
                }
                Verdict::Unproven => {
                    counts.comparison.unproven += 1;
                    (Reason::Unproven, UNPROVEN.to_owned())
                }
                Verdict::Different => {
                    counts.comparison.different += 1;
                    (Reason::Different, difference(source, destination))
                }
                Verdict::CarriesOther => {
                    counts.comparison.different += 1;
                    (Reason::Different, CARRIES_OTHER.to_owned())
                }
            };
            self.differs(counts, failure(&source.key, reason, message, 0), source.size);
        });
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn agrees(&self, counts: &mut Counts, source: &Listed, destination: &Listed) {
        let known = counts.known.remove(&source.key);
        match self.mode {
            Mode::Copy | Mode::Mirror => {
                self.tracker.compared();
                if known {
                    self.tracker.completions().found(source, destination);
                    self.tracker.proven_after_all(source.key.clone());
                }
            }
            Mode::Verify => {
                self.tracker.verified_one(source.size, true);
                if known {
                    self.tracker.mended(source.key.clone());
                }
            }
        }
    }

    fn differs(&self, counts: &mut Counts, failure: Failure, bytes: u64) {
        let known = counts.known.remove(&failure.key);
        if failure.reason == Reason::Unproven && self.mode != Mode::Verify && (counts.unproven.len() as u64) < RECORDED
        {
            counts.unproven.push(failure.key.clone());
        }
        match self.mode {
            Mode::Copy | Mode::Mirror => self.tracker.compared(),
            Mode::Verify => self.tracker.verified_one(bytes, false),
        }
        if known && self.mode != Mode::Verify {
            return;
        }
        counts.fresh += 1;
        if counts.fresh <= RECORDED {
            self.tracker.difference(failure);
        }
    }

    fn judge(&self) -> Verified {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let comparison = Comparison { at: now(), ..counts.comparison.clone() }.judged();
        if self.mode == Mode::Verify {
            // An earlier comparison recorded these as failed, and neither place has them now.
            counts.known.drain().for_each(|key| self.tracker.mended(key));
        } else {
            self.tracker.verified(Totals {
                source_objects: comparison.source_objects,
                source_bytes: comparison.source_bytes,
                fresh: counts.fresh,
            });
        }
        Verified { comparison, unproven: std::mem::take(&mut counts.unproven) }
    }
}

impl Counts {
    fn source(&mut self, source: &Listed) {
        self.comparison.source_objects += 1;
        self.comparison.source_bytes += source.size;
    }
}

fn difference(source: &Listed, destination: &Listed) -> String {
    let changed = if source.modified > destination.modified {
        format!("; the source was written at {}, after its copy", source.modified)
    } else {
        String::new()
    };
    if source.size != destination.size {
        return format!("{} bytes at the source, {} at the destination{changed}", source.size, destination.size);
    }
    let etag = |object: &Listed| object.etag.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    format!("ETag {} at the source, {} at the destination{changed}", etag(source), etag(destination))
}
