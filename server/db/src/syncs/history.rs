//! The history of syncs: figures per minute, and notable evaluations.
//!
//! Always: the figures of a minute are added in the transaction that writes the status, so that none is counted twice
//! or lost. The reason of an evaluation names the users whose requests it handled.

use model::{Page, SyncAction, SyncEvaluation, SyncId, SyncMinute, TableName, Time};

use super::requests::SyncRequest;
use crate::{
    Db, DbError,
    database::{Row, Statement, Transaction, json},
    jobs::row::integer,
};

const MINUTE_MS: i64 = 60_000;
const MAX_PAGE: u32 = 200;

/// An ended evaluation with the requests that it handled.
pub struct EndedEvaluation<'a> {
    pub evaluation: &'a SyncEvaluation,
    pub requests: Vec<SyncRequest>,
    /// Whether its verdict differs from that of the previous evaluation.
    pub another_verdict: bool,
}

impl EndedEvaluation<'_> {
    fn is_notable(&self) -> bool {
        let SyncEvaluation { verify, uploaded, deleted, found, .. } = *self.evaluation;
        let changed = uploaded > 0 || deleted > 0 || found > 0;
        verify || changed || self.another_verdict || !self.requests.is_empty()
    }
}

impl Db {
    /// Figures of the minutes from `from` on, the oldest first.
    pub async fn sync_minutes(&self, table: &TableName, from: Time) -> Result<Vec<SyncMinute>, DbError> {
        let statement = Statement::new(
            "SELECT at, uploaded, deleted, found, requests, bytes_sent, bytes_received, local_rows, remote_rows, batch \
             FROM sync_minutes WHERE table_name = $1 AND at >= $2 ORDER BY at",
        );
        let rows = self.database().read(statement.bind(table.as_str()).bind(from)).await?;
        rows.iter().map(minute).collect()
    }

    /// A page of evaluations, the newest first; `limit` 1 to 200.
    pub async fn sync_evaluations(
        &self,
        table: &TableName,
        after: Option<SyncId>,
        limit: u32,
    ) -> Result<Page<SyncEvaluation>, DbError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut statement = Statement::new("SELECT evaluation FROM sync_evaluations WHERE table_name = ");
        statement = statement.value(table.as_str());
        if let Some(after) = after {
            statement = statement.push(" AND id < ").value(after.to_string());
        }
        // One more row shows whether there is a next page.
        let statement = statement.push(" ORDER BY id DESC LIMIT ").value(i64::from(limit) + 1);
        let rows = self.database().read(statement).await?;
        let mut items = rows.iter().map(|row| row.json("evaluation")).collect::<Result<Vec<SyncEvaluation>, _>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|evaluation| evaluation.id.to_string());
        Ok(Page { items, next })
    }

    pub fn new_sync_id(&self) -> SyncId {
        SyncId(self.clock().new_id().0.0)
    }
}

/// Adds figures to the current minute; writes nothing if all are zero.
pub async fn add(
    transaction: &mut Transaction,
    table: &TableName,
    now: Time,
    done: &SyncMinute,
) -> Result<(), DbError> {
    if *done == (SyncMinute { at: done.at, batch: done.batch, ..SyncMinute::default() }) {
        return Ok(());
    }
    let statement = Statement::new(
        "INSERT INTO sync_minutes (table_name, at, uploaded, deleted, found, requests, bytes_sent, bytes_received, \
         local_rows, remote_rows, batch) VALUES ",
    )
    .tuple([
        table.as_str().into(),
        (now.0 - now.0.rem_euclid(MINUTE_MS)).into(),
        integer(done.uploaded).into(),
        integer(done.deleted).into(),
        integer(done.found).into(),
        integer(done.requests).into(),
        integer(done.bytes_sent).into(),
        integer(done.bytes_received).into(),
        integer(done.local_rows).into(),
        integer(done.remote_rows).into(),
        integer(done.batch).into(),
    ])
    .push(
        " ON CONFLICT (table_name, at) DO UPDATE SET uploaded = sync_minutes.uploaded + excluded.uploaded, \
         deleted = sync_minutes.deleted + excluded.deleted, found = sync_minutes.found + excluded.found, \
         requests = sync_minutes.requests + excluded.requests, \
         bytes_sent = sync_minutes.bytes_sent + excluded.bytes_sent, \
         bytes_received = sync_minutes.bytes_received + excluded.bytes_received, \
         local_rows = sync_minutes.local_rows + excluded.local_rows, \
         remote_rows = sync_minutes.remote_rows + excluded.remote_rows, \
         batch = CASE excluded.batch WHEN 0 THEN sync_minutes.batch ELSE excluded.batch END",
    );
    transaction.run(statement).await.map(drop)
}

fn minute(row: &Row) -> Result<SyncMinute, DbError> {
    let count = |column| Ok::<_, DbError>(row.get::<i64>(column)?.unsigned_abs());
    Ok(SyncMinute {
        at: Time(row.get("at")?),
        uploaded: count("uploaded")?,
        deleted: count("deleted")?,
        found: count("found")?,
        requests: count("requests")?,
        bytes_sent: count("bytes_sent")?,
        bytes_received: count("bytes_received")?,
        local_rows: count("local_rows")?,
        remote_rows: count("remote_rows")?,
        batch: count("batch")?,
    })
}

/// Stores an evaluation if it is notable.
pub async fn remember(
    transaction: &mut Transaction,
    table: &TableName,
    ended: EndedEvaluation<'_>,
) -> Result<(), DbError> {
    if !ended.is_notable() {
        return Ok(());
    }
    let mut evaluation = ended.evaluation.clone();
    for request in &ended.requests {
        evaluation.reason.push(' ');
        evaluation.reason.push_str(&said(request));
    }
    let statement = Statement::new("INSERT INTO sync_evaluations (id, table_name, ended_at, evaluation) VALUES ");
    let values = [
        evaluation.id.to_string().into(),
        table.as_str().into(),
        evaluation.ended_at.into(),
        json(&evaluation)?.into(),
    ];
    transaction.run(statement.tuple(values)).await.map(drop)
}

/// A sentence about a request and its author.
fn said(SyncRequest { action, author }: &SyncRequest) -> String {
    match action {
        SyncAction::Evaluate | SyncAction::Verify { contents: false } | SyncAction::Pause | SyncAction::Resume => {
            format!("Requested by {author}.")
        }
        SyncAction::Approve { rows } => format!("{author} approved deleting {rows} rows."),
        SyncAction::Verify { contents: true } => format!("{author} requested a verification of all contents."),
        SyncAction::CompareContents => format!("{author} requested a comparison of all contents."),
        SyncAction::AcceptEpoch { send_all: false } => format!("{author} accepted the local database as it is."),
        SyncAction::AcceptEpoch { send_all: true } => {
            format!("{author} accepted the local database as it is, and requested that all rows are sent again.")
        }
        SyncAction::RetryQuarantined { key: Some(key) } => format!("{author} requested a retry of row {key}."),
        SyncAction::RetryQuarantined { key: None } => format!("{author} requested a retry of the quarantined rows."),
    }
}
