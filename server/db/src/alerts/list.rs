//! Reads alerts by keyset: active alerts first, then the newest.

use model::{Alert, AlertFilter, AlertId, AlertState, Page, Time};

use super::row;
use crate::{
    Db, DbError,
    database::{Row, Statement},
};

const MAX_PAGE: u32 = 200;

impl Db {
    /// A page of alerts; `limit` 1 to 200.
    pub async fn alerts(
        &self,
        filter: &AlertFilter,
        after: Option<AlertId>,
        limit: u32,
    ) -> Result<Page<Alert>, DbError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut statement = chosen(row::select(), filter);
        if let Some(after) = after {
            let past = Statement::new("SELECT past FROM alerts WHERE id = $1").bind(after);
            let past = self.database().read(past).await?;
            let past: i64 = past.first().ok_or(DbError::NoAlert(after))?.get("past")?;
            statement = statement.push(" AND (past > ").value(past).push(" OR (past = ").value(past);
            statement = statement.push(" AND id < ").value(after).push("))");
        }
        // One more row shows whether there is a next page.
        let statement = statement.push(" ORDER BY past, id DESC LIMIT ").value(i64::from(limit) + 1);
        let rows = self.database().read(statement).await?;
        let mut items = rows.iter().map(row::decode).collect::<Result<Vec<Alert>, _>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|alert| alert.id.to_string());
        Ok(Page { items, next })
    }

    pub async fn alert(&self, id: AlertId) -> Result<Alert, DbError> {
        let rows = self.database().read(row::select().push("WHERE id = ").value(id)).await?;
        row::decode(rows.first().ok_or(DbError::NoAlert(id))?)
    }

    /// Time of the last evaluation of conditions.
    pub async fn evaluated_at(&self) -> Result<Option<Time>, DbError> {
        let rows = self.database().read(Statement::new("SELECT evaluated_at FROM evaluator WHERE id = 1")).await?;
        let at = |row: &Row| row.get::<Option<i64>>("evaluated_at");
        Ok(rows.first().map(at).transpose()?.flatten().map(Time))
    }
}

fn chosen(statement: Statement, filter: &AlertFilter) -> Statement {
    let mut statement = statement.push("WHERE 1 = 1");
    if let Some(pipeline) = &filter.pipeline {
        statement = statement.push(" AND pipeline = ").value(pipeline.as_str());
    }
    if let Some(schedule) = filter.schedule {
        statement = statement.push(" AND schedule_id = ").value(schedule);
    }
    if let Some(table) = &filter.table {
        statement = statement.push(" AND table_name = ").value(table.as_str());
    }
    if let Some(kind) = filter.kind {
        statement = statement.push(" AND kind = ").value(kind.as_str());
    }
    if !filter.states.is_empty() {
        statement = statement.push(" AND state IN ").list(filter.states.iter().copied().map(AlertState::as_str));
        // Redundant, but lets the database use the index.
        if !filter.states.contains(&AlertState::Resolved) {
            statement = statement.push(" AND past = 0");
        }
    }
    if let Some(from) = filter.from {
        statement = statement.push(" AND (resolved_at IS NULL OR resolved_at >= ").value(from).push(")");
    }
    if let Some(to) = filter.to {
        statement = statement.push(" AND since < ").value(to);
    }
    statement
}
