//! Requests of users for a table, stored until an evaluation has handled them.
//!
//! Always: a holder takes all pending requests, including those that an earlier holder took and did not handle. It
//! completes only the requests that it took; newer ones wait for the next holder.

use model::{SyncAction, SyncSource, TableName};

use super::{SyncAsked, row};
use crate::{
    Db, DbError,
    database::{Row, Statement, Transaction, json},
};

/// A request with its author.
pub struct Ask {
    pub action: SyncAction,
    pub author: String,
}

impl Db {
    /// Stores a request until it is handled; pause and resume take effect at once. Repeated requests are stored once, and a
    /// newer approval of a delete replaces an older one, unless a holder has taken it.
    pub async fn ask_sync(&self, table: &TableName, action: &SyncAction, author: &str) -> Result<(), DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        row::lock(&mut transaction, table, SyncSource::Logyard, now).await?;
        match action {
            SyncAction::Pause => pause(&mut transaction, table, true).await?,
            SyncAction::Resume => pause(&mut transaction, table, false).await?,
            SyncAction::Evaluate
            | SyncAction::Verify
            | SyncAction::Approve { .. }
            | SyncAction::AcceptEpoch
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
pub async fn take(transaction: &mut Transaction, table: &TableName) -> Result<SyncAsked, DbError> {
    let statement = Statement::new("UPDATE sync_asks SET taken = 1 WHERE table_name = $1 RETURNING id, action, author");
    let asks = decode(transaction.run(statement.bind(table.as_str())).await?)?;
    let mut asked = SyncAsked::default();
    for (_, ask) in asks {
        match ask.action {
            SyncAction::Evaluate => asked.evaluate = true,
            SyncAction::Verify => asked.verify = true,
            SyncAction::Approve { rows } => asked.approved = rows,
            SyncAction::AcceptEpoch => asked.accept_epoch = true,
            SyncAction::RetryQuarantined { key } => asked.retry = Some(with(asked.retry, key)),
            SyncAction::Pause | SyncAction::Resume => (),
        }
    }
    Ok(asked)
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
    answered: &SyncAsked,
) -> Result<Vec<Ask>, DbError> {
    let statement = Statement::new("SELECT id, action, author FROM sync_asks WHERE taken = 1 AND table_name = ");
    let taken = decode(transaction.run(statement.value(table.as_str())).await?)?;
    let yes = SyncAction::Approve { rows: answered.approved };
    let newest = taken.iter().rev().find(|(_, ask)| ask.action == yes).map(|(id, _)| id.clone());
    let answered = |(id, ask): &(String, Ask)| match ask.action {
        // The newest approval also completes the older ones that it replaced.
        SyncAction::Approve { .. } => newest.as_ref().is_some_and(|newest| id <= newest),
        _ => answers(answered, ask),
    };
    let (ids, asks): (Vec<String>, Vec<Ask>) = taken.into_iter().filter(answered).unzip();
    if !ids.is_empty() {
        transaction.run(Statement::new("DELETE FROM sync_asks WHERE id IN ").list(ids)).await?;
    }
    Ok(asks)
}

fn answers(answered: &SyncAsked, ask: &Ask) -> bool {
    match &ask.action {
        SyncAction::Evaluate => answered.evaluate,
        SyncAction::Verify => answered.verify,
        SyncAction::AcceptEpoch => answered.accept_epoch,
        SyncAction::RetryQuarantined { key } => answered
            .retry
            .as_ref()
            .is_some_and(|keys| keys.is_empty() || key.as_ref().is_some_and(|key| keys.contains(key))),
        SyncAction::Approve { .. } | SyncAction::Pause | SyncAction::Resume => false,
    }
}

/// Decodes requests, the oldest first.
fn decode(rows: Vec<Row>) -> Result<Vec<(String, Ask)>, DbError> {
    let ask =
        |row: Row| Ok((row.get::<String>("id")?, Ask { action: row.json("action")?, author: row.get("author")? }));
    let mut asks = rows.into_iter().map(ask).collect::<Result<Vec<_>, DbError>>()?;
    asks.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(asks)
}
