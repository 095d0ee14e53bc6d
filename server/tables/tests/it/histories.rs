//! Random writes; after every few of them each kind of question is compared with the rows in memory.

use db::testing::Scratch;
use engine::sync::{Cell, Order, Span, TableEndpoint as _};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tables::Table;

use crate::test_table::{Pool, TestTable};

on_both_databases!(
    and mysql:
    answers_match_rows_without_summaries,
    answers_match_rows_with_summaries,
    cells_are_equal_in_all_databases,
);

async fn answers_match_rows_without_summaries(scratch: Scratch) {
    history(TestTable::new(scratch).await, false, 1).await;
}

async fn answers_match_rows_with_summaries(scratch: Scratch) {
    history(TestTable::new(scratch).await, true, 2).await;
}

/// All databases are compared with the same numbers.
async fn cells_are_equal_in_all_databases(scratch: Scratch) {
    let mut fixture = TestTable::new(scratch).await;
    for number in 1..200u64 {
        let key = i64::try_from(number).unwrap() * 7 - 600;
        fixture.write(key, number * number * 5).await;
    }
    let table = fixture.open().await;
    let plain = table.cells(&[Span::block_around(0, 200_000)], true, 150_001).await.unwrap();
    table.migrate().await.unwrap();
    assert_eq!(table.cells(&[Span::block_around(0, 200_000)], true, 150_001).await.unwrap(), plain);
    let mut whole = Cell::default();
    for cell in &plain {
        whole.merge(cell);
    }
    assert_eq!(whole, fixture.cell(Span { from: 0, until: 150_001 }));
    // Computed with Python's hashlib from the same rows.
    assert_eq!((whole.count, whole.hash), (173, HASH));
}

const HASH: u64 = 0x3991_88d2_4075_d352;

async fn history(mut fixture: TestTable, summaries: bool, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut version = 0;
    for round in 0..30 {
        let table = fixture.open().await;
        if summaries && round == 3 {
            table.migrate().await.unwrap();
        }
        for _ in 0..random.random_range(1..8) {
            act(&mut fixture, &mut random, &mut version).await;
        }
        if random.random_bool(0.5) {
            let meta = table.meta().await.unwrap();
            let versions = fixture.model.values();
            let extremes = versions.clone().min().copied().zip(versions.max().copied());
            assert_eq!((meta.count, meta.extremes), (fixture.model.len() as u64, extremes));
        }
        assert_eq!(table.summarised().await.unwrap(), summaries && round >= 3);
        ask(&fixture, &table, &mut random, version).await;
    }
}

async fn act(fixture: &mut TestTable, random: &mut StdRng, version: &mut u64) {
    *version += if random.random_bool(0.1) { random.random_range(1..300_000) } else { random.random_range(1..100) };
    let key = random.random_range(-20i64..60);
    match random.random_range(0..8) {
        0..3 => fixture.write(key, *version).await,
        3 => fixture.delete(key).await,
        4 => {
            // A bulk import.
            let rows: Vec<_> =
                (0..random.random_range(1u64..400)).map(|row| (1_000 + row, *version + row * 3)).collect();
            fixture.run("DELETE FROM orders WHERE id >= 1000").await;
            let values: Vec<_> = rows.iter().map(|(key, version)| format!("({key}, {version}, 'x')")).collect();
            fixture.run(&format!("INSERT INTO orders VALUES {}", values.join(", "))).await;
            fixture.model.retain(|key, _| *key < 1_000);
            fixture.model.extend(rows.iter().map(|(key, version)| (key.cast_signed(), *version)));
            *version += 1_500;
        }
        5 => {
            // A key changes to that of another row.
            fixture.run(&format!("DELETE FROM orders WHERE id = {}", key + 1)).await;
            fixture.run(&format!("UPDATE orders SET id = {} WHERE id = {key}", key + 1)).await;
            fixture.model.remove(&(key + 1));
            if let Some(version) = fixture.model.remove(&key) {
                fixture.model.insert(key + 1, version);
            }
        }
        6 => match &fixture.pool {
            // Replaces a row without firing a delete trigger.
            Pool::Sqlite(_) => {
                fixture.run(&format!("INSERT OR REPLACE INTO orders VALUES ({key}, {version}, 'again')")).await;
                fixture.model.insert(key, *version);
            }
            Pool::Mysql(_) => {
                fixture.run(&format!("REPLACE INTO orders VALUES ({key}, {version}, 'again')")).await;
                fixture.model.insert(key, *version);
            }
            Pool::Postgres(_) if random.random_bool(0.3) => {
                fixture.run("TRUNCATE orders").await;
                fixture.model.clear();
            }
            Pool::Postgres(_) => {}
        },
        _ => {
            // All rows at once; a rollback leaves nothing.
            fixture.run(&format!("UPDATE orders SET row_version = row_version + {version} WHERE id < 10")).await;
            for (_, held) in fixture.model.range_mut(..10) {
                *held += *version;
            }
            *version = fixture.model.values().max().copied().unwrap_or_default().max(*version);
        }
    }
}

async fn ask(fixture: &TestTable, table: &Table, random: &mut StdRng, highest: u64) {
    let mut spans = vec![Span::ALL, Span::block_around(0, highest), Span { from: 5, until: 5 }];
    for _ in 0..6 {
        let from = random.random_range(0..=highest);
        spans.push(Span { from, until: from + random.random_range(0..=highest) });
        spans.push(Span::block_around(from, from + random.random_range(0..5_000)));
    }
    let below = if random.random_bool(0.5) { Span::END } else { random.random_range(0..=highest) };
    let bounded = |span: &Span| Span { from: span.from, until: span.until.min(below).max(span.from) };
    let expected: Vec<_> = spans.iter().map(|span| fixture.cell(bounded(span))).collect();
    assert_eq!(table.cells(&spans, false, below).await.unwrap(), expected);
    let pieces = spans.iter().flat_map(Span::split);
    let expected: Vec<_> = pieces.map(|span| fixture.cell(bounded(&span))).collect();
    assert_eq!(table.cells(&spans, true, below).await.unwrap(), expected);
    let expected: Vec<_> = spans.iter().map(|span| fixture.marks(bounded(span))).collect();
    assert_eq!(table.list(&spans, below).await.unwrap(), expected);
    for span in spans {
        assert_eq!(table.count(span).await.unwrap(), fixture.marks(span).len() as u64);
        for order in [Order::Ascending, Order::Descending] {
            let page = table.page(span, order, 10).await.unwrap();
            assert_eq!(page.marks, fixture.marks(page.covers));
            let all = fixture.marks(span).len();
            assert!(page.marks.len() >= 10.min(all));
            match order {
                Order::Ascending => assert_eq!(page.covers.from, span.from),
                Order::Descending => assert_eq!(page.covers.until, span.until),
            }
            assert!(page.covers == span || page.marks.len() >= 10);
        }
    }
    let map = table.blocks(20).await.unwrap();
    assert_eq!(map.iter().map(|(_, rows)| rows).sum::<u64>(), fixture.model.len() as u64);
}
