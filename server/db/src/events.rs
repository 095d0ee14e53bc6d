//! The table of events: changes of a job with time and actor.
//!
//! Always: an event is written in the transaction of its change, after that transaction has locked the job's row. The
//! sequence numbers of a job therefore have no gaps and follow the order of the changes.

use model::{Event, EventKind, JobId, Page, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement, Transaction},
};

impl Db {
    /// The last `limit` events of a job, oldest first.
    pub async fn events(&self, id: JobId, limit: u32) -> Result<Vec<Event>, DbError> {
        let statement = Statement::new(
            "SELECT seq, at, actor, kind, detail FROM events WHERE job_id = $1 ORDER BY seq DESC LIMIT $2",
        )
        .bind(id)
        .bind(i64::from(limit));
        self.database().read(statement).await?.iter().rev().map(event).collect()
    }

    /// A page of the log, oldest first, of the events after number `after`.
    pub async fn list_events(&self, id: JobId, after: Option<i64>, limit: u32) -> Result<Page<Event>, DbError> {
        let statement = Statement::new(
            "SELECT seq, at, actor, kind, detail FROM events WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        )
        .bind(id)
        .bind(after.unwrap_or_default())
        .bind(i64::from(limit) + 1); // one more shows whether there is a next page
        let mut items: Vec<Event> =
            self.database().read(statement).await?.iter().map(event).collect::<Result<_, _>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|event| event.seq.to_string());
        Ok(Page { items, next })
    }
}

fn event(row: &Row) -> Result<Event, DbError> {
    let kind: String = row.get("kind")?;
    Ok(Event {
        seq: row.get("seq")?,
        at: Time(row.get("at")?),
        actor: row.get("actor")?,
        kind: kind_of(&kind).ok_or_else(|| DbError::Corrupt(format!("an event of kind {kind:?}")))?,
        detail: row.get("detail")?,
    })
}

/// Appends the same event to each job; the transaction has already changed their rows.
pub async fn append(
    transaction: &mut Transaction,
    ids: &[JobId],
    at: Time,
    actor: &str,
    kind: EventKind,
    detail: String,
) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO events (job_id, seq, at, actor, kind, detail) \
         SELECT id, COALESCE((SELECT MAX(seq) FROM events WHERE job_id = jobs.id), 0) + 1, $1, $2, $3, $4 \
         FROM jobs WHERE id ",
    )
    .bind(at)
    .bind(actor)
    .bind(word(kind))
    .bind(detail);
    let statement = match ids {
        [id] => statement.push("= ").value(*id),
        _ => statement.push("IN ").list(ids.iter().copied()),
    };
    transaction.run(statement).await?;
    Ok(())
}

const KINDS: [EventKind; 13] = [
    EventKind::Created,
    EventKind::Started,
    EventKind::PauseAsked,
    EventKind::Paused,
    EventKind::Resumed,
    EventKind::CancelAsked,
    EventKind::Cancelled,
    EventKind::Retried,
    EventKind::Released,
    EventKind::TakenOver,
    EventKind::Decided,
    EventKind::Succeeded,
    EventKind::Failed,
];

fn word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "created",
        EventKind::Started => "started",
        EventKind::PauseAsked => "pause_asked",
        EventKind::Paused => "paused",
        EventKind::Resumed => "resumed",
        EventKind::CancelAsked => "cancel_asked",
        EventKind::Cancelled => "cancelled",
        EventKind::Retried => "retried",
        EventKind::Released => "released",
        EventKind::TakenOver => "taken_over",
        EventKind::Decided => "decided",
        EventKind::Succeeded => "succeeded",
        EventKind::Failed => "failed",
    }
}

fn kind_of(text: &str) -> Option<EventKind> {
    KINDS.into_iter().find(|kind| word(*kind) == text)
}
