//! Source and destination of a clone, and its spec: what every part of the engine works on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use model::{CloneSpec, Key, Location};

use tokio_util::sync::CancellationToken;

use super::{
    Options, Tracker,
    completions::Completions,
    mover::Mover,
    planned::Planned,
    records::Records,
    refusals::Refusals,
    throttle::{Throttle, folder},
};
use crate::{
    listing::{Absent, KeyList, ListedPlace, Listings, Named},
    s3::{Listed, Order, S3Client, Slots, Threshold},
};

pub(super) struct Endpoints {
    pub spec: CloneSpec,
    pub source: S3Client,
    pub destination: S3Client,
    pub mover: Mover,
    /// The keys to clone, in place of those that the source lists.
    pub keys: Option<Arc<KeyList>>,
    /// Size above which objects are copied in parts.
    pub multipart_threshold: Threshold,
    pub slots: Slots,
    /// Copies that wait because their folder of the destination throttles.
    pub throttle: Throttle<Planned>,
    /// Whether a listing came in an order of its own, so that all are sorted from then on.
    unordered: AtomicBool,
    /// Copies that their ETag does not prove.
    pub records: Arc<Records>,
    pub completions: Arc<Completions>,
    /// Copies that were refused.
    pub refusals: Refusals,
}

impl Endpoints {
    pub fn new(spec: &CloneSpec, source: &S3Client, destination: &S3Client, options: &Options) -> Self {
        let one_credential = source.endpoint().one_credential(destination.endpoint());
        let unreadable_tags = spec.fidelity.unreadable_tags;
        let destination = destination.with_unreadable_tags(unreadable_tags);
        Self {
            spec: spec.clone(),
            source: source.with_unreadable_tags(unreadable_tags),
            destination: if one_credential { destination.paying_for(source) } else { destination },
            mover: Mover::new(spec.fidelity.copy_by, one_credential),
            multipart_threshold: options.multipart_threshold,
            keys: options.keys.clone(),
            slots: Slots::for_concurrency(options.concurrency),
            throttle: Throttle::new(),
            unordered: AtomicBool::new(false),
            records: Arc::default(),
            completions: Arc::default(),
            refusals: Refusals::default(),
        }
    }

    /// The same endpoints, with requests that the tracker counts and that end when `stop` is cancelled.
    pub fn metered(self, tracker: &Tracker, stop: &CancellationToken) -> Self {
        Self {
            source: self.source.metered(tracker.meter(), stop),
            destination: self.destination.metered(tracker.meter(), stop),
            records: Arc::clone(tracker.records()),
            completions: Arc::clone(tracker.completions()),
            ..self
        }
    }

    pub fn sort_listings(&self) {
        self.unordered.store(true, Relaxed);
    }

    /// Both listings, in the order in which the stores list as far as is known now.
    pub fn listings(&self) -> Listings {
        let listed = |store: &S3Client, place: &Location, absent| {
            let prefix = self.spec.source.prefix.clone();
            let named = self.keys.as_ref().map(|keys| Named { keys: Arc::clone(keys), prefix, absent });
            ListedPlace { store: store.clone(), place: place.clone(), named }
        };
        let by_inventory = self.spec.selection.keys_from.as_ref().is_some_and(|keys| keys.listed_at.is_some());
        let at_source = if by_inventory { Absent::IsLeftOut } else { Absent::Fails };
        Listings {
            source: listed(&self.source, &self.spec.source, at_source),
            destination: listed(&self.destination, &self.spec.destination, Absent::IsWritten),
            selection: self.spec.selection.clone(),
            keyless: self.spec.destination.prefix.as_str().is_empty(),
            order: if self.unordered.load(Relaxed) { Order::Any } else { Order::Bytes },
        }
    }

    /// Whether the selection chooses this object of the source.
    pub fn chosen(&self, object: &Listed) -> bool {
        let rest = object.key.as_str().strip_prefix(self.spec.source.prefix.as_str());
        rest.is_some_and(|rest| self.spec.selection.chooses(rest, object.attributes()))
    }

    /// The folder of the destination with whose limit the copy of this source key counts.
    pub fn folder<'a>(&self, key: &'a Key) -> &'a str {
        folder(key.as_str().strip_prefix(self.spec.source.prefix.as_str()).unwrap_or_default())
    }

    /// The destination key of a source key; `None` if it would not be a valid key.
    pub fn destination_key(&self, key: &Key) -> Option<Key> {
        key.moved(&self.spec.source.prefix, &self.spec.destination.prefix)
    }
}
