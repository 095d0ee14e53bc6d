//! Lists and counts of jobs; `filter` translates filters into SQL.
//!
//! Always: a page is read by its key, and counting stops at [`Count::CAP`].

use model::{Count, Counts, Filter, Job, JobId, Page, State, Time};

use super::row;
use crate::{
    Db, DbError,
    database::Statement,
    filter::{Order, Search},
    jobs::row::integer,
};

/// Window for recently failed jobs, in milliseconds.
const RECENT_MS: i64 = 24 * 3_600_000;
const MAX_PAGE: u32 = 200;

impl Db {
    /// A page of jobs, newest first; `limit` 1 to 200.
    pub async fn jobs(&self, filter: &Filter, after: Option<JobId>, limit: u32) -> Result<Page<Job>, DbError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let search = self.search(filter).await?;
        let order = Order::NewestFirst { before: after };
        // One more row shows whether there is a next page.
        let Some(statement) = search.ids(row::select().push("WHERE id IN ("), order, limit + 1) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let rows = self.database().read(statement.push(") ORDER BY id DESC")).await?;
        let mut items = row::decode_all(&rows)?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|job| job.id.to_string());
        Ok(Page { items, next })
    }

    /// Number of matching jobs, counted up to [`Count::CAP`].
    pub async fn count(&self, filter: &Filter) -> Result<Count, DbError> {
        self.count_found(&self.search(filter).await?).await
    }

    pub(crate) async fn count_found(&self, search: &Search<'_>) -> Result<Count, DbError> {
        let cap = integer(Count::CAP);
        let Some(statement) = search.any_ids(Statement::new("SELECT COUNT(*) AS jobs FROM ("), cap + 1) else {
            return Ok(Count::default());
        };
        let rows = self.database().read(statement.push(") AS found")).await?;
        let found: i64 = rows.first().map(|row| row.get("jobs")).transpose()?.unwrap_or_default();
        Ok(Count { at_least: found.min(cap).unsigned_abs(), capped: found > cap })
    }

    /// Counts for the overview, each up to [`Count::CAP`].
    pub async fn counts(&self) -> Result<Counts, DbError> {
        let statement = Statement::new(
            "SELECT (SELECT COUNT(*) FROM (SELECT id FROM jobs WHERE state = 'running' LIMIT $1) AS a) AS running, \
             (SELECT COUNT(*) FROM (SELECT id FROM jobs WHERE state = 'queued' LIMIT $1) AS b) AS queued, \
             (SELECT COUNT(*) FROM (SELECT id FROM jobs WHERE state = 'paused' LIMIT $1) AS c) AS paused, \
             (SELECT COUNT(*) FROM (SELECT id FROM jobs WHERE state = 'failed' AND ended_at >= $2 LIMIT $1) AS d) \
             AS failed_lately, \
             (SELECT COUNT(*) FROM (SELECT id FROM alerts WHERE past = 0 AND state = 'open' LIMIT $1) AS e) AS alerts",
        )
        .bind(integer(Count::CAP))
        .bind(self.now().0 - RECENT_MS);
        let rows = self.database().read(statement).await?;
        let count = |column: &str| -> Result<u64, DbError> {
            Ok(rows.first().map(|row| row.get::<i64>(column)).transpose()?.unwrap_or_default().unsigned_abs())
        };
        Ok(Counts {
            running: count("running")?,
            queued: count("queued")?,
            paused: count("paused")?,
            failed_lately: count("failed_lately")?,
            alerts: count("alerts")?,
        })
    }

    /// Queued, running and paused jobs, newest first; `limit` 1 to 200.
    pub async fn active(&self, limit: u32) -> Result<Vec<Job>, DbError> {
        let states = vec![State::Running, State::Queued, State::Paused];
        Ok(self.jobs(&Filter { states, ..Filter::default() }, None, limit).await?.items)
    }

    /// Jobs that ended at `since` or later, in one of `states` (empty for all), the last ended first.
    pub async fn recently_ended(&self, states: &[State], since: Option<Time>, limit: u32) -> Result<Vec<Job>, DbError> {
        let ended = State::ALL.into_iter().filter(|state| state.ended());
        let limit = i64::from(limit);
        let mut statement = row::select().push("WHERE id IN (");
        let mut between = "";
        for state in ended.filter(|state| states.is_empty() || states.contains(state)) {
            statement = statement
                .push(between)
                .push("SELECT id FROM (SELECT id FROM jobs WHERE state = '")
                .push(state.as_str())
                .push("' AND ended_at >= ")
                .value(since.unwrap_or(Time(0)))
                .push(" ORDER BY ended_at DESC, id DESC LIMIT ")
                .value(limit)
                .push(") AS walk");
            between = " UNION ALL ";
        }
        if between.is_empty() {
            return Ok(Vec::new());
        }
        let statement = statement.push(") ORDER BY ended_at DESC, id DESC LIMIT ").value(limit);
        row::decode_all(&self.database().read(statement).await?)
    }

    /// Jobs changed at `since` or later, oldest change first; polled by the live hub. A change becomes visible when its
    /// transaction commits, possibly after one with a later time: poll from a few seconds before the last time seen,
    /// and compare revisions.
    pub async fn changed(&self, since: Time, limit: u32) -> Result<Vec<Job>, DbError> {
        let statement = row::select()
            .push("WHERE updated_at >= ")
            .value(since)
            .push(" ORDER BY updated_at, id LIMIT ")
            .value(i64::from(limit));
        row::decode_all(&self.database().read(statement).await?)
    }
}
