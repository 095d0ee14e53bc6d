//! The tables of alerts: what is wrong, and what people did about it.
//!
//! Two kinds of writers meet in a row. The evaluator, one at a time by its lease, writes what holds; people write what
//! they did. Neither writes the other's columns, so that nobody undoes what happened between a look and its record.
//!
//! Always: at most one unresolved alert of a kind and a pipeline or sink, by an index. What receivers are to be told is
//! written with the change that it tells of, in one transaction.
//!
//! - `list`: read
//! - `evaluator`: the lease, and what an evaluation changes; `row`: how an alert lies in its row
//! - `outbox`: what is to be told, and what came of it
//! - `canaries`: marked events; `facts`: what conditions rest on

mod canaries;
mod evaluator;
mod facts;
mod list;
mod outbox;
mod row;

use model::{Alert, AlertAction, AlertId, AlertState};

pub use self::{
    evaluator::{AlertChange, KeptAlert},
    facts::RunGlance,
    outbox::{Attempt, Outgoing},
};
use crate::{Db, DbError, database::Statement};

impl Db {
    /// What a person does. [`DbError::AlertOver`] where it is resolved.
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
