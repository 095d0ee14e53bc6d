//! The cost of finding differences: a descent in a table of a million rows, in requests and bytes.
//!
//! The tables are lists of marks with running cells, so that the cell of any range is cheap. Bytes are those of the
//! protocol: 16 per span, 33 per non-empty cell with its position, 16 per row.

use std::collections::BTreeSet;

use engine::sync::{
    Answer, Cell, Checkpoint, Evaluation, Mark, Meta, Options, PerEndpoint, Purpose, Question, Span, Step, Verdict,
};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Rows in order, with the cell of all rows before each.
struct Table {
    marks: Vec<Mark>,
    before: Vec<Cell>,
}

impl Table {
    fn new(rows: impl Iterator<Item = (Mark, u64)>) -> Self {
        let mut sum = Cell::default();
        let (mut marks, mut before) = (Vec::new(), vec![sum]);
        for (mark, hash) in rows {
            sum.add(mark, hash);
            marks.push(mark);
            before.push(sum);
        }
        Self { marks, before }
    }

    fn range(&self, span: Span) -> std::ops::Range<usize> {
        let at = |version| self.marks.partition_point(|mark| mark.version < version);
        at(span.from)..at(span.until)
    }

    fn cell(&self, span: Span) -> Cell {
        let range = self.range(span);
        let (from, until) = (self.before[range.start], self.before[range.end]);
        Cell {
            count: until.count - from.count,
            hash: until.hash ^ from.hash,
            keys: until.keys ^ from.keys,
            versions: until.versions ^ from.versions,
        }
    }

    fn meta(&self) -> Meta {
        let (low, high) = (self.marks[0].version, self.marks[self.marks.len() - 1].version);
        let count = self.marks.len() as u64;
        Meta { count, extremes: Some((low, high)), horizon: high + 1, ..Meta::default() }
    }
}

#[derive(Debug, Default)]
struct Cost {
    rounds: u32,
    bytes: u64,
    listed: u64,
}

/// Searches for the rows at the given places among a million rows that lie `gap` versions apart. Each is missing at one
/// endpoint, alternately. Common rows cancel out, so only the differing rows need real hashes.
fn find(gap: u64, places: &BTreeSet<u64>) -> (Cost, Verdict) {
    let rows = (0..MILLION).map(|row| Mark { version: 1 + row * gap, key: row });
    let rows = rows.map(|mark| (mark, if places.contains(&mark.key) { mark.hash() } else { mark.version }));
    let without = |remainder| {
        let gone = |row: &u64| places.contains(row) && row % 2 == remainder;
        Table::new(rows.clone().filter(|(mark, _)| !gone(&mark.key)))
    };
    let (local, remote) = (without(0), without(1));
    let options = Options { purpose: Purpose::Verify, ..Options::default() };
    let mut evaluation = Evaluation::new(options, Checkpoint::default(), 0);
    let mut cost = Cost::default();
    while let Step::Ask(question) = evaluation.step() {
        let answer = match question {
            Question::Meta => Answer::Meta(Box::new(PerEndpoint { local: local.meta(), remote: remote.meta() })),
            Question::Cells { spans, split, .. } => {
                cost.rounds += 1;
                cost.bytes += 16 * spans.len() as u64;
                let spans = if split { spans.iter().flat_map(Span::split).collect() } else { spans };
                let sides = |span: &Span| PerEndpoint { local: local.cell(*span), remote: remote.cell(*span) };
                let cells: Vec<_> = spans.iter().map(sides).collect();
                cost.bytes += 33 * cells.iter().filter(|sides| sides.remote.count > 0).count() as u64;
                Answer::Cells(cells)
            }
            Question::Lists { spans, .. } => {
                cost.rounds += 1;
                cost.bytes += 16 * spans.len() as u64;
                let list = |table: &Table, span: &Span| table.marks[table.range(*span)].to_vec();
                let sides = |span: &Span| PerEndpoint { local: list(&local, span), remote: list(&remote, span) };
                let lists: Vec<_> = spans.iter().map(sides).collect();
                let listed = lists.iter().map(|sides| sides.remote.len() as u64).sum::<u64>();
                cost.bytes += 16 * listed;
                cost.listed += listed;
                Answer::Lists(lists)
            }
            other => panic!("{other:?} is not needed to find differences"),
        };
        evaluation.answer(Ok(answer), 1);
    }
    let Step::Done(verdict) = evaluation.step() else { panic!("a verification changes nothing") };
    (cost, verdict)
}

fn spread(differences: usize, seed: u64) -> BTreeSet<u64> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut places = BTreeSet::new();
    while places.len() < differences {
        places.insert(rng.random_range(1..MILLION - 1));
    }
    places
}

const MILLION: u64 = 1_000_000;

/// Asserts that every difference is found within the given rounds and bytes, with less than 1 % of the rows listed.
fn assert_costs(gap: u64, places: &BTreeSet<u64>, rounds: u32, bytes: u64) {
    let (cost, verdict) = find(gap, places);
    let missing = places.iter().filter(|row| *row % 2 == 1).count() as u64;
    let stale = places.len() as u64 - missing;
    assert_eq!(verdict, Verdict::Differs { stale, missing, changed: 0, all: true });
    assert!(cost.rounds <= rounds && cost.bytes <= bytes, "{} differences: {cost:?}", places.len());
    assert!(cost.listed < MILLION / 100, "{} differences: {cost:?}", places.len());
}

#[test]
fn search_cost_in_a_million_rows_is_bounded() {
    for row in [1, 500_000, MILLION - 2] {
        assert_costs(1, &[row].into(), 1, 1_000);
    }
    assert_costs(1, &spread(10, 1), 5, 64_000);
    assert_costs(1, &spread(1_000, 2), 8, 2_000_000);
    assert_costs(1, &spread(1_000, 3), 8, 2_000_000);
    assert_costs(1, &(MILLION - 1_002..MILLION - 2).collect(), 6, 100_000);
}

#[test]
fn search_cost_is_bounded_with_sparse_versions() {
    assert_costs(1_000, &[500_000].into(), 1, 1_000);
    assert_costs(1_000, &spread(1_000, 4), 8, 2_000_000);
}
