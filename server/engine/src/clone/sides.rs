//! Both ends of a clone and what was asked: what every part of the engine works on.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use model::{CloneSpec, Key, Location};

use tokio_util::sync::CancellationToken;

use super::{
    Options, Tracker,
    plan::Planned,
    records::Records,
    throttle::{Throttle, folder},
};
use crate::{
    listing::{ListedPlace, Listings},
    s3::{Listed, Order, S3Client, Slots, Threshold},
};

pub(super) struct Sides {
    pub spec: CloneSpec,
    pub source: S3Client,
    pub destination: S3Client,
    /// One credential reads the one and writes the other: the store can copy by itself.
    pub one_credential: bool,
    /// Objects larger than this go in parts.
    pub multipart_threshold: Threshold,
    pub slots: Slots,
    /// Copies that wait because their part of the destination asked for less.
    pub throttle: Throttle<Planned>,
    /// A listing has shown that its store keeps an order of its own: all are sorted from then on.
    unordered: AtomicBool,
    /// Of copies whose ETag is another than their source's.
    pub records: Records,
}

impl Sides {
    pub fn new(spec: &CloneSpec, source: &S3Client, destination: &S3Client, options: &Options) -> Self {
        let one_credential = source.endpoint().one_credential(destination.endpoint());
        Self {
            spec: spec.clone(),
            source: source.with_unreadable_tags(options.unreadable_tags),
            destination: if one_credential { destination.paying_for(source) } else { destination.clone() },
            one_credential,
            multipart_threshold: options.multipart_threshold,
            slots: Slots::beside(options.concurrency),
            throttle: Throttle::new(),
            unordered: AtomicBool::new(false),
            records: Records::default(),
        }
    }

    /// The same, with requests counted by the tracker, and given up when stopped.
    pub fn metered(self, tracker: &Tracker, stop: &CancellationToken) -> Self {
        Self {
            source: self.source.metered(tracker.meter(), stop),
            destination: self.destination.metered(tracker.meter(), stop),
            ..self
        }
    }

    pub fn sort_listings(&self) {
        self.unordered.store(true, Relaxed);
    }

    /// Both listings, in the order in which the stores list as far as is known by now.
    pub fn listings(&self) -> Listings {
        let listed = |store: &S3Client, place: &Location| ListedPlace { store: store.clone(), place: place.clone() };
        Listings {
            source: listed(&self.source, &self.spec.source),
            destination: listed(&self.destination, &self.spec.destination),
            selection: self.spec.selection.clone(),
            order: if self.unordered.load(Relaxed) { Order::Any } else { Order::Bytes },
        }
    }

    /// Whether the clone is about this object of the source.
    pub fn chosen(&self, object: &Listed) -> bool {
        let rest = object.key.as_str().strip_prefix(self.spec.source.prefix.as_str());
        rest.is_some_and(|rest| self.spec.selection.chooses(rest, object.modified))
    }

    /// The folder of the destination whose limit a source's key shares.
    pub fn folder<'a>(&self, key: &'a Key) -> &'a str {
        folder(key.as_str().strip_prefix(self.spec.source.prefix.as_str()).unwrap_or_default())
    }

    /// Where a source's key goes; `None` if no key can be that.
    pub fn destination_key(&self, key: &Key) -> Option<Key> {
        key.moved(&self.spec.source.prefix, &self.spec.destination.prefix)
    }
}
