//! What a sync promises, one by one.

use engine::sync::{
    Answer, BatchLimits, Checkpoint, Evaluation, Evidence, Limits, MassDelete, Options, Purpose, Step, Strategy,
    Verdict,
};

use super::world::{Poison, World};

const STRATEGIES: [Strategy; 2] = [Strategy::Ranges, Strategy::Scan];

fn options(strategy: Strategy) -> Options {
    Options { strategy, ..Options::default() }
}

fn in_step(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::InSync { quarantined: 0, .. })
}

#[test]
fn an_empty_remote_is_filled() {
    for strategy in STRATEGIES {
        let mut world = World { remote: [].into(), ..World::in_step(5_000) };
        let mut checkpoint = Checkpoint::default();
        world.settle(&options(strategy), &mut checkpoint, &mut 0);
        assert_eq!((world.local == world.remote, world.sent), (true, 5_000), "each row once");
    }
}

#[test]
fn as_many_ghosts_as_missing_rows_are_not_taken_for_equality() {
    for (strategy, shown_by) in [(Strategy::Ranges, Evidence::Cells), (Strategy::Scan, Evidence::Scan)] {
        let mut world = World::in_step(3_000);
        for key in 500..505 {
            world.remote.remove(&key);
            world.remote.insert(key + 10_000, key);
        }
        let verdict = world.settle(&options(strategy), &mut Checkpoint::default(), &mut 0);
        assert_eq!(verdict, Verdict::InSync { below: 3_001, shown_by, quarantined: 0 });
        assert_eq!(world.local, world.remote);
    }
}

#[test]
fn a_count_is_called_a_count() {
    let mut world = World::in_step(3_000);
    let (options, mut checkpoint, mut now) = (options(Strategy::Scan), Checkpoint::default(), 0);
    world.settle(&options, &mut checkpoint, &mut now);
    let requests = world.requests;
    let verdict = world.evaluate(&options, &mut checkpoint, now + 1);
    assert_eq!(verdict, Verdict::InSync { below: 3_001, shown_by: Evidence::Count, quarantined: 0 });
    assert_eq!(world.requests - requests, 2, "how both are, and a count");
}

#[test]
fn an_emptied_local_table_deletes_nothing_without_a_yes() {
    for strategy in STRATEGIES {
        let mut world = World { local: [].into(), ..World::in_step(5_000) };
        let mut checkpoint = Checkpoint::default();
        let verdict = world.evaluate(&options(strategy), &mut checkpoint, 0);
        let Verdict::Waiting(MassDelete { rows, remote_rows: 5_000 }) = verdict else { panic!("{verdict:?}") };
        assert_eq!((world.deleted, world.remote.len(), rows), (0, 5_000, 5_000));
        checkpoint.approved = rows;
        for now in 1..20 {
            world.evaluate(&options(strategy), &mut checkpoint, now);
        }
        assert!(world.remote.is_empty(), "{} left", world.remote.len());
    }
}

#[test]
fn a_thousand_updates_are_no_mass_delete() {
    for strategy in STRATEGIES {
        let mut world = World::in_step(3_000);
        (1..=2_000).for_each(|key| world.write(key));
        for now in 0..5 {
            let verdict = world.evaluate(&options(strategy), &mut Checkpoint::default(), now);
            assert!(!matches!(verdict, Verdict::Waiting(_)), "{verdict:?}");
        }
        assert_eq!((world.local == world.remote, world.deleted), (true, 0));
    }
}

#[test]
fn another_database_than_before_stops_everything() {
    for strategy in STRATEGIES {
        let mut world = World::in_step(100);
        let mut checkpoint = Checkpoint::default();
        world.settle(&options(strategy), &mut checkpoint, &mut 0);
        world.epoch = "restored".to_owned();
        world.local.remove(&7);
        let verdict = world.evaluate(&options(strategy), &mut checkpoint, 1);
        assert_eq!(verdict, Verdict::EpochChanged { was: "first".to_owned(), is: "restored".to_owned() });
        assert_eq!(world.remote.len(), 100);
    }
}

