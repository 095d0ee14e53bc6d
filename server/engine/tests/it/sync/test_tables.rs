//! A local and a remote table in memory that answer like real ones and assert the invariants of each change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use engine::sync::{
    Answer, Cell, Change, Checkpoint, Column, ContentSum, EndpointRole, Evaluation, Mark, Meta, Options, Order, Page,
    PerEndpoint, Question, Refusal, Span, Step, SyncFault, Verdict,
};

/// Reaction of the remote to a row that it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poison {
    /// Names the row and accepts the others.
    Named,
    /// Refuses the whole batch.
    Refused,
    /// Gives no answer and stores nothing.
    Deadly,
}

#[derive(Clone, Debug)]
pub struct TestTables {
    /// Version by key.
    pub local: BTreeMap<u64, u64>,
    pub remote: BTreeMap<u64, u64>,
    pub poison: BTreeMap<u64, Poison>,
    /// Uncommitted new rows that already have a version: key by version.
    pub open: BTreeMap<u64, u64>,
    pub next_version: u64,
    /// Digests of the contents by key; 0 where there is none.
    pub local_contents: BTreeMap<u64, u128>,
    pub remote_contents: BTreeMap<u64, u128>,
    /// Whether the remote compares contents.
    pub compares: bool,
    /// Rows that the remote accepts and does not keep, and rows that it refuses to delete.
    pub swallows: BTreeSet<u64>,
    pub kept: BTreeSet<u64>,
    /// Rows that the remote takes only together, as if unique values had moved between them.
    pub rivals: BTreeSet<u64>,
    /// Columns of both tables.
    pub columns: PerEndpoint<Option<Vec<Column>>>,
    pub clock: Option<u64>,
    pub storage: Option<String>,
    pub epoch: String,
    /// Whether the horizon respects open transactions.
    pub safe: bool,
    pub sent: u64,
    pub deleted: u64,
    pub requests: u64,
    /// Last local version reported for a key.
    pub reported: HashMap<u64, Option<u64>>,
}

impl TestTables {
    pub fn new() -> Self {
        Self {
            local: BTreeMap::new(),
            remote: BTreeMap::new(),
            poison: BTreeMap::new(),
            open: BTreeMap::new(),
            next_version: 1,
            local_contents: BTreeMap::new(),
            remote_contents: BTreeMap::new(),
            compares: false,
            swallows: BTreeSet::new(),
            kept: BTreeSet::new(),
            rivals: BTreeSet::new(),
            columns: PerEndpoint::default(),
            clock: None,
            storage: None,
            epoch: "first".to_owned(),
            safe: true,
            sent: 0,
            deleted: 0,
            requests: 0,
            reported: HashMap::new(),
        }
    }

    /// Both tables with rows 1 to `rows`, each at the version of its key.
    pub fn in_sync(rows: u64) -> Self {
        let table: BTreeMap<_, _> = (1..=rows).map(|key| (key, key)).collect();
        Self { local: table.clone(), remote: table, next_version: rows + 1, ..Self::new() }
    }

    pub fn version(&mut self) -> u64 {
        self.next_version += 1;
        self.next_version - 1
    }

    pub fn write(&mut self, key: u64) {
        let version = self.version();
        self.local.insert(key, version);
    }

    /// Answers a step for both endpoints. Asserts that rows that agreed still agree afterwards.
    pub fn serve(&mut self, step: &Step) -> Result<Answer, SyncFault> {
        self.requests += 1;
        match step {
            Step::Ask(question) => Ok(self.ask(question)),
            Step::Apply(change) => {
                let before = self.differing();
                let answer = self.apply(change);
                assert!(self.differing().is_subset(&before), "{change:?} made equal rows differ");
                answer
            }
            Step::Done(verdict) => panic!("{verdict:?} needs no answer"),
        }
    }

    fn apply(&mut self, change: &Change) -> Result<Answer, SyncFault> {
        match change {
            Change::Upload { marks } => self.upload(marks),
            Change::Delete { marks } => Ok(Answer::Deleted { refused: self.delete(marks) }),
        }
    }

