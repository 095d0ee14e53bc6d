//! The outbox: what receivers are to be told, tried until they take it, and the record of the attempts.
//!
//! Whoever wants to try moves the time of the next attempt on, and names the time that it found: one of them succeeds.
//! Killed in between, it is tried again at that time, under the same id.
//!
//! Always: of one alert a receiver hears in order; what came later waits.

use model::{Alert, AlertId, DeliveryId, Notice, Page, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement},
    jobs::row::integer,
};

const LONGEST_LIST: u32 = 200;

/// Something to tell, held by whoever claimed it until [`Outgoing::held_until`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The same in each attempt.
    pub id: String,
    pub receiver: String,
    /// `opened`, `updated`, `resolved`.
    pub what: String,
    /// As it was then.
    pub alert: Alert,
    pub made_at: Time,
    /// Which one this is, from 1.
    pub attempt: u32,
    pub held_until: Time,
}

/// What becomes of something to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It was taken, or will not be tried again.
    Over,
    Again(Time),
}

impl Db {
    /// Takes what is due for any of these receivers, held for a while; at most so many.
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

    /// Records an attempt and what becomes of it. Nothing becomes of what another claimed by now.
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

    /// Records an attempt that stands for itself: a test.
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
        let limit = limit.clamp(1, LONGEST_LIST);
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
