//! Random histories once more, driven: both ends are asked at once, rows change while they travel, and the process is
//! stopped, loses the table to another, or dies anywhere, to go on from what its observer kept.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::sync::{
    Allowance, Checkpoint, Ends, Evaluation, Fault, Halt, Observer, Strategy, Terms, Told, Verdict, drive,
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
    async fn told(&mut self, told: &Told<'_>) -> bool {
        let lost = self.moody && self.dice.random_ratio(1, 20);
        if lost {
            return false;
        }
        self.saved = serde_json::to_string(&told.evaluation.to_keep()).unwrap();
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
            return Err(Fault::Unavailable("connection reset".to_owned()));
        }
        Ok(())
    })
}

async fn live(world: World, history: Vec<Event>, options: engine::sync::Options, moody: bool, seed: u64) -> World {
    let left = Arc::new(Mutex::new(history.len()));
    let (shared, local, remote) = ends(world, weather(history, moody, seed, Arc::clone(&left)));
    let ends = Ends { local: &local, remote: &remote, patience: Duration::from_secs(10) };
    let allowance = Allowance::new(NonZeroU32::MAX, NonZeroU32::MAX);
    let mut keeper =
        Keeper { saved: "null".to_owned(), dice: StdRng::seed_from_u64(seed), stop: CancellationToken::new(), moody };
    let mut calm_since = 0;
    for evaluations in 0..2_000_u64 {
        keeper.stop = CancellationToken::new();
        let checkpoint: Option<Checkpoint> = serde_json::from_str(&keeper.saved).unwrap();
        let now = evaluations * 24 * 60 * 60_000;
        let mut evaluation = Evaluation::new(options.clone(), checkpoint.unwrap_or_default(), now);
        let stop = keeper.stop.clone();
        let terms = Terms { allowance: &allowance, stop: &stop };
        let driven = if moody && keeper.dice.random_ratio(1, 4) {
            // Killed: it is not polled again, wherever it is.
            let polls = keeper.dice.random_range(1..200);
            let mut driving = Box::pin(drive(&mut evaluation, ends, &terms, &mut keeper));
            let mut polled = 0;
            std::future::poll_fn(|context| {
                polled += 1;
                match driving.as_mut().poll(context) {
                    _ if polled > polls => std::task::Poll::Ready(None),
                    std::task::Poll::Ready(driven) => std::task::Poll::Ready(Some(driven)),
                    std::task::Poll::Pending => std::task::Poll::Pending,
                }
            })
            .await
        } else {
            Some(drive(&mut evaluation, ends, &terms, &mut keeper).await)
        };
        let over = *left.lock().unwrap() == 0;
        let Some(driven) = driven else { continue };
        match driven.verdict {
            Ok(Verdict::InStep { .. }) if over => {
                calm_since += 1;
                let world = shared.world().clone();
                if world.differing().is_empty() && world.open.is_empty() || calm_since > 60 {
                    return world;
                }
                let mut world = shared.world();
                world.poison.clear();
                for (version, key) in std::mem::take(&mut world.open) {
                    world.local.entry(key).or_insert(version);
                }
            }
            Ok(Verdict::Waiting(mass)) => {
                let mut checkpoint = evaluation.checkpoint().clone();
                checkpoint.approved = mass.rows;
                keeper.saved = serde_json::to_string(&checkpoint).unwrap();
                continue;
            }
            Ok(_) | Err(Halt::Stopped) => {}
            // Another has gone on; what was kept last is what it goes on from.
            Err(Halt::Lost) => continue,
        }
        keeper.saved = serde_json::to_string(&evaluation.to_keep()).unwrap();
        keeper.moody &= !over;
    }
    panic!("not in step: {:?}, {}", shared.world(), keeper.saved);
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
