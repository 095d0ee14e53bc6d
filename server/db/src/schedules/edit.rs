//! Edits a schedule: all that its author chose, at once.
//!
//! Always: an edit is based on the revision that its editor read. If the schedule has another one by now, nothing is
//! written and the editor gets the schedule as it is. The row stays locked between the comparison and the change.

use model::{CloneSpec, Consent, NextTimes, Schedule, ScheduleId, ScheduleName, Timing};

use super::row;
use crate::{
    Db, DbError,
    database::{Statement, Transaction, json},
};

/// What a schedule shall be.
pub struct EditedSchedule {
    /// The revision that the editor read.
    pub revision: i64,
    pub name: ScheduleName,
    pub timing: Timing,
    pub clone: CloneSpec,
    /// The consent of the editor. Limits that stay the same for the same clone stay the consent of who gave them.
    pub consent: Option<Consent>,
    /// Next times by the new timing. A timing that stays the same keeps its next times, also those already due.
    pub next: NextTimes,
    pub editor: String,
}

impl Db {
    /// Edits a schedule. [`DbError::Edited`] if it changed since the editor read it, unless it is already as asked: a
    /// form may be sent twice. A paused schedule stays paused.
    pub async fn edit_schedule(&self, id: ScheduleId, edit: EditedSchedule) -> Result<Schedule, DbError> {
        let mut transaction = self.database().begin().await?;
        let statement = row::select().push("WHERE id = ").value(id).push(transaction.for_update());
        let rows = transaction.run(statement).await?;
        let before = row::decode(rows.first().ok_or(DbError::NoSchedule(id))?)?;
        let same_timing = before.timing == edit.timing;
        let limits = |consent: &Option<Consent>| consent.as_ref().map(|consent| consent.limits);
        let same_clone = before.clone == edit.clone && limits(&before.consent) == limits(&edit.consent);
        if same_timing && same_clone && before.name == edit.name {
            return Ok(before);
        }
        if before.revision != edit.revision {
            return Err(DbError::Edited(Box::new(before)));
        }
        name_is_free(&mut transaction, id, &edit.name).await?;
        let next = match (before.enabled, same_timing) {
            (false, _) => NextTimes { clone: None, verify: None },
            (true, true) => NextTimes { clone: before.next_at, verify: before.verify_next_at },
            (true, false) => edit.next,
        };
        let consent = if same_clone { before.consent } else { edit.consent };
        let statement = Statement::new(
            "UPDATE schedules SET name = $1, cron = $2, verify_cron = $3, zone = $4, spec = $5, next_at = $6, \
             verify_next_at = $7, revision = revision + 1, edited_by = $8, edited_at = $9, consent = $10 WHERE id = $11",
        )
        .bind(edit.name.as_str())
        .bind(edit.timing.cron)
        .bind(edit.timing.verify_cron)
        .bind(edit.timing.zone)
        .bind(json(&edit.clone)?)
        .bind(next.clone.map(|at| at.0))
        .bind(next.verify.map(|at| at.0))
        .bind(edit.editor)
        .bind(self.now())
        .bind(consent.as_ref().map(json).transpose()?)
        .bind(id);
        transaction.run(statement).await?;
        transaction.commit().await?;
        self.schedule(id).await
    }
}

async fn name_is_free(transaction: &mut Transaction, id: ScheduleId, name: &ScheduleName) -> Result<(), DbError> {
    let statement = Statement::new("SELECT id FROM schedules WHERE name = $1 AND id <> $2").bind(name.as_str());
    let others = transaction.run(statement.bind(id)).await?;
    if others.is_empty() { Ok(()) } else { Err(DbError::NameTaken(name.clone())) }
}