    pub fn ask(&mut self, question: &Question) -> Answer {
        match question {
            Question::Meta => {
                let open = self.open.keys().next().copied().filter(|_| self.safe);
                let horizon = open.unwrap_or(self.next_version);
                let local = Meta {
                    horizon,
                    epoch: self.epoch.clone(),
                    clock: self.clock,
                    storage: self.storage.clone(),
                    columns: self.columns.local.clone(),
                    ..whole(&self.local)
                };
                let columns = self.columns.remote.clone();
                let remote = Meta { compares: self.compares, columns, ..whole(&self.remote) };
                Answer::Meta(Box::new(PerEndpoint { local, remote }))
            }
            Question::Cells { spans, split, local_below } => {
                let spans = if *split { spans.iter().flat_map(Span::split).collect() } else { spans.clone() };
                let (local, remote) = (marks(&self.local, *local_below), marks(&self.remote, Span::END));
                let cell = |marks: &[Mark], span| Cell::of(within(marks, span));
                let cells =
                    spans.iter().map(|span| PerEndpoint { local: cell(&local, *span), remote: cell(&remote, *span) });
                Answer::Cells(cells.collect())
            }
            Question::Counts { below, local_below } => Answer::Counts(PerEndpoint {
                local: marks(&self.local, *below.min(local_below)).len() as u64,
                remote: marks(&self.remote, *below).len() as u64,
            }),
            Question::Lists { spans, local_below } => {
                let (local, remote) = (marks(&self.local, *local_below), marks(&self.remote, Span::END));
                let list = |marks: &[Mark], span| within(marks, span).to_vec();
                let lists =
                    spans.iter().map(|span| PerEndpoint { local: list(&local, *span), remote: list(&remote, *span) });
                Answer::Lists(lists.collect())
            }
            Question::Page { endpoint, span, order, limit } => {
                let table = if *endpoint == EndpointRole::Local { &self.local } else { &self.remote };
                Answer::Page(page(within(&marks(table, Span::END), *span), *span, *order, *limit))
            }
            Question::Contents { spans, local_below, .. } => {
                let sum = |rows: Vec<(Mark, u128)>| {
                    let mut sum = ContentSum::default();
                    for (_, digest) in &rows {
                        sum.add(*digest);
                    }
                    sum
                };
                let sums = spans.iter().map(|span| {
                    let rows = self.content_rows(*span, *local_below);
                    PerEndpoint { local: sum(rows.local), remote: sum(rows.remote) }
                });
                Answer::Contents(sums.collect())
            }
            Question::ContentRows { span, local_below, .. } => {
                Answer::ContentRows(self.content_rows(*span, *local_below))
            }
            Question::Versions { keys } => {
                let versions: Vec<_> = keys.iter().map(|key| self.local.get(key).copied()).collect();
                self.reported.extend(keys.iter().copied().zip(versions.iter().copied()));
                Answer::Versions(versions)
            }
        }
    }

    fn content_rows(&self, span: Span, local_below: u64) -> PerEndpoint<Vec<(Mark, u128)>> {
        let of = |table: &BTreeMap<u64, u64>, contents: &BTreeMap<u64, u128>, below| {
            let marks = marks(table, below);
            let digest = |mark: &Mark| {
                let contents = contents.get(&mark.key).copied().unwrap_or_default();
                (contents + 1).wrapping_mul(u128::from(mark.key) * 0x9e37_79b9_7f4a_7c15 + 1)
            };
            within(&marks, span).iter().map(|mark| (*mark, digest(mark))).collect()
        };
        PerEndpoint {
            local: of(&self.local, &self.local_contents, local_below),
            remote: of(&self.remote, &self.remote_contents, Span::END),
        }
    }

    fn upload(&mut self, marks: &[Mark]) -> Result<Answer, SyncFault> {
        let present = self.present(marks);
        self.take(present).map(|refused| Answer::Uploaded { taken: marks.len(), refused })
    }

    /// The marks whose rows still exist locally.
    pub fn present(&self, marks: &[Mark]) -> Vec<Mark> {
        marks.iter().copied().filter(|mark| self.local.get(&mark.key) == Some(&mark.version)).collect()
    }

    /// Stores uploaded rows at the remote, or refuses them.
    pub fn take(&mut self, present: Vec<Mark>) -> Result<Vec<(Mark, Refusal)>, SyncFault> {
        for mark in &present {
            match self.poison.get(&mark.key) {
                Some(Poison::Refused) => return Err(SyncFault::Refused(format!("row {} is too long", mark.key))),
                Some(Poison::Deadly) => return Err(SyncFault::Unavailable("connection reset".to_owned())),
                Some(Poison::Named) | None => {}
            }
        }
        let mut refused = Vec::new();
        let together = self.rivals.iter().all(|rival| present.iter().any(|mark| mark.key == *rival));
        for mark in present {
            if self.rivals.contains(&mark.key) && !together {
                refused.push((mark, "another row has this value".to_owned()));
            } else if self.poison.contains_key(&mark.key) {
                refused.push((mark, "too long".to_owned()));
            } else if self.swallows.contains(&mark.key) {
                self.sent += 1;
            } else if self.remote.get(&mark.key).is_none_or(|version| *version <= mark.version) {
                self.remote.insert(mark.key, mark.version);
                let contents = self.local_contents.get(&mark.key).copied();
                self.remote_contents.insert(mark.key, contents.unwrap_or_default());
                self.sent += 1;
            }
        }
        Ok(refused)
    }

