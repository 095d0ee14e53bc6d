//! Runs a reprocess, from the first page of its listing to its proof.
//!
//! One task lists and admits objects ahead of those that ship. Each object is a task of its own, so that parsing uses
//! all processors while the order within an object is kept.

use std::{num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use model::{Key, Phase, Proof, ReprocessSpec, Shipped, Time};
use tokio::{
    select,
    sync::mpsc::{self, Receiver, Sender},
    task::JoinSet,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    RECORD_LIMIT, ShipError,
    dead_letters::DeadLetterFile,
    object::{SendOptions, Shipper},
    plan::{Checked, Found, Ledger, PlanDigest, to_send},
    sink::{Pace, Sink},
    tracker::{Confirmed, KeyOutcome, Ticket, Tracker},
    transform::Transform,
};
use crate::{
    clock::now,
    s3::{Listed, S3Client},
};

/// Most admitted objects that wait to be shipped.
const AHEAD: usize = 64;

/// How long objects in flight may take to finish after a stop was requested.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Clone, Debug)]
pub struct Options {
    /// Objects shipped concurrently; each takes a connection of the sink and some megabytes.
    pub objects_at_once: usize,
    /// Longest record in bytes; a longer one counts as a parsing failure.
    pub record_limit: usize,
    /// Limit of this reprocess; the sink may have a limit of its own.
    pub max_events_per_second: Option<NonZeroU32>,
    /// File for records that could not be parsed and events that were given up.
    pub dead_letters: Option<PathBuf>,
    /// Whether the caller ships an object again if events of it may still be accepted. Then only refused events are dead
    /// letters.
    pub sends_again: bool,
    /// Changes to events.
    pub transform: Option<Arc<Transform>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            objects_at_once: 4,
            record_limit: RECORD_LIMIT,
            max_events_per_second: None,
            dead_letters: None,
            sends_again: false,
            transform: None,
        }
    }
}

impl Options {
    pub(super) fn send_options(&self, sink: Option<Sink>) -> SendOptions {
        let pace = self.max_events_per_second.map(|ceiling| Arc::new(Pace::new(Some(ceiling))));
        let dead_letters = self.dead_letters.clone().map(DeadLetterFile::new);
        SendOptions { sink, pace, dead_letters, sends_again: self.sends_again }
    }
}

/// What to ship, from where and to where.
#[derive(Clone)]
pub struct Shipment {
    pub spec: ReprocessSpec,
    pub store: S3Client,
    /// `None` in a dry run: events are only parsed.
    pub sink: Option<Sink>,
    pub ledger: Arc<dyn Ledger>,
    pub options: Options,
}

/// Runs a reprocess, or resumes it from the tracker's checkpoint: first the rest of the listing, then the keys of
/// `retry` (those recorded as failed earlier). The caller judges success by `Proof::holds` and the tracker's failures.
///
/// A plan is compared with the listing before anything is sent, and only planned objects are sent. A dry run is not
/// resumed midway but repeated.
///
/// The caller must take from the tracker meanwhile: above a thousand untaken failures and runs it waits.
pub async fn run(
    shipment: &Shipment,
    retry: Option<Receiver<Key>>,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<Proof, ShipError> {
    let Shipment { spec, store, sink, options, .. } = shipment;
    let store = store.metered(tracker.meter(), stop);
    let shipper = Shipper::new(spec, store.clone(), options, options.send_options(sink.clone()), tracker);
    let work = Work { shipment, store, shipper, tracker, stop };
    tracker.enter(Phase::Shipping);
    let outcome = work.carry_out(retry).await;
    tracker.halt();
    if outcome.is_ok() {
        tracker.enter(Phase::Finished);
    }
    outcome
}

struct Work<'a> {
    shipment: &'a Shipment,
    store: S3Client,
    shipper: Shipper,
    tracker: &'a Tracker,
    stop: &'a CancellationToken,
}