#[test]
fn a_row_that_cannot_be_sent_is_set_aside_and_the_others_arrive() {
    for strategy in STRATEGIES {
        for poison in [Poison::Named, Poison::Refused, Poison::Deadly] {
            let mut world = World { remote: [].into(), poison: [(400, poison)].into(), ..World::in_step(1_000) };
            let (options, mut checkpoint, mut now) = (options(strategy), Checkpoint::default(), 0);
            let verdict = world.settle(&options, &mut checkpoint, &mut now);
            assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
            assert_eq!(world.differing().into_iter().collect::<Vec<_>>(), [400], "{poison:?}");
            let entry = checkpoint.quarantine.entries().next().unwrap().clone();
            assert_eq!((entry.mark.key, entry.refusal.is_empty()), (400, false));

            let requests = world.requests;
            world.evaluate(&options, &mut checkpoint, now + 1);
            assert_eq!(world.requests - requests, 2, "it causes no search");

            world.poison.clear();
            world.settle(&options, &mut checkpoint, &mut now);
            assert_eq!((world.local == world.remote, checkpoint.quarantine.is_empty()), (true, true));
        }
    }
}

#[test]
fn a_changed_row_that_cannot_be_sent_keeps_its_old_version_at_the_remote() {
    for strategy in STRATEGIES {
        let mut world = World { poison: [(40, Poison::Refused)].into(), ..World::in_step(1_000) };
        world.write(40);
        let (options, mut checkpoint, mut now) = (options(strategy), Checkpoint::default(), 0);
        let verdict = world.settle(&options, &mut checkpoint, &mut now);
        assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
        assert_eq!(world.remote.get(&40), Some(&40));
        world.local.remove(&40);
        let verdict = world.settle(&options, &mut checkpoint, &mut now);
        assert_eq!((in_step(&verdict), world.remote.get(&40)), (true, None), "until it is deleted");
    }
}

#[test]
fn deletes_arrive_though_every_evaluation_has_rows_to_send() {
    for strategy in STRATEGIES {
        let mut world = World::in_step(2_000);
        let limits = Limits { turn: 2, ..Limits::default() };
        let batch = BatchLimits { max: 100, ..BatchLimits::default() };
        let options = Options { limits, batch, ..options(strategy) };
        let mut checkpoint = Checkpoint::default();
        world.local.retain(|key, _| key % 100 != 0);
        for now in 0..10 {
            (0..700).for_each(|new| world.write(10_000 + now * 1_000 + new));
            world.evaluate(&options, &mut checkpoint, now);
        }
        assert!(checkpoint.settled < world.next_version, "it never caught up");
        assert_eq!(world.deleted, 20);
    }
}

#[test]
fn rows_above_an_open_transaction_wait_for_it() {
    for strategy in STRATEGIES {
        let mut world = World::in_step(10);
        let held_open = world.version();
        world.open.insert(held_open, 77);
        world.write(78);
        let mut checkpoint = Checkpoint::default();
        let verdict = world.settle(&options(strategy), &mut checkpoint, &mut 0);
        assert!(matches!(verdict, Verdict::InSync { below: 11, .. }), "{verdict:?}");
        assert_eq!(world.remote.len(), 10);
        world.open.clear();
        world.local.insert(77, held_open);
        world.settle(&options(strategy), &mut checkpoint, &mut 0);
        assert_eq!(world.local, world.remote);
    }
}

#[test]
fn verifying_tells_what_differs_and_changes_nothing() {
    for strategy in STRATEGIES {
        let mut world = World::in_step(3_000);
        world.local.remove(&5);
        world.remote.remove(&2_500);
        world.write(6_000);
        let before = world.clone();
        let options = Options { purpose: Purpose::Verify, ..options(strategy) };
        let verdict = world.evaluate(&options, &mut Checkpoint::default(), 0);
        assert_eq!(verdict, Verdict::Differs { stale: 1, missing: 2, all: true });
        assert_eq!((world.remote, world.local), (before.remote, before.local));
        let verdict = World::in_step(3_000).evaluate(&options, &mut Checkpoint::default(), 0);
        assert!(in_step(&verdict), "{verdict:?}");
    }
}

#[test]
fn rows_rewritten_while_they_are_compared_do_not_keep_a_table_from_being_in_step() {
    let mut world = World::in_step(3_000);
    world.local.remove(&7);
    let mut evaluation = Evaluation::new(options(Strategy::Ranges), Checkpoint::default(), 0);
    let verdict = loop {
        let step = evaluation.step();
        if let Step::Done(verdict) = step {
            break verdict;
        }
        let answer = world.serve(&step);
        if matches!(answer, Ok(Answer::Meta(_))) {
            // Both ends have been met: what is written from now on lies above what is compared.
            (100..200).for_each(|key| world.write(key));
        }
        evaluation.answer(answer, 1);
    };
    assert_eq!(verdict, Verdict::InSync { below: 3_001, shown_by: Evidence::Cells, quarantined: 0 });
    assert_eq!((world.deleted, world.differing().len()), (1, 100), "those come in their turn");
}
