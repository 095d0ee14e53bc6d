//! The evaluator: one process at a time evaluates conditions and records the changes.
//!
//! Always: a process that lost the lease `evaluate` records nothing. Actions of users stay unchanged, except when a
//! silence expires or the alert is resolved.

use model::{Alert, Time};

use super::row;
use crate::{
    Db, DbError,
    database::{Statement, Transaction, json},
    jobs::row::integer,
    task_leases::{self, task},
};

/// An alert with the evaluator's own state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAlert {
    pub alert: Alert,
    /// Time since which its condition is no longer active.
    pub gone_since: Option<Time>,
    /// Last notification; `told_weight` is the severity at that time.
    pub told_at: Time,
    pub told_weight: u64,
}

/// A change to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertChange {
    Opened(KeptAlert),
    Updated(KeptAlert),
    /// The silence has expired.
    Woken(KeptAlert),
    Resolved(KeptAlert),
}

impl AlertChange {
    fn kept(&self) -> &KeptAlert {
        match self {
            Self::Opened(kept) | Self::Updated(kept) | Self::Woken(kept) | Self::Resolved(kept) => kept,
        }
    }
}

impl Db {
    /// All alerts that are not resolved.
    pub async fn standing_alerts(&self) -> Result<Vec<KeptAlert>, DbError> {
        let rows = self.database().read(row::select().push("WHERE past = 0 ORDER BY id")).await?;
        rows.iter().map(row::decode_kept).collect()
    }

    /// Records an evaluation. Each change has the event to notify receivers of, if any. False if the lease is lost.
    pub async fn record_evaluation(
        &self,
        holder: &str,
        changes: &[(AlertChange, Option<&str>)],
        receivers: &[&str],
    ) -> Result<bool, DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        if !task_leases::fence(&mut transaction, (task::EVALUATE, task::ALL), holder).await? {
            return Ok(false);
        }
        for (change, told) in changes {
            if !record(&mut transaction, change).await? {
                continue; // resolved or deleted meanwhile: nothing to notify
            }
            for receiver in receivers.iter().filter(|_| told.is_some()) {
                let alert = &change.kept().alert;
                let statement = Statement::new(
                    "INSERT INTO outbox (id, alert_id, receiver, what, alert, made_at, next_at) VALUES ",
                )
                .tuple([
                    self.clock().new_id().0.into(),
                    alert.id.into(),
                    (*receiver).into(),
                    told.unwrap_or_default().into(),
                    json(alert)?.into(),
                    now.into(),
                    now.into(),
                ]);
                transaction.run(statement).await?;
            }
        }
        let evaluated = Statement::new(
            "INSERT INTO evaluator (id, evaluated_at) VALUES (1, $1) \
             ON CONFLICT (id) DO UPDATE SET evaluated_at = excluded.evaluated_at",
        )
        .bind(now);
        transaction.run(evaluated).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub fn new_alert_id(&self) -> model::AlertId {
        model::AlertId(self.clock().new_id().0.0)
    }
}

/// Writes a change; false if the alert no longer exists, or exists already.
async fn record(transaction: &mut Transaction, change: &AlertChange) -> Result<bool, DbError> {
    let kept = change.kept();
    if let AlertChange::Opened(kept) = change {
        let statement = row::insert(kept)?.push(" ON CONFLICT DO NOTHING RETURNING id");
        return Ok(!transaction.run(statement).await?.is_empty());
    }
    let alert = &kept.alert;
    let statement = Statement::new(
        "UPDATE alerts SET reason = $1, advice = $2, since = $3, updated_at = $4, runs = $5, object_keys = $6, \
         window_from = $7, window_to = $8, gone_since = $9, told_at = $10, told_weight = $11",
    )
    .bind(alert.reason.as_str())
    .bind(alert.advice.as_str())
    .bind(alert.since)
    .bind(alert.updated_at)
    .bind(json(&alert.runs)?)
    .bind(json(&alert.keys)?)
    .bind(alert.window.from())
    .bind(alert.window.to())
    .bind(kept.gone_since.map(|at| at.0))
    .bind(kept.told_at)
    .bind(integer(kept.told_weight));
    let statement = match change {
        AlertChange::Opened(_) | AlertChange::Updated(_) => statement,
        AlertChange::Woken(_) => statement.push(", state = 'open', silenced_until = NULL"),
        AlertChange::Resolved(_) => {
            statement.push(", state = 'resolved', past = 1, resolved_at = ").value(alert.updated_at)
        }
    };
    let statement = statement.push(" WHERE past = 0 AND id = ").value(alert.id).push(" RETURNING id");
    Ok(!transaction.run(statement).await?.is_empty())
}
