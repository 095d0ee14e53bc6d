//! The outbox: pending notifications, retried until their receiver accepts them, and the delivery attempts.
//!
//! A sender claims a notification by advancing the time of its next attempt from the time that it read; only one sender
//! succeeds. If that sender dies, the notification is retried at the advanced time, with the same id.
//!
//! Always: a receiver gets the notifications of one alert in order; later ones wait.

use model::{Alert, AlertId, DeliveryId, Notice, Page, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement},
    jobs::row::integer,
};

const MAX_LIST: u32 = 200;

/// A notification claimed until [`Outgoing::held_until`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Id, the same in each attempt.
    pub id: String,
    pub receiver: String,
    /// Event: `opened`, `updated` or `resolved`.
    pub what: String,
    /// The alert at the time of the event.
    pub alert: Alert,
    pub made_at: Time,
    /// Number of this attempt, from 1.
    pub attempt: u32,
    pub held_until: Time,
}

/// What follows a delivery attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// No further attempt: delivered, or given up.
    Over,
    /// Retry at this time.
    Again(Time),
}

impl Db {
    /// Claims up to `most` due notifications for these receivers, each for `hold_ms` milliseconds.
    pub async fn claim_outgoing(&self, receivers: &[&str], hold_ms: i64, most: u32) -> Result<Vec<Outgoing>, DbError> {
        if receivers.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let due = Statement::new("SELECT id, next_at FROM outbox WHERE next_at <= ").value(now);
        let due = due.push(" AND receiver IN ").list(receivers.iter().copied());
        let due = due
            .push(
                " AND NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.receiver = outbox.receiver \
                 AND earlier.alert_id = outbox.alert_id AND earlier.id < outbox.id) ORDER BY next_at, id LIMIT ",
            )
            .value(i64::from(most));
        let mut claimed = Vec::new();
        for row in self.database().read(due).await? {
            let statement = Statement::new(
                "UPDATE outbox SET next_at = $1, attempts = attempts + 1 WHERE id = $2 AND next_at = $3 \
                 RETURNING id, receiver, what, alert, made_at, attempts, next_at",
            )
            .bind(now.0 + hold_ms)
            .bind(row.get::<String>("id")?)
            .bind(row.get::<i64>("next_at")?);
            claimed.extend(self.database().write(statement).await?.first().map(outgoing).transpose()?);
        }
        Ok(claimed)
    }

    /// Records an attempt and its result. The notification stays unchanged if another sender has claimed it meanwhile.
    pub async fn attempted(&self, outgoing: &Outgoing, notice: &Notice, then: Attempt) -> Result<(), DbError> {
        let mut transaction = self.database().begin().await?;
        transaction.run(self.insert_delivery(notice)).await?;
        let statement = match then {
            Attempt::Over => Statement::new("DELETE FROM outbox WHERE "),
            Attempt::Again(at) => Statement::new("UPDATE outbox SET next_at = ").value(at).push(" WHERE "),
        };
        let statement = statement.push("id = ").value(outgoing.id.as_str());
        transaction.run(statement.push(" AND next_at = ").value(outgoing.held_until)).await?;
        transaction.commit().await
    }

    /// Records an attempt without a notification: a test of a receiver.
    pub async fn record_delivery(&self, notice: &Notice) -> Result<(), DbError> {
        self.database().write(self.insert_delivery(notice)).await?;
        Ok(())
    }

    fn insert_delivery(&self, notice: &Notice) -> Statement {
        Statement::new(
            "INSERT INTO deliveries (id, alert_id, receiver, at, attempt, what, status, error, took_ms) VALUES ",
        )
        .tuple([
            self.clock().new_id().0.into(),
            notice.alert.map(|id| id.to_string()).into(),
            notice.receiver.as_str().into(),
            notice.at.into(),
            i64::from(notice.attempt).into(),
            notice.what.as_str().into(),
            notice.status.map(i64::from).into(),
            notice.error.clone().into(),
            integer(notice.took_ms).into(),
        ])
    }

    /// A page of attempts, newest first, of those older than `after`. `limit` is at most 200.
    pub async fn list_deliveries(
        &self,
        alert: Option<AlertId>,
        receiver: Option<&str>,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Page<Notice>, DbError> {
        let limit = limit.clamp(1, MAX_LIST);
        let mut statement = Statement::new(
            "SELECT id, alert_id, receiver, at, attempt, what, status, error, took_ms FROM deliveries WHERE 1 = 1",
        );
        if let Some(alert) = alert {
            statement = statement.push(" AND alert_id = ").value(alert);
        }
        if let Some(receiver) = receiver {
            statement = statement.push(" AND receiver = ").value(receiver);
        }
        if let Some(after) = after {
            statement = statement.push(" AND id < ").value(after.to_string());
        }
        // One more shows whether there is a next page.
        let statement = statement.push(" ORDER BY id DESC LIMIT ").value(i64::from(limit) + 1);
        let rows = self.database().read(statement).await?;
        let page = &rows[..rows.len().min(limit as usize)];
        let last = page.last().filter(|_| rows.len() > page.len());
        let next = last.map(|row| row.get::<String>("id")).transpose()?;
        Ok(Page { items: page.iter().map(notice).collect::<Result<_, _>>()?, next })
    }
}

fn outgoing(row: &Row) -> Result<Outgoing, DbError> {
    Ok(Outgoing {
        id: row.get("id")?,
        receiver: row.get("receiver")?,
        what: row.get("what")?,
        alert: row.json("alert")?,
        made_at: Time(row.get("made_at")?),
        attempt: u32::try_from(row.get::<i64>("attempts")?).unwrap_or(u32::MAX),
        held_until: Time(row.get("next_at")?),
    })
}

fn notice(row: &Row) -> Result<Notice, DbError> {
    Ok(Notice {
        alert: crate::runs::name(row, "alert_id")?,
        receiver: row.get("receiver")?,
        at: Time(row.get("at")?),
        attempt: u32::try_from(row.get::<i64>("attempt")?).unwrap_or(u32::MAX),
        what: row.get("what")?,
        status: row.get::<Option<i64>>("status")?.and_then(|status| u16::try_from(status).ok()),
        error: row.get("error")?,
        took_ms: row.get::<i64>("took_ms")?.unsigned_abs(),
    })
}
