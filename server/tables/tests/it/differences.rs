//! The cost of finding differences in a remote table with summaries: rows read, and rounds.

use std::collections::BTreeSet;

use db::testing::Scratch;
use engine::sync::{
    Answer, Cell, Checkpoint, Evaluation, Mark, Meta, Options, PerEndpoint, Purpose, Question, Span, Step,
    TableEndpoint as _, Verdict,
};
use rand::{SeedableRng as _, rngs::StdRng, seq::index::sample};
use tables::Table;

use crate::test_table::{TestTable, mark};

on_both_databases!(scattered_differences_are_found_from_few_rows);

const ROWS: u64 = 200_000;

/// The density of a thousand differences in a million rows.
async fn scattered_differences_are_found_from_few_rows(scratch: Scratch) {
    let fixture = TestTable::new(scratch).await;
    let places = sample(&mut StdRng::seed_from_u64(7), 200_000, 200).into_iter().map(|place| 1 + place as u64);
    let (stale, missing): (BTreeSet<_>, BTreeSet<_>) =
        places.map(|place| mark(place.cast_signed(), place)).partition(|mark| mark.version % 2 == 0);
    let rows: Vec<_> = (1..=ROWS).filter(|row| !missing.contains(&mark(row.cast_signed(), *row))).collect();
    for rows in rows.chunks(5_000) {
        let values: Vec<_> = rows.iter().map(|row| format!("({row}, {row}, 'c')")).collect();
        fixture.run(&format!("INSERT INTO orders VALUES {}", values.join(", "))).await;
    }
    let (remote, local) = (fixture.open().await, Local { stale, missing });
    remote.migrate().await.unwrap();
    let before = remote.usage().rows;
    let options = Options { purpose: Purpose::Verify, ..Options::default() };
    let mut evaluation = Evaluation::new(options, Checkpoint::default(), 0);
    let verdict = loop {
        match evaluation.step() {
            Step::Ask(question) => evaluation.answer(Ok(local.compare(question, &remote).await), 1),
            Step::Apply(change) => panic!("a verification changes nothing: {change:?}"),
            Step::Done(verdict) => break verdict,
        }
    };
    let (stale, missing) = (local.stale.len() as u64, local.missing.len() as u64);
    assert_eq!(verdict, Verdict::Differs { stale, missing, changed: 0, all: true });
    let (read, rounds) = (remote.usage().rows - before, evaluation.work().rounds);
    assert!(read < ROWS / 100, "{read} of {ROWS} rows in {rounds} rounds");
    assert!(rounds <= 8, "{rounds} rounds");
}

/// A local table simulated from the remote's answers and a set of differences.
struct Local {
    stale: BTreeSet<Mark>,
    missing: BTreeSet<Mark>,
}

impl Local {
    fn within(marks: &BTreeSet<Mark>, span: Span) -> impl Iterator<Item = &Mark> {
        let at = |version| Mark { version, key: 0 };
        marks.range(at(span.from)..at(span.until))
    }

    fn cell(&self, span: Span, remote: &Cell) -> Cell {
        let mut cell = *remote;
        for ghost in Self::within(&self.stale, span) {
            cell.merge(&Cell { count: 0, ..Cell::of(&[*ghost]) });
            cell.count -= 1;
        }
        for missing in Self::within(&self.missing, span) {
            cell.add(*missing, missing.hash());
        }
        cell
    }

    fn list(&self, span: Span, remote: &[Mark]) -> Vec<Mark> {
        let common = remote.iter().filter(|mark| !self.stale.contains(mark));
        let mut marks: Vec<_> = common.chain(Self::within(&self.missing, span)).copied().collect();
        marks.sort_unstable();
        marks
    }

    async fn compare(&self, question: Question, remote: &Table) -> Answer {
        match question {
            Question::Meta => {
                let there = remote.meta().await.unwrap();
                let count = there.count + self.missing.len() as u64 - self.stale.len() as u64;
                let here = Meta { count, horizon: ROWS + 1, ..there.clone() };
                Answer::Meta(Box::new(PerEndpoint { local: here, remote: there }))
            }
            Question::Cells { spans, split, .. } => {
                let there = remote.cells(&spans, split, Span::END).await.unwrap();
                let pieces = if split { spans.iter().flat_map(Span::split).collect() } else { spans };
                let cells = pieces.into_iter().zip(there);
                let sides = |(span, remote)| PerEndpoint { local: self.cell(span, &remote), remote };
                Answer::Cells(cells.map(sides).collect())
            }
            Question::Lists { spans, .. } => {
                let lists = spans.iter().zip(remote.list(&spans, Span::END).await.unwrap());
                let sides =
                    |(span, remote): (&Span, Vec<Mark>)| PerEndpoint { local: self.list(*span, &remote), remote };
                Answer::Lists(lists.map(sides).collect())
            }
            other => panic!("{other:?} is not needed to find differences"),
        }
    }
}
