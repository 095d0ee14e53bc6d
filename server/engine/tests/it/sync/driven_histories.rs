//! Random histories once more, driven: both ends are asked at once, rows change while they travel, and the process is
//! stopped, loses the table to another, or dies anywhere, to go on from what its observer kept.

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

use super::ends::{Weather, ends};
use super::random_histories::{Event, event, happen, options};
use super::world::World;

/// Keeps what it is told, as text, and has its moods.
struct Keeper {
    saved: String,
    dice: StdRng,
    stop: CancellationToken,
    moody: bool,
}

#[async_trait]
impl Observer for Keeper {
    async fn report(&mut self, progress: &SyncProgress<'_>) -> bool {
        let lost = self.moody && self.dice.random_ratio(1, 20);
        if lost {
            return false;
        }
        self.saved = serde_json::to_string(&progress.evaluation.to_keep()).unwrap();
        if self.moody && self.dice.random_ratio(1, 15) {
            self.stop.cancel();
        }
        true
    }
}

fn weather(history: Vec<Event>, faults: bool, seed: u64, left: Arc<Mutex<usize>>) -> Weather {
    let (mut events, mut dice) = (history.into_iter(), StdRng::seed_from_u64(seed));
    Box::new(move |world| {
        for event in events.by_ref().take(dice.random_range(0..2)) {
            happen(world, event, &mut dice);
        }
        *left.lock().unwrap() = events.len();
        if faults && events.len() > 0 && dice.random_ratio(1, 25) {
            return Err(SyncFault::Unavailable("connection reset".to_owned()));
        }
        Ok(())
    })
}

/// What it comes to, unless it is dropped first, wherever it is.
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

async fn live(world: World, history: Vec<Event>, options: engine::sync::Options, moody: bool, seed: u64) -> World {
    let left = Arc::new(Mutex::new(history.len()));
    let (shared, local, remote) = ends(world, weather(history, moody, seed, Arc::clone(&left)));
    let ends = Endpoints { local: &local, remote: &remote, timeout: Duration::from_secs(10) };
    let allowance = Allowance::new(NonZeroU32::MAX, NonZeroU32::MAX);
    let mut keeper =
        Keeper { saved: "null".to_owned(), dice: StdRng::seed_from_u64(seed), stop: CancellationToken::new(), moody };
    let mut last = None;
    for evaluations in 0..1_000_u64 {
        keeper.stop = CancellationToken::new();
        let checkpoint: Option<Checkpoint> = serde_json::from_str(&keeper.saved).unwrap();
        let now = evaluations * 24 * 60 * 60_000;
        let mut evaluation = Evaluation::new(options.clone(), checkpoint.unwrap_or_default(), now);
        let stop = keeper.stop.clone();
        let controls = Controls { allowance: &allowance, stop: &stop };
        let driven = if moody && keeper.dice.random_ratio(1, 4) {
            let polls = keeper.dice.random_range(1..200);
            die_after(polls, drive(&mut evaluation, ends, &controls, &mut keeper)).await
        } else {
            Some(drive(&mut evaluation, ends, &controls, &mut keeper).await)
        };
        let over = *left.lock().unwrap() == 0;
        if over {
            shared.world().settle_down();
            keeper.moody = false;
        }
        let Some(driven) = driven else { continue };
        last = Some(driven.verdict.clone());
        let equal = shared.world().differing().is_empty();
        match driven.verdict {
            Ok(Verdict::InSync { quarantined: 0, .. }) if over && equal => return shared.world().clone(),
            Ok(Verdict::Waiting(mass)) => {
                let mut checkpoint = evaluation.checkpoint().clone();
                checkpoint.approved = mass.rows;
                keeper.saved = serde_json::to_string(&checkpoint).unwrap();
            }
            Ok(_) | Err(Halt::Stopped) => keeper.saved = serde_json::to_string(&evaluation.to_keep()).unwrap(),
            // Another goes on from what was kept last.
            Err(Halt::LeaseLost) => {}
        }
    }
    panic!("not in step: {} events left, {}, {last:?}, {:?}", left.lock().unwrap(), keeper.saved, shared.world());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn driven_through_stops_losses_and_deaths_the_tables_become_equal(
        rows in 0_u64..60,
        history in proptest::collection::vec(event(), 0..120),
        scan in any::<bool>(),
        tight in any::<bool>(),
        moody in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let options = options(if scan { Strategy::Scan } else { Strategy::Ranges }, tight);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let world = runtime.block_on(live(World::in_step(rows), history, options, moody, seed));
        prop_assert_eq!(world.local, world.remote);
    }
}