    pub fn delete(&mut self, marks: &[Mark]) -> Vec<(Mark, Refusal)> {
        let mut refused = Vec::new();
        for Mark { version, key } in marks {
            if self.kept.contains(key) {
                refused.push((Mark { version: *version, key: *key }, "still referenced".to_owned()));
            } else if self.remote.get(key) == Some(version) {
                assert_ne!(self.local.get(key), Some(version), "row {key} is local and was deleted");
                let reported = self.reported.get(key).expect("deleted without reading the local version");
                assert!(
                    reported.is_none_or(|local| local < *version),
                    "row {key} was deleted though {reported:?} is local"
                );
                self.remote.remove(key);
                self.deleted += 1;
            }
        }
        refused
    }

    /// Evaluates once, without concurrent changes.
    pub fn evaluate(&mut self, options: &Options, checkpoint: &mut Checkpoint, now: u64) -> Verdict {
        let mut evaluation = Evaluation::new(options.clone(), checkpoint.clone(), now);
        for _ in 0..100_000 {
            let step = evaluation.step();
            if let Step::Done(verdict) = step {
                *checkpoint = evaluation.checkpoint().clone();
                return verdict;
            }
            let answer = self.serve(&step);
            evaluation.answer(answer, 1);
        }
        panic!("the evaluation does not end");
    }

    /// Evaluates once a day until the tables are in sync; approves waiting deletes.
    pub fn settle(&mut self, options: &Options, checkpoint: &mut Checkpoint, now: &mut u64) -> Verdict {
        let mut last = None;
        for _ in 0..200 {
            *now += 24 * 60 * 60_000;
            match self.evaluate(options, checkpoint, *now) {
                verdict @ Verdict::InSync { .. } => return verdict,
                Verdict::Waiting(mass) => checkpoint.approved = mass.rows,
                // Many rows of the copy that are newer than all local ones look like a restore.
                Verdict::EpochChanged { .. } => checkpoint.accept(false),
                verdict => last = Some(verdict),
            }
        }
        panic!("not in sync after 200 evaluations: {last:?}, {checkpoint:?}, {self:?}");
    }

    /// Commits open transactions, and lets the remote accept every row.
    pub fn settle_down(&mut self) {
        self.poison.clear();
        for (version, key) in std::mem::take(&mut self.open) {
            self.local.entry(key).or_insert(version);
        }
    }

    /// Keys of rows that differ.
    pub fn differing(&self) -> BTreeSet<u64> {
        let keys = self.local.keys().chain(self.remote.keys());
        keys.filter(|key| self.local.get(key) != self.remote.get(key)).copied().collect()
    }
}

fn marks(table: &BTreeMap<u64, u64>, below: u64) -> Vec<Mark> {
    let rows = table.iter().filter(|(_, version)| **version < below);
    let mut marks: Vec<_> = rows.map(|(key, version)| Mark { version: *version, key: *key }).collect();
    marks.sort_unstable();
    marks
}

fn within(marks: &[Mark], span: Span) -> &[Mark] {
    let at = |version| marks.partition_point(|mark| mark.version < version);
    &marks[at(span.from)..at(span.until).max(at(span.from))]
}

fn whole(table: &BTreeMap<u64, u64>) -> Meta {
    let extremes = table.values().min().copied().zip(table.values().max().copied());
    Meta { count: table.len() as u64, extremes, ..Meta::default() }
}

/// `limit` rows, and further rows of the same version as the last.
fn page(marks: &[Mark], span: Span, order: Order, limit: usize) -> Page {
    if marks.len() <= limit {
        return Page { covers: span, marks: marks.to_vec() };
    }
    let covers = match order {
        Order::Ascending => Span { until: marks[limit - 1].version + 1, ..span },
        Order::Descending => Span { from: marks[marks.len() - limit].version, ..span },
    };
    Page { covers, marks: within(marks, covers).to_vec() }
}
