//! A reprocess killed at any moment resumes from the last take: no event is lost, and ids deduplicate events sent
//! twice.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use engine::{
    s3::Listed,
    ship::{Checkpoint, Ledger, LedgerError, ShipError, Shipment, Taken, Tracker, run},
};
use futures::future::BoxFuture;
use model::{Key, Progress, Summary};
use rand::{Rng, SeedableRng, rngs::StdRng};
use testing::{Span as _, eventually, seen, within};
use tokio_util::sync::CancellationToken;

use super::dock::{Dock, all_of, go_on, gzip, records};

const OBJECTS: usize = 30;
const RECORDS: usize = 400;

async fn dock() -> Dock {
    let dock = Dock::new().await;
    for object in 0..OBJECTS {
        dock.put(&format!("elb/{object:02}.log.gz"), gzip(records(object * RECORDS, RECORDS))).await;
    }
    dock
}

/// What a caller has stored: the last that was taken before the crash.
#[derive(Default)]
struct Stored {
    progress: Progress,
    checkpoint: Checkpoint,
    runs: usize,
}

impl Stored {
    fn keep(&mut self, taken: Taken) {
        self.runs += taken.runs.len();
        (self.progress, self.checkpoint) = (taken.progress, taken.checkpoint);
    }
}

/// Runs until it is done or dropped in the middle; answers whether it was done.
async fn until_killed(shipment: &Shipment, stored: &mut Stored, after: Duration) -> bool {
    let tracker = Tracker::resume(stored.progress.clone(), stored.checkpoint.clone());
    let stop = CancellationToken::new();
    let work = run(shipment, None, &tracker, &stop);
    tokio::pin!(work);
    let killed = tokio::time::sleep(after); // real time: the moment of the end is the subject
    tokio::pin!(killed);
    let mut beat = tokio::time::interval(Duration::from_millis(3));
    loop {
        tokio::select! {
            result = &mut work => {
                result.unwrap();
                stored.keep(tracker.take());
                return true;
            }
            _ = beat.tick() => stored.keep(tracker.take()),
            () = &mut killed => return false, // what was not taken is gone with the process
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_kills_lose_and_duplicate_no_event() {
    let dock = dock().await;
    let mut random = StdRng::seed_from_u64(4);
    let mut stored = Stored::default();
    let mut killed = 0_u64;
    loop {
        let shipment = dock.shipment(all_of("source/elb/")).await;
        let after = Duration::from_millis(random.random_range(1..40 + killed)); // on a slow machine, too, it comes to an end
        if until_killed(&shipment, &mut stored, after).await {
            break;
        }
        killed += 1;
        drop(shipment);
    }
    let mut once = BTreeMap::new();
    for event in dock.events() {
        let id = event["@metadata"]["_id"].as_str().unwrap().to_owned();
        let number = super::dock::number(&event);
        assert_eq!(*once.entry(id).or_insert(number), number, "an id stands for one record");
    }
    let mut numbers: Vec<usize> = once.into_values().collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..OBJECTS * RECORDS), "after {killed} kills");
    let progress = &stored.progress;
    assert_eq!((progress.done, progress.failed, progress.found), (OBJECTS as u64, 0, OBJECTS as u64));
    assert_eq!(stored.checkpoint.totals.lines.acknowledged, (OBJECTS * RECORDS) as u64);
    assert!(stored.checkpoint.done && stored.checkpoint.settled.is_empty());
    assert_eq!(stored.runs, OBJECTS, "each object's run is told once");
}

#[tokio::test]
async fn stop_finishes_objects_in_flight() {
    let dock = dock().await;
    let shipment = dock.shipment(all_of("source/elb/")).await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let stop = CancellationToken::new();
    let stopping = async {
        let done = || seen(tracker.take().progress.done, |done| *done >= 3);
        eventually("three objects are done", within(1.mins()).every(1.millis()), done).await;
        stop.cancel();
    };
    let (result, ()) = tokio::join!(run(&shipment, None, &tracker, &stop), stopping);
    assert!(matches!(result, Err(ShipError::Stopped)), "{result:?}");
    let taken = tracker.take();
    assert!((3..OBJECTS as u64).contains(&taken.progress.done), "{:?}", taken.progress);
    assert_eq!(taken.progress.in_flight, 0);
    let came = go_on(&shipment, taken.progress, taken.checkpoint, Vec::new()).await;
    came.delivered((OBJECTS * RECORDS) as u64);
    assert_eq!(dock.events().len(), OBJECTS * RECORDS, "nothing was in flight, so nothing is sent twice");
}

#[tokio::test]
async fn returned_changes_are_taken_again() {
    let dock = Dock::new().await;
    dock.put("elb/a", "bad\n").await;
    let shipment = dock.shipment(all_of("source/elb/")).await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    run(&shipment, None, &tracker, &CancellationToken::new()).await.unwrap();
    let taken = tracker.take();
    assert_eq!((taken.failures.len(), taken.runs.len()), (1, 1));
    tracker.put_back(taken);
    let again = tracker.take();
    assert_eq!((again.failures.len(), again.runs.len()), (1, 1));
    let json = serde_json::to_string(&again.checkpoint).unwrap();
    assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), again.checkpoint);
}

/// Knows the figures of an object's earlier run, as a database does.
struct Remembers(Mutex<Option<Summary>>);

impl Ledger for Remembers {
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        Box::pin(std::future::ready(Ok(vec![false; objects.len()])))
    }

    fn earlier<'a>(&'a self, _: &'a Key) -> BoxFuture<'a, Result<Option<Summary>, LedgerError>> {
        Box::pin(std::future::ready(Ok(self.0.lock().unwrap().clone())))
    }
}

#[tokio::test]
async fn retried_object_replaces_its_counts() {
    let dock = Dock::new().await;
    dock.put("elb/a", "bad\nworse\n").await;
    dock.put("elb/b", records(3, 2)).await;
    let ledger = Arc::new(Remembers(Mutex::default()));
    let shipment = Shipment { ledger: ledger.clone(), ..dock.shipment(all_of("source/elb/")).await };
    let came = super::dock::reprocess(&shipment).await;
    assert_eq!((came.proof().unparsed, came.proof().lines.encountered, came.proof().failed), (2, 4, 1));
    *ledger.0.lock().unwrap() =
        came.taken.runs.iter().find(|run| run.key.as_str() == "elb/a").map(|run| run.summary.clone());
    dock.put("elb/a", records(0, 4)).await;
    let keys = vec!["elb/a".parse().unwrap()];
    let again = go_on(&shipment, came.taken.progress, came.taken.checkpoint, keys).await;
    let proof = again.proof();
    assert_eq!((proof.unparsed, proof.failed, proof.shipped), (0, 0, 2));
    assert_eq!((proof.lines.encountered, proof.lines.acknowledged), (6, 6), "each object once, as it was read last");
}
