//! The promises of an evaluation, one by one.

use engine::sync::{
    Answer, BatchLimits, Checkpoint, Evaluation, Evidence, Limits, MassDelete, Options, Purpose, Step, Strategy,
    Verdict,
};

use super::test_tables::{Poison, TestTables};

const STRATEGIES: [Strategy; 2] = [Strategy::Ranges, Strategy::Scan];

fn options(strategy: Strategy) -> Options {
    Options { strategy, ..Options::default() }
}

fn in_sync(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::InSync { quarantined: 0, .. })
}

#[test]
fn an_empty_remote_is_filled() {
    for strategy in STRATEGIES {
        let mut tables = TestTables { remote: [].into(), ..TestTables::in_sync(5_000) };
        let mut checkpoint = Checkpoint::default();
        tables.settle(&options(strategy), &mut checkpoint, &mut 0);
        assert_eq!((tables.local == tables.remote, tables.sent), (true, 5_000), "each row once");
    }
}

#[test]
fn equal_counts_with_different_rows_are_repaired() {
    for (strategy, shown_by) in [(Strategy::Ranges, Evidence::Cells), (Strategy::Scan, Evidence::Scan)] {
        let mut tables = TestTables::in_sync(3_000);
        for key in 500..505 {
            tables.remote.remove(&key);
            tables.remote.insert(key + 10_000, key);
        }
        let verdict = tables.settle(&options(strategy), &mut Checkpoint::default(), &mut 0);
        assert_eq!(verdict, Verdict::InSync { below: 3_001, shown_by, quarantined: 0, held_back: None });
        assert_eq!(tables.local, tables.remote);
    }
}

#[test]
fn equal_count_is_reported_as_count_evidence() {
    let mut tables = TestTables::in_sync(3_000);
    let (options, mut checkpoint, mut now) = (options(Strategy::Scan), Checkpoint::default(), 0);
    tables.settle(&options, &mut checkpoint, &mut now);
    let requests = tables.requests;
    let verdict = tables.evaluate(&options, &mut checkpoint, now + 1);
    assert_eq!(verdict, Verdict::InSync { below: 3_001, shown_by: Evidence::Count, quarantined: 0, held_back: None });
    assert_eq!(tables.requests - requests, 2, "metadata and a count");
}

#[test]
fn emptied_local_table_deletes_nothing_without_approval() {
    for strategy in STRATEGIES {
        let mut tables = TestTables { local: [].into(), ..TestTables::in_sync(5_000) };
        let mut checkpoint = Checkpoint::default();
        let verdict = tables.evaluate(&options(strategy), &mut checkpoint, 0);
        let Verdict::Waiting(MassDelete { rows, remote_rows: 5_000 }) = verdict else { panic!("{verdict:?}") };
        assert_eq!((tables.deleted, tables.remote.len(), rows), (0, 5_000, 5_000));
        checkpoint.approved = rows;
        for now in 1..20 {
            tables.evaluate(&options(strategy), &mut checkpoint, now);
        }
        assert!(tables.remote.is_empty(), "{} left", tables.remote.len());
    }
}

#[test]
fn many_updates_are_not_a_mass_delete() {
    for strategy in STRATEGIES {
        let mut tables = TestTables::in_sync(3_000);
        (1..=2_000).for_each(|key| tables.write(key));
        for now in 0..5 {
            let verdict = tables.evaluate(&options(strategy), &mut Checkpoint::default(), now);
            assert!(!matches!(verdict, Verdict::Waiting(_)), "{verdict:?}");
        }
        assert_eq!((tables.local == tables.remote, tables.deleted), (true, 0));
    }
}

#[test]
fn changed_epoch_stops_the_evaluation() {
    for strategy in STRATEGIES {
        let mut tables = TestTables::in_sync(100);
        let mut checkpoint = Checkpoint::default();
        tables.settle(&options(strategy), &mut checkpoint, &mut 0);
        tables.epoch = "restored".to_owned();
        tables.local.remove(&7);
        let verdict = tables.evaluate(&options(strategy), &mut checkpoint, 1);
        assert_eq!(verdict, Verdict::EpochChanged { was: "first".to_owned(), is: "restored".to_owned() });
        assert_eq!(tables.remote.len(), 100);
    }
}

