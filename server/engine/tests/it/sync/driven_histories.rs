//! Random histories with a driver: both endpoints are queried concurrently, rows change in transit, and the process is
//! stopped, loses its lease, or dies at any point, then resumes from the stored checkpoint.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use engine::sync::{
    Allowance, Checkpoint, Controls, Endpoints, Evaluation, Halt, Observer, Strategy, SyncFault, SyncProgress, Verdict,
    drive,
};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio_util::sync::CancellationToken;

use super::random_histories::{Event, apply_event, event, options};
use super::test_endpoints::{Disturbance, ends};
use super::test_tables::TestTables;

/// Stores the checkpoint as text; with `faulty` it loses the lease or requests a stop at random.
struct FaultyObserver {
    saved: String,
    rng: StdRng,
    stop: CancellationToken,
    faulty: bool,
}

#[async_trait]
impl Observer for FaultyObserver {
    async fn report(&mut self, progress: &SyncProgress<'_>) -> bool {
        let lost = self.faulty && self.rng.random_ratio(1, 20);
        if lost {
            return false;
        }
        self.saved = serde_json::to_string(&progress.evaluation.to_keep()).unwrap();
        if self.faulty && self.rng.random_ratio(1, 15) {
            self.stop.cancel();
        }
        true
    }
}

fn disturbance(history: Vec<Event>, faults: bool, seed: u64, left: Arc<Mutex<usize>>) -> Disturbance {
    let (mut events, mut rng) = (history.into_iter(), StdRng::seed_from_u64(seed));
    Box::new(move |tables| {
        for event in events.by_ref().take(rng.random_range(0..2)) {
            apply_event(tables, event, &mut rng);
        }
        *left.lock().unwrap() = events.len();
        if faults && events.len() > 0 && rng.random_ratio(1, 25) {
            return Err(SyncFault::Unavailable("connection reset".to_owned()));
        }
        Ok(())
    })
}

/// The result of `work`, or `None` if it is dropped after the given number of polls.
async fn die_after<T>(polls: u32, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut polled) = (pin!(work), 0);
    poll_fn(|context| {
        polled += 1;
        match work.as_mut().poll(context) {
            Poll::Pending if polled > polls => Poll::Ready(None),
            polled => polled.map(Some),
        }
    })
    .await
}

async fn live(
    tables: TestTables,
    history: Vec<Event>,
    options: engine::sync::Options,
    faulty: bool,
    seed: u64,
) -> TestTables {
    let left = Arc::new(Mutex::new(history.len()));
    let (shared, local, remote) = ends(tables, disturbance(history, faulty, seed, Arc::clone(&left)));
    let ends = Endpoints { local: &local, remote: &remote, timeout: Duration::from_secs(10) };
    let allowance = Allowance::new(NonZeroU32::MAX, NonZeroU32::MAX);
    let mut observer = FaultyObserver {
        saved: "null".to_owned(),
        rng: StdRng::seed_from_u64(seed),
        stop: CancellationToken::new(),
        faulty,
    };
    let mut last = None;
    for evaluations in 0..1_000_u64 {
        observer.stop = CancellationToken::new();
        let checkpoint: Option<Checkpoint> = serde_json::from_str(&observer.saved).unwrap();
        let now = evaluations * 24 * 60 * 60_000;
        let mut evaluation = Evaluation::new(options.clone(), checkpoint.unwrap_or_default(), now);
        let stop = observer.stop.clone();
        let controls = Controls { allowance: &allowance, stop: &stop };
        let driven = if faulty && observer.rng.random_ratio(1, 4) {
            let polls = observer.rng.random_range(1..200);
            die_after(polls, drive(&mut evaluation, ends, &controls, &mut observer)).await
        } else {
            Some(drive(&mut evaluation, ends, &controls, &mut observer).await)
        };
        let over = *left.lock().unwrap() == 0;
        if over {
            shared.tables().settle_down();
            observer.faulty = false;
        }
        let Some(driven) = driven else { continue };
        last = Some(driven.verdict.clone());
        let equal = shared.tables().differing().is_empty();
        match driven.verdict {
            Ok(Verdict::InSync { quarantined: 0, .. }) if over && equal => return shared.tables().clone(),
            Ok(Verdict::Waiting(mass)) => {
                let mut checkpoint = evaluation.checkpoint().clone();
                checkpoint.approved = mass.rows;
                observer.saved = serde_json::to_string(&checkpoint).unwrap();
            }
            // Many rows of the copy that are newer than all local ones look like a restore.
            Ok(Verdict::EpochChanged { .. }) => {
                let mut checkpoint = evaluation.checkpoint().clone();
                checkpoint.accept(false);
                observer.saved = serde_json::to_string(&checkpoint).unwrap();
            }
            Ok(_) | Err(Halt::Stopped) => observer.saved = serde_json::to_string(&evaluation.to_keep()).unwrap(),
            // Another process continues from the last stored checkpoint.
            Err(Halt::LeaseLost) => {}
        }
    }
    panic!("not in step: {} events left, {}, {last:?}, {:?}", left.lock().unwrap(), observer.saved, shared.tables());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tables_become_equal_despite_stops_lost_leases_and_crashes(
        rows in 0_u64..60,
        history in proptest::collection::vec(event(), 0..120),
        scan in any::<bool>(),
        tight in any::<bool>(),
        faulty in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let options = options(if scan { Strategy::Scan } else { Strategy::Ranges }, tight);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let tables = runtime.block_on(live(TestTables::in_sync(rows), history, options, faulty, seed));
        prop_assert_eq!(tables.local, tables.remote);
    }
}
