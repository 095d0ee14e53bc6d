//! How much is read for an answer.

use std::collections::BTreeSet;

use engine::sync::{
    Answer, Cell, Checkpoint, End as _, Evaluation, Mark, Options, Purpose, Question, Sides, Span, Step, Verdict,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use store::testing::Scratch;
use tables::Table;

use crate::world::{Pool, World, mark};

on_both_databases!(
    with_summaries_a_range_of_many_rows_is_read_from_few,
    differences_in_every_thousandth_row_are_found_from_less_than_a_hundredth_of_the_rows,
);

const ROWS: u64 = 200_000;

/// Each at the version of its key.
async fn fill(world: &World) {
    let rows = match &world.pool {
        Pool::Postgres(_) => format!("SELECT n, n, 'c' FROM generate_series(1, {ROWS}) AS n"),
        Pool::Sqlite(_) => format!(
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {ROWS})
             SELECT n, n, 'c' FROM number"
        ),
    };
    world.run(&format!("INSERT INTO orders {rows}")).await;
}

async fn with_summaries_a_range_of_many_rows_is_read_from_few(scratch: Scratch) {
    let world = World::new(scratch).await;
    fill(&world).await;
    let table = world.open().await;
    let block = Span::block_around(0, ROWS);
    let plain = table.cells(&[block], true, ROWS).await.unwrap();
    assert!(table.spent().rows >= ROWS - 1, "all of them");
    table.migrate().await.unwrap();
    let mut seen = table.spent().rows;
    let mut cost = || {
        let before = std::mem::replace(&mut seen, table.spent().rows);
        seen - before
    };
    let mut whole = Cell::default();
    for cell in &plain {
        whole.merge(cell);
    }
    assert_eq!(table.cells(&[block], true, ROWS).await.unwrap(), plain);
    let split = cost();
    assert!(split < 200, "{split} rows for 64 pieces");
    assert_eq!(table.cells(&[Span::ALL], false, ROWS).await.unwrap(), [whole]);
    let root = cost();
    assert!(root < 200, "{root} rows for the whole");
    assert_eq!(table.meta().await.unwrap().count, ROWS);
    let meta = cost();
    assert!(meta < 200, "{meta} rows for its size");
    assert_eq!(table.blocks(100).await.unwrap().iter().map(|(_, rows)| rows).sum::<u64>(), ROWS);
    let map = cost();
    assert!(map < 4_000, "{map} rows for a map");
    let narrow: Vec<_> = (0..512).map(|at| Span { from: at * 64, until: at * 64 + 64 }).collect();
    assert_eq!(table.cells(&narrow, false, Span::END).await.unwrap()[1].count, 64);
    let narrow = cost();
    assert!(narrow < 600, "{narrow} rows for 512 blocks");
}

/// A local table, made of what the remote answers and what it differs by.
struct Local {
    ghosts: BTreeSet<Mark>,
    missing: BTreeSet<Mark>,
}

impl Local {
    fn within(marks: &BTreeSet<Mark>, span: Span) -> impl Iterator<Item = &Mark> {
        let at = |version| Mark { version, key: 0 };
        marks.range(at(span.from)..at(span.until))
    }

    fn cell(&self, span: Span, remote: &Cell) -> Cell {
        let mut cell = *remote;
        for ghost in Self::within(&self.ghosts, span) {
            cell.merge(&Cell { count: 0, ..Cell::of(&[*ghost]) });
            cell.count -= 1;
        }
        for missing in Self::within(&self.missing, span) {
            cell.add(*missing, missing.hash());
        }
        cell
    }

    fn list(&self, span: Span, remote: &[Mark]) -> Vec<Mark> {
        let common = remote.iter().filter(|mark| !self.ghosts.contains(mark));
        let mut marks: Vec<_> = common.chain(Self::within(&self.missing, span)).copied().collect();
        marks.sort_unstable();
        marks
    }

    async fn compare(&self, question: Question, remote: &Table) -> Answer {
        match question {
            Question::Meta => {
                let there = remote.meta().await.unwrap();
                let count = there.count + self.missing.len() as u64 - self.ghosts.len() as u64;
                let here = engine::sync::Meta { count, horizon: ROWS + 1, ..there.clone() };
                Answer::Meta(Sides { local: here, remote: there })
            }
            Question::Cells { spans, split, .. } => {
                let there = remote.cells(&spans, split, Span::END).await.unwrap();
                let pieces = if split { spans.iter().flat_map(Span::split).collect() } else { spans };
                let cells = pieces.into_iter().zip(there);
                let sides = |(span, remote)| Sides { local: self.cell(span, &remote), remote };
                Answer::Cells(cells.map(sides).collect())
            }
            Question::Lists { spans, .. } => {
                let lists = spans.iter().zip(remote.list(&spans, Span::END).await.unwrap());
                let sides = |(span, remote): (&Span, Vec<Mark>)| Sides { local: self.list(*span, &remote), remote };
                Answer::Lists(lists.map(sides).collect())
            }
            other => panic!("{other:?} is not needed to find differences"),
        }
    }
}

/// As dense as a thousand are in a million rows.
async fn differences_in_every_thousandth_row_are_found_from_less_than_a_hundredth_of_the_rows(scratch: Scratch) {
    let world = World::new(scratch).await;
    fill(&world).await;
    let mut dice = StdRng::seed_from_u64(7);
    let mut places = BTreeSet::new();
    while places.len() < 200 {
        places.insert(dice.random_range(2..ROWS));
    }
    let marks = places.iter().map(|place| mark(place.cast_signed(), *place));
    let (ghosts, missing): (BTreeSet<_>, BTreeSet<_>) = marks.partition(|mark| mark.version % 2 == 0);
    let keys: Vec<_> = missing.iter().map(|mark| mark.key.to_string()).collect();
    world.run(&format!("DELETE FROM orders WHERE id IN ({})", keys.join(", "))).await;
    let (remote, local) = (world.open().await, Local { ghosts, missing });
    remote.migrate().await.unwrap();
    let before = remote.spent().rows;
    let mut evaluation =
        Evaluation::new(Options { purpose: Purpose::Verify, ..Options::default() }, Checkpoint::default(), 0);
    let verdict = loop {
        match evaluation.step() {
            Step::Ask(question) => evaluation.answer(Ok(local.compare(question, &remote).await), 1),
            Step::Apply(change) => panic!("a verification changes nothing: {change:?}"),
            Step::Done(verdict) => break verdict,
        }
    };
    let (ghosts, missing) = (local.ghosts.len() as u64, local.missing.len() as u64);
    assert_eq!(verdict, Verdict::Differs { ghosts, missing, all: true });
    let (read, rounds) = (remote.spent().rows - before, evaluation.work().rounds);
    assert!(read < ROWS / 100, "{read} of {ROWS} rows in {rounds} rounds");
    assert!(rounds <= 8, "{rounds} rounds");
}