#[test]
fn refused_row_is_quarantined_and_others_arrive() {
    for strategy in STRATEGIES {
        for poison in [Poison::Named, Poison::Refused, Poison::Deadly] {
            let mut tables =
                TestTables { remote: [].into(), poison: [(400, poison)].into(), ..TestTables::in_sync(1_000) };
            let (options, mut checkpoint, mut now) = (options(strategy), Checkpoint::default(), 0);
            let verdict = tables.settle(&options, &mut checkpoint, &mut now);
            assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
            assert_eq!(tables.differing().into_iter().collect::<Vec<_>>(), [400], "{poison:?}");
            let entry = checkpoint.quarantine.entries().next().unwrap().clone();
            assert_eq!((entry.mark.key, entry.refusal.is_empty()), (400, false));

            let requests = tables.requests;
            tables.evaluate(&options, &mut checkpoint, now + 1);
            assert_eq!(tables.requests - requests, 2, "a quarantined row causes no search");

            tables.poison.clear();
            tables.settle(&options, &mut checkpoint, &mut now);
            assert_eq!((tables.local == tables.remote, checkpoint.quarantine.is_empty()), (true, true));
        }
    }
}

#[test]
fn refused_update_keeps_the_old_remote_version() {
    for strategy in STRATEGIES {
        let mut tables = TestTables { poison: [(40, Poison::Refused)].into(), ..TestTables::in_sync(1_000) };
        tables.write(40);
        let (options, mut checkpoint, mut now) = (options(strategy), Checkpoint::default(), 0);
        let verdict = tables.settle(&options, &mut checkpoint, &mut now);
        assert!(matches!(verdict, Verdict::InSync { quarantined: 1, .. }), "{verdict:?}");
        assert_eq!(tables.remote.get(&40), Some(&40));
        tables.local.remove(&40);
        let verdict = tables.settle(&options, &mut checkpoint, &mut now);
        assert_eq!((in_sync(&verdict), tables.remote.get(&40)), (true, None), "until it is deleted");
    }
}

#[test]
fn deletes_arrive_under_constant_writes() {
    for strategy in STRATEGIES {
        let mut tables = TestTables::in_sync(2_000);
        let limits = Limits { turn: 2, ..Limits::default() };
        let batch = BatchLimits { max: 100, ..BatchLimits::default() };
        let options = Options { limits, batch, ..options(strategy) };
        let mut checkpoint = Checkpoint::default();
        tables.local.retain(|key, _| key % 100 != 0);
        for now in 0..10 {
            (0..700).for_each(|new| tables.write(10_000 + now * 1_000 + new));
            tables.evaluate(&options, &mut checkpoint, now);
        }
        assert!(checkpoint.settled < tables.next_version, "it never caught up");
        assert_eq!(tables.deleted, 20);
    }
}

#[test]
fn rows_above_an_open_transaction_wait() {
    for strategy in STRATEGIES {
        let mut tables = TestTables::in_sync(10);
        let held_open = tables.version();
        tables.open.insert(held_open, 77);
        tables.write(78);
        let mut checkpoint = Checkpoint::default();
        let verdict = tables.settle(&options(strategy), &mut checkpoint, &mut 0);
        assert!(matches!(verdict, Verdict::InSync { below: 11, .. }), "{verdict:?}");
        assert_eq!(tables.remote.len(), 10);
        tables.open.clear();
        tables.local.insert(77, held_open);
        tables.settle(&options(strategy), &mut checkpoint, &mut 0);
        assert_eq!(tables.local, tables.remote);
    }
}

#[test]
fn verification_counts_differences_and_changes_nothing() {
    for strategy in STRATEGIES {
        let mut tables = TestTables::in_sync(3_000);
        tables.local.remove(&5);
        tables.remote.remove(&2_500);
        tables.write(6_000);
        let before = tables.clone();
        let options = Options { purpose: Purpose::Verify, ..options(strategy) };
        let verdict = tables.evaluate(&options, &mut Checkpoint::default(), 0);
        assert_eq!(verdict, Verdict::Differs { stale: 1, missing: 2, changed: 0, all: true });
        assert_eq!((tables.remote, tables.local), (before.remote, before.local));
        let verdict = TestTables::in_sync(3_000).evaluate(&options, &mut Checkpoint::default(), 0);
        assert!(in_sync(&verdict), "{verdict:?}");
    }
}

#[test]
fn rows_rewritten_during_comparison_do_not_prevent_in_sync() {
    let mut tables = TestTables::in_sync(3_000);
    tables.local.remove(&7);
    let mut evaluation = Evaluation::new(options(Strategy::Ranges), Checkpoint::default(), 0);
    let verdict = loop {
        let step = evaluation.step();
        if let Step::Done(verdict) = step {
            break verdict;
        }
        let answer = tables.serve(&step);
        if matches!(answer, Ok(Answer::Meta(_))) {
            // The metadata was read: rows written from now on lie above the compared versions.
            (100..200).for_each(|key| tables.write(key));
        }
        evaluation.answer(answer, 1);
    };
    assert_eq!(verdict, Verdict::InSync { below: 3_001, shown_by: Evidence::Cells, quarantined: 0, held_back: None });
    assert_eq!((tables.deleted, tables.differing().len()), (1, 100), "the next evaluation sends them");
}
