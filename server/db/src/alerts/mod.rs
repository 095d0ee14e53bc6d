//! The tables of alerts: conditions, and the actions of users on them.
//!
//! Two kinds of writers share a row. The evaluator, a single one by its lease, writes the condition; users write their
//! actions. Neither writes the other's columns, so that a change between a read and a write is not lost.
//!
//! Always: a unique index allows one unresolved alert per kind and pipeline, sink, schedule or table. Notifications are written in the
//! transaction of the change that they report.
//!
//! - `list`: reads alerts
//! - `evaluator`: the lease, and changes by an evaluation; `row`: encoding of an alert
//! - `outbox`: pending notifications, and delivery attempts
//! - `canaries`: canaries; `facts`: figures for conditions

mod canaries;
mod evaluator;
mod facts;
mod list;
mod outbox;
mod row;

use model::{Alert, AlertAction, AlertId, AlertState};

pub use self::{
    evaluator::{AlertChange, KeptAlert},
    facts::RunFigures,
    outbox::{Attempt, Outgoing},
};
use crate::{Db, DbError, database::Statement};

impl Db {
    /// Applies a user's action. [`DbError::AlertOver`] if the alert is resolved.
    pub async fn act_on_alert(&self, id: AlertId, action: AlertAction, who: &str) -> Result<Alert, DbError> {
        let now = self.now();
        let statement = match action {
            AlertAction::Acknowledge => Statement::new(
                "UPDATE alerts SET state = 'acknowledged', acknowledged_by = $1, acknowledged_at = $2, \
                 silenced_until = NULL, updated_at = $2 WHERE id = $3 AND past = 0 RETURNING id",
            )
            .bind(who)
            .bind(now),
            AlertAction::Silence { until } => Statement::new(
                "UPDATE alerts SET state = 'silenced', silenced_until = $1, updated_at = $2 \
                 WHERE id = $3 AND past = 0 RETURNING id",
            )
            .bind(until)
            .bind(now),
            AlertAction::Reopen => Statement::new(
                "UPDATE alerts SET state = 'open', acknowledged_by = NULL, acknowledged_at = NULL, \
                 silenced_until = NULL, updated_at = $1 WHERE id = $2 AND past = 0 RETURNING id",
            )
            .bind(now),
        };
        let changed = !self.database().write(statement.bind(id)).await?.is_empty();
        let alert = self.alert(id).await?;
        if changed || alert.state != AlertState::Resolved { Ok(alert) } else { Err(DbError::AlertOver(id)) }
    }
}
