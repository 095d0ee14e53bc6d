//! A bucket of many pages is read by several readers at once: every key once, from root to leaf, and a clone that is
//! killed goes on in each of its ranges.

use std::sync::{Arc, Mutex};

use engine::clone::{Checkpoint, RangeState, Taken, Tracker, run};
use model::{Limit, Progress, StretchState};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, QUICK, TestBuckets, connect, options, source_to_destination},
};

const OBJECTS: usize = 12_000;
/// Missing at the destination, all over the key space.
const MISSING: usize = 120;

/// Keys in a few hundred folders and in none; nearly all of them at the destination too.
async fn buckets() -> TestBuckets {
    let buckets = TestBuckets::new().await;
    for bucket in ["source", "destination"] {
        buckets.store.seed_spread(bucket, OBJECTS / 2, 300).await.unwrap();
        buckets.store.seed_objects(bucket, OBJECTS / 2).await.unwrap();
    }
    for number in 0..MISSING {
        let key = match number * (OBJECTS / MISSING) {
            spread if spread < OBJECTS / 2 => format!("{:03}/{spread:08}", spread % 300),
            other => format!("objects/{:02}/{:08}", (other - OBJECTS / 2) / 1_000, other - OBJECTS / 2),
        };
        buckets.store.delete("destination", &key).unwrap();
    }
    buckets
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readers_settle_every_key_once() {
    let buckets = buckets().await;
    let finished = buckets.clone(&source_to_destination()).await;
    finished.is_equal();
    let progress = &finished.taken.progress;
    assert_eq!((progress.found, progress.done), (OBJECTS as u64, MISSING as u64));
    assert_eq!(buckets.copies(), MISSING as u64);
    assert!(progress.ranges.len() > 1, "{:?}", progress.ranges);
    assert_eq!(progress.ranges.iter().map(|stretch| stretch.settled).sum::<u64>(), OBJECTS as u64);
    assert!(progress.ranges.iter().all(|stretch| stretch.state == StretchState::Done));
    let [range] = finished.taken.checkpoint.ranges.as_slice() else { panic!("{:?}", finished.taken.checkpoint) };
    assert_eq!((&range.after, &range.last, range.state), (&None, &None, RangeState::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_shows_key_map_and_limit() {
    let buckets = buckets().await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let (seen, watched) = (Arc::new(Mutex::new(Taken::default())), tracker.clone());
    let noted = Arc::clone(&seen);
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        if request.kind == Kind::Copy && request.number == MISSING / 2 {
            *noted.lock().unwrap() = watched.take();
        }
        std::future::ready(match request.kind {
            Kind::Copy if request.number == 3 => Fate::Refuse(503, "SlowDown"),
            _ => Fate::Forward,
        })
    })
    .await;
    let store = connect(proxy.url()).await;
    let stop = CancellationToken::new();
    run(&source_to_destination(), &store, &store, &options(), None, &tracker, &stop).await.unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let (progress, checkpoint) = (seen.progress, seen.checkpoint);
    assert!(progress.concurrency > 0);
    assert_eq!(progress.refused, 1);
    assert!(matches!(progress.limit, None | Some(Limit::Throttling)), "{:?}", progress.limit);
    let settled = progress.ranges.iter().map(|stretch| stretch.settled).sum::<u64>();
    assert_eq!(settled, progress.settled());
    assert!(progress.ranges.is_sorted_by(|left, right| left.after < right.after));
    let ranges = &checkpoint.ranges;
    assert!(ranges.windows(2).all(|pair| pair[0].last.is_some() && pair[0].last == pair[1].after), "{ranges:?}");
    assert_eq!((&ranges[0].after, &ranges[ranges.len() - 1].last), (&None, &None));
}

#[tokio::test(flavor = "multi_thread")]
async fn clone_killed_in_many_ranges_resumes_each() {
    let buckets = buckets().await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let (row, dead) = (Arc::new(Mutex::new(Taken::default())), Arc::new(Notify::new()));
    let (watched, written, dying) = (tracker.clone(), Arc::clone(&row), Arc::clone(&dead));
    let proxy = Proxy::before(&buckets.store.url(), move |request| {
        if request.kind == Kind::Copy && request.number == MISSING / 3 {
            *written.lock().unwrap() = watched.take();
            dying.notify_one();
        }
        std::future::ready(match request.kind {
            Kind::Copy if request.number >= MISSING / 3 => Fate::Hang,
            _ => Fate::Forward,
        })
    })
    .await;
    let store = connect(proxy.url()).await.patient(QUICK);
    let (spec, options, stop) = (source_to_destination(), options(), CancellationToken::new());
    tokio::select! {
        result = run(&spec, &store, &store, &options, None, &tracker, &stop) => panic!("not killed: {result:?}"),
        () = dead.notified() => {}
    }
    let row = std::mem::take(&mut *row.lock().unwrap());
    let checkpoint = serde_json::from_str(&serde_json::to_string(&row.checkpoint).unwrap()).unwrap();
    let tracker = Tracker::resume(row.progress, checkpoint);
    let store = buckets.engine().await;
    let result = run(&spec, &store, &store, &options, None, &tracker, &stop).await;
    let finished = Finished { result, taken: tracker.take() };
    finished.is_equal();
    assert_eq!(finished.taken.progress.found, OBJECTS as u64);
    assert!(buckets.copies() <= (MISSING + options.concurrency) as u64, "{}", buckets.copies());
}
