//! Random histories: both tables change in every way while they are synced, requests fail and processes die. Once the
//! history is over the tables become equal, whatever happened. That nothing local is deleted the world itself asserts.

use std::collections::BTreeMap;

use engine::sync::{
    Answer, BatchLimits, Checkpoint, Evaluation, Evidence, Guard, Limits, Options, Step, Strategy, SyncFault, Verdict,
};
use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::world::{Poison, World};

/// What may happen between two requests.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Insert,
    InsertPoison(Poison),
    Update,
    Delete,
    /// A new row gets its version in a transaction that is not committed yet.
    Begin,
    Commit,
    /// The remote has a row that never was local.
    Ghost,
    /// The remote loses a row.
    Lose,
    /// As many of one as of the other.
    Cancel,
    /// The remote has an older version of a row, or a newer one that never was.
    Older,
    Newer,
}

pub fn event() -> BoxedStrategy<Event> {
    let poison = prop_oneof![Just(Poison::Named), Just(Poison::Refused), Just(Poison::Deadly)];
    prop_oneof![
        6 => Just(Event::Insert),
        1 => poison.prop_map(Event::InsertPoison),
        4 => Just(Event::Update),
        4 => Just(Event::Delete),
        2 => Just(Event::Begin),
        2 => Just(Event::Commit),
        1 => Just(Event::Ghost),
        1 => Just(Event::Lose),
        1 => Just(Event::Cancel),
        1 => Just(Event::Older),
        1 => Just(Event::Newer),
    ]
    .boxed()
}

pub fn options(strategy: Strategy, tight: bool) -> Options {
    let limits = Limits { thorough_every: 0, ..Limits::default() };
    let tight_limits = Limits {
        wide_splits: 1,
        splits: 2,
        list: 2,
        list_stale: 3,
        rows: 5,
        found: 4,
        page: 3,
        turn: 3,
        ..limits.clone()
    };
    Options {
        strategy,
        batch: BatchLimits { max: 7, step: 2, target: 1_000 },
        guard: Guard { rows: 5, percent: 20 },
        limits: if tight { tight_limits } else { limits },
        ..Options::default()
    }
}

pub fn happen(world: &mut World, event: Event, dice: &mut StdRng) {
    let key = dice.random_range(1..1_000_000);
    let any = |table: &BTreeMap<u64, u64>, dice: &mut StdRng| {
        let nth = dice.random_range(0..table.len().max(1));
        table.keys().nth(nth).copied()
    };
    let local = any(&world.local, dice);
    let remote = any(&world.remote, dice);
    match event {
        Event::Insert => world.write(key),
        Event::InsertPoison(poison) => {
            world.poison.insert(key, poison);
            world.write(key);
        }
        Event::Update => rewrite(world, local),
        Event::Delete => world.local.retain(|key, _| Some(*key) != local),
        Event::Begin => {
            let version = world.version();
            world.open.insert(version, key);
        }
        Event::Commit => {
            let open: Vec<_> = world.open.keys().copied().collect();
            if !open.is_empty() {
                let version = open[dice.random_range(0..open.len())];
                let key = world.open.remove(&version).unwrap();
                world.local.entry(key).or_insert(version);
            }
        }
        Event::Ghost => {
            let version = world.version();
            world.remote.insert(key + 1_000_000, version);
        }
        Event::Lose => world.remote.retain(|key, _| Some(*key) != remote),
        Event::Cancel => {
            happen(world, Event::Ghost, dice);
            happen(world, Event::Lose, dice);
        }
        Event::Older | Event::Newer => {
            let version = world.version();
            world.remote.extend(local.map(|key| (key, version)));
            if matches!(event, Event::Older) {
                rewrite(world, local);
            }
        }
    }
}

fn rewrite(world: &mut World, key: Option<u64>) {
    if let Some(key) = key {
        world.write(key);
    }
}

/// Carries a step to the world over a network that sometimes loses the request, sometimes the answer.
fn carry(world: &mut World, step: &Step, faults: bool, dice: &mut StdRng) -> Result<Answer, SyncFault> {
    if faults && dice.random_ratio(1, 12) {
        return Err(SyncFault::Unavailable("timed out".to_owned()));
    }
    let answer = world.serve(step);
    if faults && dice.random_ratio(1, 12) {
        return Err(SyncFault::Unavailable("connection reset".to_owned()));
    }
    answer
}

fn live_through(
    world: &mut World,
    history: &[Event],
    options: &Options,
    faults: bool,
    dice: &mut StdRng,
) -> Checkpoint {
    let mut saved = String::from("null");
    let mut now = 0;
    let mut events = history.iter();
    while events.len() > 0 {
        now += 30_000;
        let checkpoint = serde_json::from_str::<Option<Checkpoint>>(&saved).unwrap().unwrap_or_default();
        let mut evaluation = Evaluation::new(options.clone(), checkpoint, now);
        loop {
            for event in events.by_ref().take(dice.random_range(0..3)) {
                happen(world, *event, dice);
            }
            let step = evaluation.step();
            if let Step::Done(verdict) = &step {
                let mut checkpoint = evaluation.checkpoint().clone();
                if let Verdict::Waiting(mass) = verdict {
                    checkpoint.approved = mass.rows;
                }
                saved = serde_json::to_string(&checkpoint).unwrap();
                if let Some(event) = events.next() {
                    happen(world, *event, dice);
                }
                break;
            }
            let answer = carry(world, &step, faults, dice);
            evaluation.answer(answer, dice.random_range(0..3_000));
            if dice.random_ratio(1, 3) {
                saved = serde_json::to_string(evaluation.checkpoint()).unwrap();
            }
            if faults && dice.random_ratio(1, 30) {
                break; // the process dies
            }
        }
    }
    serde_json::from_str::<Option<Checkpoint>>(&saved).unwrap().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_tables_become_equal(
        rows in 0_u64..80,
        history in proptest::collection::vec(event(), 0..120),
        scan in any::<bool>(),
        tight in any::<bool>(),
        safe in any::<bool>(),
        faults in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let options = options(if scan { Strategy::Scan } else { Strategy::Ranges }, tight);
        let mut dice = StdRng::seed_from_u64(seed);
        let mut world = World { safe, ..World::in_step(rows) };
        let mut checkpoint = live_through(&mut world, &history, &options, faults, &mut dice);

        for (version, key) in std::mem::take(&mut world.open) {
            world.local.entry(key).or_insert(version);
        }
        let mut now = 1_000_000_000;
        let evidence = if scan { Evidence::Scan } else { Evidence::Cells };
        let Verdict::InSync { below, shown_by, quarantined } = world.settle(&options, &mut checkpoint, &mut now) else {
            unreachable!()
        };
        prop_assert_eq!(shown_by, evidence);
        prop_assert_eq!(below, world.next_version);
        let differing = world.differing();
        prop_assert!(differing.iter().all(|key| world.poison.contains_key(key)), "{:?} {:?}", differing, world);
        prop_assert_eq!(quarantined, differing.len());

        world.poison.clear();
        for _ in 0..50 {
            if world.differing().is_empty() && checkpoint.quarantine.is_empty() {
                break;
            }
            world.settle(&options, &mut checkpoint, &mut now);
        }
        prop_assert_eq!(&world.local, &world.remote);
        prop_assert!(checkpoint.quarantine.is_empty());
    }
}
