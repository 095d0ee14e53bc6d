//! Requests of users for a table, stored until an evaluation has handled them.
//!
//! Always: a holder takes all pending requests, including those that an earlier holder took and did not handle. It
//! completes only the requests that it took; newer ones wait for the next holder.

use model::{SyncAction, SyncSource, TableName};

use super::{SyncRequests, row};
use crate::{
    Db, DbError,
    database::{Row, Statement, Transaction, json},
};

/// A request with its author.
pub struct SyncRequest {
    pub action: SyncAction,
    pub author: String,
}

impl Db {
    /// Stores a request until it is handled; pause and resume take effect at once. Repeated requests are stored once,
    /// and a newer approval of a delete replaces an older one, unless a holder has taken it.
    pub async fn request_sync(&self, table: &TableName, action: &SyncAction, author: &str) -> Result<(), DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        row::lock(&mut transaction, table, SyncSource::Logyard, now).await?;
        match action {
            SyncAction::Pause => pause(&mut transaction, table, true).await?,
            SyncAction::Resume => pause(&mut transaction, table, false).await?,
            SyncAction::Evaluate
            | SyncAction::Verify { .. }
            | SyncAction::CompareContents
            | SyncAction::Approve { .. }
            | SyncAction::AcceptEpoch { .. }
            | SyncAction::RetryQuarantined { .. } => {
                let id = self.clock().new_id().0.to_string();
                keep(&mut transaction, table, id, action, author).await?;
            }
        }
        let touched = Statement::new("UPDATE syncs SET updated_at = $1, revision = revision + 1 WHERE table_name = $2");
        transaction.run(touched.bind(now).bind(table.as_str())).await?;
        transaction.commit().await
    }
}

async fn pause(transaction: &mut Transaction, table: &TableName, paused: bool) -> Result<(), DbError> {
    let statement = Statement::new("UPDATE syncs SET paused = $1 WHERE table_name = $2");
    transaction.run(statement.bind(i64::from(paused)).bind(table.as_str())).await.map(drop)
}

async fn keep(
    transaction: &mut Transaction,
    table: &TableName,
    id: String,
    action: &SyncAction,
    author: &str,
) -> Result<(), DbError> {
    let text = json(action)?;
    let replaced = Statement::new("DELETE FROM sync_asks WHERE taken = 0 AND table_name = ").value(table.as_str());
    let replaced = match action {
        SyncAction::Approve { .. } => replaced.push(" AND action LIKE '{\"action\":\"approve\",%'"),
        _ => replaced.push(" AND action = ").value(text.as_str()),
    };
    transaction.run(replaced).await?;
    let statement = Statement::new("INSERT INTO sync_asks (id, table_name, action, author) VALUES ");
    let values = [id.into(), table.as_str().into(), text.into(), author.into()];
    transaction.run(statement.tuple(values)).await.map(drop)
}

/// Takes all pending requests, combined.
pub async fn take(transaction: &mut Transaction, table: &TableName) -> Result<SyncRequests, DbError> {
    let statement = Statement::new("UPDATE sync_asks SET taken = 1 WHERE table_name = $1 RETURNING id, action, author");
    let requests = decode(transaction.run(statement.bind(table.as_str())).await?)?;
    let mut combined = SyncRequests::default();
    for (_, request) in requests {
        match request.action {
            SyncAction::Evaluate => combined.evaluate = true,
            SyncAction::Verify { contents } => {
                combined.verify = true;
                combined.contents |= contents;
            }
            SyncAction::CompareContents => combined.compare = true,
            SyncAction::Approve { rows } => combined.approved = rows,
            SyncAction::AcceptEpoch { send_all } => {
                combined.accept_epoch = true;
                combined.send_all |= send_all;
            }
            SyncAction::RetryQuarantined { key } => combined.retry = Some(with(combined.retry, key)),
            SyncAction::Pause | SyncAction::Resume => (),
        }
    }
    Ok(combined)
}

/// Adds a key; an empty list means all keys and stays empty.
fn with(keys: Option<Vec<String>>, key: Option<String>) -> Vec<String> {
    match (keys, key) {
        (_, None) => Vec::new(),
        (None, Some(key)) => vec![key],
        (Some(keys), Some(_)) if keys.is_empty() => keys,
        (Some(mut keys), Some(key)) => {
            keys.push(key);
            keys
        }
    }
}

/// Deletes taken requests that were handled; returns them in the order of their creation.
pub async fn answer(
    transaction: &mut Transaction,
    table: &TableName,
    answered: &SyncRequests,
) -> Result<Vec<SyncRequest>, DbError> {
    let statement = Statement::new("SELECT id, action, author FROM sync_asks WHERE taken = 1 AND table_name = ");
    let taken = decode(transaction.run(statement.value(table.as_str())).await?)?;
    let yes = SyncAction::Approve { rows: answered.approved };
    let newest = taken.iter().rev().find(|(_, request)| request.action == yes).map(|(id, _)| id.clone());
    let answered = |(id, request): &(String, SyncRequest)| match request.action {
        // The newest approval also completes the older ones that it replaced.
        SyncAction::Approve { .. } => newest.as_ref().is_some_and(|newest| id <= newest),
        _ => answers(answered, request),
    };
    let (ids, requests): (Vec<String>, Vec<SyncRequest>) = taken.into_iter().filter(answered).unzip();
    if !ids.is_empty() {
        transaction.run(Statement::new("DELETE FROM sync_asks WHERE id IN ").list(ids)).await?;
    }
    Ok(requests)
}

fn answers(answered: &SyncRequests, request: &SyncRequest) -> bool {
    match &request.action {
        SyncAction::Evaluate => answered.evaluate,
        SyncAction::Verify { contents } => answered.verify && (answered.contents || !contents),
        SyncAction::CompareContents => answered.compare,
        SyncAction::AcceptEpoch { send_all } => answered.accept_epoch && (answered.send_all || !send_all),
        SyncAction::RetryQuarantined { key } => answered
            .retry
            .as_ref()
            .is_some_and(|keys| keys.is_empty() || key.as_ref().is_some_and(|key| keys.contains(key))),
        SyncAction::Approve { .. } | SyncAction::Pause | SyncAction::Resume => false,
    }
}

/// Decodes requests, the oldest first.
fn decode(rows: Vec<Row>) -> Result<Vec<(String, SyncRequest)>, DbError> {
    let request = |row: Row| {
        Ok((row.get::<String>("id")?, SyncRequest { action: row.json("action")?, author: row.get("author")? }))
    };
    let mut requests = rows.into_iter().map(request).collect::<Result<Vec<_>, DbError>>()?;
    requests.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(requests)
}
