//! Translates a job filter into SQL that stays fast with millions of jobs.
//!
//! A filter becomes index scans. Each scan follows one index in the order of ids, with equality on all columns before
//! the id, so that a page stops early and is never sorted. "This store as source or destination" is two scans, three
//! states are three. Scans are disjoint, so their results need no deduplication. The index is chosen by usual
//! selectivity: bucket, author, store, state. A time window is a range of ids ([`id_floor`]).
//!
//! A text search reads every row of the scans, within the window or else in the newest 50,000 jobs.

use model::{Action, Filter, Invalid, JobId, Retry, State};

use crate::{
    Db, DbError,
    clock::id_floor,
    database::{Database, Statement},
    jobs::row,
};

/// Number of newest jobs in which a text search without a window looks.
const TEXT_SEARCH_JOBS: i64 = 50_000;
/// Longest text to search for, in characters.
const MAX_TEXT_CHARACTERS: usize = 200;

/// Order and start of a page.
#[derive(Clone, Copy)]
pub enum Order {
    NewestFirst { before: Option<JobId> },
    OldestFirst { after: Option<JobId> },
}

/// A filter prepared for SQL.
pub struct Search<'a> {
    filter: &'a Filter,
    /// States to include; `None` for all.
    states: Option<Vec<State>>,
    /// Whether to include only jobs with failed objects.
    with_failures: bool,
    /// Pattern for `LIKE`.
    pattern: Option<String>,
    /// Bounds of ids: `floor <= id < ceiling`.
    floor: Option<String>,
    ceiling: Option<String>,
}

/// One index scan.
#[derive(Clone, Copy)]
struct Scan {
    state: Option<State>,
    by: By,
}

#[derive(Clone, Copy, PartialEq)]
enum By {
    SourceBucket,
    /// Jobs that the scan by source bucket does not find.
    DestinationBucket,
    Author,
    SourceStore,
    /// Jobs that the scan by source store does not find.
    DestinationStore,
    State,
}

impl Db {
    pub(crate) async fn search<'a>(&self, filter: &'a Filter) -> Result<Search<'a>, DbError> {
        Search::of(filter, self.database()).await
    }
}

impl<'a> Search<'a> {
    async fn of(filter: &'a Filter, database: &Database) -> Result<Self, DbError> {
        let text = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if let Some(text) = text.filter(|text| text.chars().count() > MAX_TEXT_CHARACTERS) {
            return Err(Invalid::new("text", text, "at most 200 characters").into());
        }
        let ceiling = filter.to.map(id_floor);
        let floor = match (filter.from, text) {
            (Some(from), _) => Some(id_floor(from)),
            (None, Some(_)) => newest(database, ceiling.as_deref()).await?,
            (None, None) => None,
        };
        let states = (!filter.states.is_empty()).then(|| {
            let mut states = filter.states.clone();
            states.sort_by_key(|state| state.as_str());
            states.dedup();
            states
        });
        Ok(Self { filter, states, with_failures: false, pattern: text.map(containing), floor, ceiling })
    }

    /// Restricts the search to jobs that allow the action: [`model::Job::allows`] in SQL. The rows are checked again
    /// when they are changed.
    pub fn allowing(mut self, action: Action) -> Self {
        let allowing = states_allowing(action);
        self.states = Some(match self.states {
            Some(states) => states.into_iter().filter(|state| allowing.contains(state)).collect(),
            None => allowing.to_vec(),
        });
        self.with_failures = action == Action::Retry(Retry::Failed);
        self
    }

    /// Appends SQL for up to `limit` matching ids in order. `None` if nothing can match.
    pub fn ids(&self, mut statement: Statement, order: Order, limit: u32) -> Option<Statement> {
        let direction = match order {
            Order::NewestFirst { .. } => " ORDER BY id DESC LIMIT ",
            Order::OldestFirst { .. } => " ORDER BY id LIMIT ",
        };
        let limit = i64::from(limit);
        for (index, scan) in self.scans()?.into_iter().enumerate() {
            statement = statement.push(if index == 0 { "" } else { " UNION ALL " }).push("SELECT id FROM (");
            statement = self.scan(statement, scan);
            statement = match order {
                Order::NewestFirst { before: Some(id) } => statement.push(" AND id < ").value(id),
                Order::OldestFirst { after: Some(id) } => statement.push(" AND id > ").value(id),
                _ => statement,
            };
            statement = statement.push(direction).value(limit).push(") AS walk");
        }
        Some(statement.push(direction).value(limit))
    }

    /// Appends SQL for up to `limit` matching ids in any order, for counting. `None` if nothing can match.
    pub fn any_ids(&self, mut statement: Statement, limit: i64) -> Option<Statement> {
        for (index, scan) in self.scans()?.into_iter().enumerate() {
            statement = self.scan(statement.push(if index == 0 { "" } else { " UNION ALL " }), scan);
        }
        Some(statement.push(" LIMIT ").value(limit))
    }

