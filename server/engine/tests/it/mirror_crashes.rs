//! A mirror that dies at any moment while it deletes, again and again, and goes on each time from what was stored.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use engine::clone::{CloneError, Taken, Tracker, run};
use model::{CloneSpec, Proof};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    mirror::{is_delete, mirror, planned},
    proxy::{Fate, Proxy},
    support::{TestBuckets, connect, options},
    traps::ODD,
};

/// More than a section of what is deleted.
const EXTRAS: usize = 400;
const SEEDS: u64 = 4;
const CRASHES: usize = 4;
/// Of a delete to come with a beat, in which what the tracker holds is stored.
const BEAT: f64 = 0.02;

type Ended = Result<Option<Proof>, CloneError>;

/// Goes on from what is stored until it ends or, at the so-manieth delete, dies. What it took last may be lost with it.
async fn attempt(
    buckets: &TestBuckets,
    spec: &CloneSpec,
    stored: &mut Taken,
    dies_at: usize,
    seed: u64,
) -> Option<Ended> {
    let row: Taken = copied(stored);
    let tracker = Tracker::resume(row.progress, row.checkpoint);
    let random = Mutex::new(StdRng::seed_from_u64(seed));
    let (rows, dead) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
    let (watched, written, dying) = (tracker.clone(), Arc::clone(&rows), Arc::clone(&dead));
    let deletes = Mutex::new(0);
    let proxy = Proxy::before(&buckets.store.url(), move |seen| {
        let mut deletes = deletes.lock().unwrap();
        *deletes += usize::from(is_delete(&seen));
        let dies = *deletes >= dies_at;
        if dies {
            dying.notify_one();
        } else if is_delete(&seen) && random.lock().unwrap().random_bool(BEAT) {
            written.lock().unwrap().push(watched.take());
        }
        std::future::ready(if dies { Fate::Hang } else { Fate::Forward })
    })
    .await;
    let store = connect(proxy.url()).await;
    let (running, on, stop) = (spec.clone(), tracker.clone(), CancellationToken::new());
    let mut task = tokio::spawn(async move { run(&running, &store, &store, &options(), None, &on, &stop).await });
    let ended = tokio::select! {
        ended = &mut task => Some(ended.unwrap()),
        () = dead.notified() => None,
    };
    if ended.is_some() {
        *stored = tracker.take();
        return ended;
    }
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let mut rows = rows.lock().unwrap();
    let kept = rows.len().saturating_sub(usize::from(seed.is_multiple_of(2)));
    rows.truncate(kept);
    if let Some(last) = rows.pop() {
        *stored = last;
    }
    None
}

/// As it comes back from a job's row.
fn copied(taken: &Taken) -> Taken {
    Taken {
        progress: serde_json::from_str(&serde_json::to_string(&taken.progress).unwrap()).unwrap(),
        checkpoint: serde_json::from_str(&serde_json::to_string(&taken.checkpoint).unwrap()).unwrap(),
        ..Taken::default()
    }
}

async fn keys(buckets: &TestBuckets, bucket: &str) -> BTreeSet<String> {
    buckets.store.contents(bucket).await.unwrap().into_keys().collect()
}

async fn crowded() -> TestBuckets {
    let buckets = TestBuckets::with(&ODD).await;
    buckets.store.seed_objects("destination", EXTRAS).await.unwrap();
    for (number, key) in ODD.iter().enumerate() {
        let body = if number % 2 == 0 { key } else { "another" };
        buckets.store.put("destination", key, body).await.unwrap();
    }
    buckets
}

#[tokio::test]
async fn mirror_killed_at_any_delete_ends_equal() {
    let (mut died, mut planned_anew) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = StdRng::seed_from_u64(seed);
        let buckets = crowded().await;
        let source = keys(&buckets, "source").await;
        let mut spec = planned(&buckets, &mirror()).await;
        let mut stored = Taken::default();
        for crash in 0.. {
            let dies_at = if crash < CRASHES { random.random_range(1..EXTRAS / 2) } else { usize::MAX };
            let ended = attempt(&buckets, &spec, &mut stored, dies_at, random.random()).await;
            let there = keys(&buckets, "destination").await;
            assert!(there.is_superset(&source), "seed {seed}: {:?} are lost", source.difference(&there));
            match ended {
                None => died += 1,
                Some(Ok(proof)) => {
                    assert!(proof.unwrap().holds(), "seed {seed}");
                    break;
                }
                // It died before anything was stored of what it had begun: somebody must look at it anew.
                Some(Err(error)) => {
                    assert_eq!(error.code(), "plan_changed", "seed {seed}: {error}");
                    (spec, stored) = (planned(&buckets, &mirror()).await, Taken::default());
                    planned_anew += 1;
                }
            }
        }
        assert_eq!(
            buckets.store.contents("destination").await.unwrap(),
            buckets.store.contents("source").await.unwrap()
        );
    }
    assert!(died >= SEEDS && planned_anew > 0, "{died} died, {planned_anew} were planned anew");
}