impl Work<'_> {
    async fn carry_out(&self, retry: Option<Receiver<Key>>) -> Result<Proof, ShipError> {
        let Self { shipment, tracker, .. } = self;
        if shipment.sink.is_none() {
            tracker.start_over();
        }
        if shipment.spec.plan.is_some() && tracker.confirmed().is_none() {
            self.confirm().await?;
        }
        if !tracker.is_done() {
            let feeder = Feeder {
                objects: Checked::new(&shipment.spec, &self.store, &shipment.ledger, tracker.cursor().as_ref()),
                spec: shipment.spec.clone(),
                plan: tracker.confirmed(),
                shipper: self.shipper.clone(),
            };
            self.ship_all(|queue| feeder.list(queue)).await?;
        }
        if let Some(keys) = retry {
            let shipper = self.shipper.clone();
            let ledger = Arc::clone(&self.shipment.ledger);
            self.ship_all(|queue| again(shipper, ledger, keys, queue)).await?;
        }
        let found = tracker.totals().objects() + tracker.totals().not_logs;
        if let Some(Confirmed { objects: planned, .. }) = tracker.confirmed().filter(|plan| plan.objects > found) {
            return Err(ShipError::PlanUnfulfilled { planned, found });
        }
        Ok(Proof::Shipped(self.proof()))
    }

    /// Compares the plan with the current listing.
    async fn confirm(&self) -> Result<(), ShipError> {
        let spec = &self.shipment.spec;
        let mut objects = Checked::new(spec, &self.store, &self.shipment.ledger, None);
        let mut digest = PlanDigest::of(spec);
        let (mut all, mut planned, mut bytes) = (0, 0, 0);
        let (mut newest, mut newest_planned) = (None::<Time>, None::<(Key, Time)>);
        loop {
            let next = select! {
                next = objects.next() => next?,
                () = self.stop.cancelled() => return Err(ShipError::Stopped),
            };
            match next {
                None => break,
                Some((Found::Object(object), delivered)) => {
                    all += 1;
                    newest = newest.max(Some(object.modified));
                    if to_send(spec.extent, delivered) {
                        digest.add(&object);
                        planned += 1;
                        bytes += object.size;
                        if newest_planned.as_ref().is_none_or(|(_, at)| *at < object.modified) {
                            newest_planned = Some((object.key, object.modified));
                        }
                    }
                }
                Some((Found::LeftOut(_), _)) => {}
                Some((Found::Unreadable(key, failed), _)) => return Err(ShipError::Key { key, source: failed.error }),
            }
        }
        if spec.plan != Some(digest.finish()) {
            return Err(ShipError::PlanChanged { objects: planned, bytes, newest: newest_planned });
        }
        self.tracker.confirm(Confirmed { objects: all, newest });
        Ok(())
    }

    /// Ships the objects that `feed` queues, with bounded concurrency.
    async fn ship_all<F>(&self, feed: impl FnOnce(Sender<(Ticket, Listed)>) -> F) -> Result<(), ShipError>
    where
        F: Future<Output = Result<(), ShipError>> + Send + 'static,
    {
        let (sender, mut queue) = mpsc::channel(AHEAD);
        let feeder = AbortOnDropHandle::new(tokio::spawn(feed(sender)));
        let mut in_flight = JoinSet::new();
        let most = self.shipment.options.objects_at_once.max(1);
        let mut listed = false;
        while !(listed && in_flight.is_empty()) {
            select! {
                biased;
                () = self.stop.cancelled() => {
                    drain(in_flight).await;
                    return Err(ShipError::Stopped);
                }
                Some(ended) = in_flight.join_next() => if let Err(error) = ended? {
                    drain(in_flight).await;
                    return Err(error);
                },
                next = queue.recv(), if !listed && in_flight.len() < most => match next {
                    Some((ticket, object)) => {
                        let shipper = self.shipper.clone();
                        in_flight.spawn(async move { shipper.ship_one(ticket, &object).await });
                    }
                    None => listed = true,
                },
            }
        }
        feeder.await?
    }

    fn proof(&self) -> Shipped {
        let totals = self.tracker.totals();
        let sink = self.shipment.sink.as_ref();
        Shipped {
            at: now(),
            objects: totals.objects(),
            shipped: totals.shipped,
            skipped: totals.skipped,
            failed: totals.failed,
            left_out: totals.left_out,
            lines: totals.lines,
            unparsed: totals.unparsed,
            quarantined: totals.quarantined,
            excepted: totals.excepted,
            undelivered: totals.undelivered,
            sink: sink.map(Sink::name),
            acknowledged: sink.is_some_and(Sink::acknowledges),
        }
    }
}

/// Lets objects in flight finish within the grace period. The rest is dropped and stays unsettled.
async fn drain(mut in_flight: JoinSet<Result<(), ShipError>>) {
    let _ = timeout(GRACE, async { while in_flight.join_next().await.is_some() {} }).await;
}

impl Shipper {
    async fn ship_one(&self, ticket: Ticket, object: &Listed) -> Result<(), ShipError> {
        self.tracker.begin(ticket);
        let fate = self.ship(ticket, object).await?;
        self.tracker.settle(ticket, &object.key, fate);
        Ok(())
    }
}

/// Admits listed objects and queues those to send.
struct Feeder {
    objects: Checked,
    spec: ReprocessSpec,
    plan: Option<Confirmed>,
    shipper: Shipper,
}

impl Feeder {
    async fn list(mut self, queue: Sender<(Ticket, Listed)>) -> Result<(), ShipError> {
        while let Some((found, delivered)) = self.objects.next().await? {
            let (object, fate) = match found {
                Found::Object(object) if self.plan.as_ref().is_some_and(|plan| !plan.may_hold(&object)) => continue,
                Found::Object(object) if to_send(self.spec.extent, delivered) => (object, None),
                Found::Object(object) => (object, Some(KeyOutcome::Skipped)),
                Found::LeftOut(object) => (object, Some(KeyOutcome::LeftOut)),
                Found::Unreadable(key, failed) => {
                    let fate = self.shipper.unreadable(key.clone(), &failed);
                    (Listed { key, size: 0, etag: None, modified: Time(0), class: None }, Some(fate))
                }
            };
            let Some(ticket) = self.shipper.tracker.admit(&object).await else { continue };
            match fate {
                Some(fate) => self.shipper.tracker.settle(ticket, &object.key, fate),
                None if queue.send((ticket, object)).await.is_err() => return Ok(()), // who took from it says why
                None => {}
            }
        }
        self.shipper.tracker.all_listed();
        Ok(())
    }
}

/// Requests each key's object again and queues it.
async fn again(
    shipper: Shipper,
    ledger: Arc<dyn Ledger>,
    mut keys: Receiver<Key>,
    queue: Sender<(Ticket, Listed)>,
) -> Result<(), ShipError> {
    while let Some(key) = keys.recv().await {
        let earlier = ledger.earlier(&key).await?;
        let ticket = shipper.tracker.admit_retry(earlier).await;
        match shipper.store.head(&shipper.bucket, &key).await {
            Ok(head) => {
                if queue.send((ticket, head.object)).await.is_err() {
                    return Ok(());
                }
            }
            Err(failed) if failed.error.fatal() => return Err(failed.error.into()),
            Err(failed) => shipper.tracker.settle(ticket, &key, shipper.unreadable(key.clone(), &failed)),
        }
    }
    Ok(())
}