    fn scans(&self) -> Option<Vec<Scan>> {
        let by: &[By] = match self.filter {
            Filter { bucket: Some(_), .. } => &[By::SourceBucket, By::DestinationBucket],
            Filter { author: Some(_), .. } => &[By::Author],
            Filter { store: Some(_), .. } => &[By::SourceStore, By::DestinationStore],
            _ => &[By::State],
        };
        let states: Vec<Option<State>> = match &self.states {
            Some(states) => states.iter().copied().map(Some).collect(),
            None if by == [By::State] => vec![None],
            None => State::ALL.map(Some).to_vec(),
        };
        let scans: Vec<Scan> =
            states.iter().flat_map(|state| by.iter().map(|by| Scan { state: *state, by: *by })).collect();
        (!scans.is_empty()).then_some(scans)
    }

    /// Appends `SELECT id FROM jobs WHERE …` without an order.
    fn scan(&self, statement: Statement, scan: Scan) -> Statement {
        let filter = self.filter;
        let mut statement = statement.push("SELECT id FROM jobs WHERE ");
        statement = match scan.state {
            // A literal, so that PostgreSQL plans with its statistics for each state.
            Some(state) => statement.push("state = '").push(state.as_str()).push("'"),
            None => statement.push("0 = 0"),
        };
        if let Some(bucket) = &filter.bucket {
            let bucket = bucket.as_str();
            statement = match scan.by {
                By::DestinationBucket => statement
                    .push(" AND destination_bucket = ")
                    .value(bucket)
                    .push(" AND source_bucket <> ")
                    .value(bucket),
                _ => statement.push(" AND source_bucket = ").value(bucket),
            };
        }
        if let Some(author) = &filter.author {
            statement = statement.push(" AND author = ").value(author.as_str());
        }
        if let Some(store) = &filter.store {
            let store = store.as_str();
            statement = match scan.by {
                By::SourceStore => statement.push(" AND source_store = ").value(store),
                By::DestinationStore => {
                    statement.push(" AND destination_store = ").value(store).push(" AND source_store <> ").value(store)
                }
                _ => statement.push(" AND ").value(store).push(" IN (source_store, destination_store)"),
            };
        }
        if let Some(kind) = filter.kind {
            statement = statement.push(" AND kind = ").value(kind.as_str());
        }
        if self.with_failures {
            statement = statement.push(" AND failed_objects > 0");
        }
        if let Some(floor) = &self.floor {
            statement = statement.push(" AND id >= ").value(floor.as_str());
        }
        if let Some(ceiling) = &self.ceiling {
            statement = statement.push(" AND id < ").value(ceiling.as_str());
        }
        if let Some(pattern) = &self.pattern {
            statement = statement
                .push(" AND (search_text LIKE ")
                .value(pattern.as_str())
                .push(r" ESCAPE '\' OR search_error LIKE ")
                .value(pattern.as_str())
                .push(r" ESCAPE '\')");
        }
        statement
    }
}

/// Smallest id for a text search without a window; `None` if there are fewer jobs.
async fn newest(database: &Database, ceiling: Option<&str>) -> Result<Option<String>, DbError> {
    let statement = Statement::new("SELECT id FROM jobs ");
    let statement = match ceiling {
        Some(ceiling) => statement.push("WHERE id < ").value(ceiling),
        None => statement,
    };
    let statement = statement.push(" ORDER BY id DESC LIMIT 1 OFFSET ").value(TEXT_SEARCH_JOBS - 1);
    database.read(statement).await?.first().map(|row| row.get("id")).transpose()
}

/// A `LIKE … ESCAPE '\'` pattern that finds the literal text anywhere.
fn containing(text: &str) -> String {
    let escaped = row::folded(text).replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

fn states_allowing(action: Action) -> &'static [State] {
    match action {
        Action::Cancel => &[State::Queued, State::Running, State::Paused],
        Action::Pause => &[State::Queued, State::Running],
        Action::Resume => &[State::Paused],
        Action::Retry(Retry::All) => &[State::Succeeded, State::Failed, State::Cancelled],
        Action::Retry(Retry::Failed) => &[State::Failed],
    }
}

#[cfg(test)]
mod tests {
    use model::Progress;

    use super::*;
    use crate::testing::sample;

    #[test]
    fn searched_states_match_the_allowed_states() {
        let retries = [Retry::All, Retry::Failed].map(Action::Retry);
        for action in [Action::Cancel, Action::Pause, Action::Resume].into_iter().chain(retries) {
            for state in State::ALL {
                let progress = Progress { failed: 1, ..Progress::default() };
                let job = model::Job { state, progress, ..sample(0, 1, model::Time(0)) };
                assert_eq!(states_allowing(action).contains(&state), job.allows(action).is_ok(), "{action:?} {state}");
            }
        }
    }
}
