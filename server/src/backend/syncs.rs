//! Syncs: the tables kept in sync, actions on them, and agents' reports.
//!
//! A table is either configured, and Logyard syncs it, or reported by an agent. One that is neither any more is not
//! shown, though its history stays until retention deletes it.

use std::collections::HashMap;

use app::backend::SyncBackend;
use async_trait::async_trait;
use model::{
    Direction, Invalid, KeySpan, Page, Problem, ProblemCode, Quarantined, SyncAction, SyncEvaluation, SyncId, SyncList,
    SyncReport, SyncSource, SyncState, SyncStatus, SyncView, TableName, Time, Viewer,
};
use tracing::info;

use super::{AppBackend, problem, sync_report};
use crate::config;

/// How far back the minutes on a table's page reach. Milliseconds.
const SHOWN_MS: i64 = 6 * 3_600_000;
/// Evaluations on a table's page.
const SHOWN_EVALUATIONS: u32 = 20;
/// Longest page of evaluations.
const MAX_EVALUATIONS: u32 = 200;

#[async_trait]
impl SyncBackend for AppBackend {
    async fn list_syncs(&self) -> Result<SyncList, Problem> {
        let known = self.db.syncs().await.map_err(problem::database)?;
        let (agents, ours): (Vec<_>, Vec<_>) = known.into_iter().partition(|status| status.source == SyncSource::Agent);
        let mut ours: HashMap<TableName, SyncStatus> =
            ours.into_iter().map(|status| (status.table.clone(), status)).collect();
        let mut items: Vec<SyncStatus> =
            self.syncs.iter().map(|table| self.status(table, ours.remove(&table.name))).collect();
        items.extend(agents.into_iter().filter(|status| self.syncs.get(&status.table).is_none()));
        Ok(SyncList { now: self.db.now(), items })
    }

    async fn get_sync(&self, table: &TableName) -> Result<SyncView, Problem> {
        let found = self.find_sync(table).await?;
        let now = self.db.now();
        let (minutes, evaluations) = tokio::try_join!(
            self.db.sync_minutes(table, Time(now.0 - SHOWN_MS)),
            self.db.sync_evaluations(table, None, SHOWN_EVALUATIONS)
        )
        .map_err(problem::database)?;
        let Found { sync, places, map, quarantine } = found;
        Ok(SyncView { now, sync, places, map, minutes, quarantine, evaluations })
    }

    async fn list_evaluations(
        &self,
        table: &TableName,
        after: Option<SyncId>,
        limit: u32,
    ) -> Result<Page<SyncEvaluation>, Problem> {
        self.find_sync(table).await?;
        let limit = limit.clamp(1, MAX_EVALUATIONS);
        self.db.sync_evaluations(table, after, limit).await.map_err(problem::database)
    }

    async fn list_quarantined(
        &self,
        table: &TableName,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Quarantined>, Problem> {
        self.find_sync(table).await?;
        self.db.quarantined(table, after.as_deref(), limit).await.map_err(problem::database)
    }

    async fn act_on_sync(&self, viewer: &Viewer, table: &TableName, action: SyncAction) -> Result<SyncStatus, Problem> {
        let found = self.find_sync(table).await?;
        let known = match &action {
            SyncAction::RetryQuarantined { key: Some(key) } => {
                self.db.is_quarantined(table, key).await.map_err(problem::database)?
            }
            _ => true,
        };
        allows(&found.sync, known, &action)?;
        self.db.request_sync(table, &action, &viewer.name).await.map_err(problem::database)?;
        info!(%table, who = viewer.name, ?action, "sync action requested");
        self.hub.nudge();
        Ok(self.find_sync(table).await?.sync)
    }

    async fn report_sync(&self, viewer: &Viewer, table: &TableName, report: SyncReport) -> Result<SyncStatus, Problem> {
        if self.syncs.get(table).is_some() {
            let detail = format!("Table `{table}` is configured, so Logyard syncs it itself. Report another name.");
            return Err(Problem::new(ProblemCode::Conflict, detail).on("table"));
        }
        sync_report::check(&report)?;
        self.db.report_sync(table, &viewer.name, &report).await.map_err(problem::database)?;
        self.hub.nudge();
        Ok(self.find_sync(table).await?.sync)
    }
}

impl AppBackend {
    /// A configured table, or one that an agent reports.
    async fn find_sync(&self, table: &TableName) -> Result<Found, Problem> {
        let kept = self.db.sync(table).await.map_err(problem::database)?;
        let Some(configured) = self.syncs.get(table) else {
            return match kept {
                Some((sync, map, quarantine)) if sync.source == SyncSource::Agent => {
                    Ok(Found { sync, places: Vec::new(), map, quarantine })
                }
                _ => Err(unknown(table)),
            };
        };
        let places = self.syncs.places(table);
        // An agent's reports from before the table was configured do not count.
        Ok(match kept.filter(|(status, ..)| status.source == SyncSource::Logyard) {
            Some((status, map, quarantine)) => {
                Found { sync: self.status(configured, Some(status)), places, map, quarantine }
            }
            None => Found { sync: self.status(configured, None), places, map: Vec::new(), quarantine: Vec::new() },
        })
    }

    /// The status of a configured table, also before its first evaluation.
    fn status(&self, table: &config::Table, kept: Option<SyncStatus>) -> SyncStatus {
        let unseen = || SyncStatus::unseen(table.name.clone(), SyncSource::Logyard, self.started_at);
        let every_ms = u64::try_from(table.every.as_millis()).unwrap_or(u64::MAX);
        SyncStatus { every_ms, ..kept.unwrap_or_else(unseen) }
    }
}

/// A table with everything recorded about it.
struct Found {
    sync: SyncStatus,
    places: Vec<Direction>,
    map: Vec<KeySpan>,
    quarantine: Vec<Quarantined>,
}

fn unknown(table: &TableName) -> Problem {
    Problem::new(ProblemCode::NotFound, format!("No table `{table}` is configured, and no agent reports one."))
}

/// Refuses an action that the table's state does not allow, and names the state. `is_quarantined`: whether the row that
/// the action names is.
fn allows(sync: &SyncStatus, is_quarantined: bool, action: &SyncAction) -> Result<(), Problem> {
    let table = &sync.table;
    let conflict = |detail: String| Err(Problem::new(ProblemCode::Conflict, detail));
    if sync.source == SyncSource::Agent {
        let agent = sync.holder.as_deref().unwrap_or("an agent");
        let detail = format!("Table `{table}` is synced by {agent}, which only reports here. Act on it at the agent.");
        return conflict(detail);
    }
    match action {
        SyncAction::Approve { rows } => match sync.waiting.filter(|_| sync.state == SyncState::Waiting) {
            None => conflict(format!("Table `{table}` does not wait for approval: it is {}.", stands(sync.state))),
            Some(waiting) if *rows < waiting.rows => {
                let least = waiting.rows;
                let detail =
                    format!("At least {least} rows would be deleted; an approval of {rows} does not cover them.");
                Err(Problem::new(ProblemCode::Conflict, detail).on("rows"))
            }
            Some(_) => Ok(()),
        },
        SyncAction::AcceptEpoch { .. } if sync.state == SyncState::EpochChanged => Ok(()),
        SyncAction::AcceptEpoch { .. } => {
            let stands = stands(sync.state);
            conflict(format!(
                "Table `{table}` has no new epoch to accept: its local database is unchanged. It is {stands}."
            ))
        }
        SyncAction::RetryQuarantined { .. } if sync.quarantined == 0 => {
            conflict(format!("Table `{table}` has no quarantined row."))
        }
        SyncAction::RetryQuarantined { key: Some(key) } if !is_quarantined => {
            let expected = "the key of a quarantined row as the table shows it, or left out for all of them";
            Err(Invalid::new("key", key, expected).into())
        }
        SyncAction::Evaluate
        | SyncAction::Verify { .. }
        | SyncAction::CompareContents
        | SyncAction::RetryQuarantined { .. }
        | SyncAction::Pause
        | SyncAction::Resume => Ok(()),
    }
}

fn stands(state: SyncState) -> &'static str {
    match state {
        SyncState::New => "not evaluated yet",
        SyncState::InSync => "in sync",
        SyncState::Uploading => "being uploaded",
        SyncState::Reconciling => "being reconciled",
        SyncState::HeldBack => "in sync except rows held back by an open transaction",
        SyncState::Quarantined => "in sync except quarantined rows",
        SyncState::ShapeDiffers => "stopped, because its copy has other columns",
        SyncState::Waiting => "waiting for approval of a deletion",
        SyncState::EpochChanged => "stopped, because its local database was replaced",
        SyncState::Unreachable => "unreachable",
        SyncState::Refused => "refused by one of its endpoints",
    }
}

#[cfg(test)]
mod tests {
    use model::MassDelete;

    use super::*;

    const ACCEPT: SyncAction = SyncAction::AcceptEpoch { send_all: false };

    fn status(state: SyncState) -> SyncStatus {
        let unseen = SyncStatus::unseen("orders".parse().unwrap(), SyncSource::Logyard, Time(0));
        SyncStatus { state, ..unseen }
    }

    fn refusal(sync: &SyncStatus, action: &SyncAction) -> Problem {
        allows(sync, true, action).unwrap_err()
    }

    #[test]
    fn approval_needs_a_waiting_table_and_enough_rows() {
        let waiting = Some(MassDelete { rows: 1_200, remote_rows: 5_000 });
        let waits = SyncStatus { waiting, ..status(SyncState::Waiting) };
        for rows in [1_200, 5_000] {
            assert!(allows(&waits, true, &SyncAction::Approve { rows }).is_ok());
        }
        let short = refusal(&waits, &SyncAction::Approve { rows: 1_199 });
        assert_eq!((short.code, short.field.as_deref()), (ProblemCode::Conflict, Some("rows")));
        assert!(short.detail.contains("1200 rows") && short.detail.contains("1199"), "{short}");
        let over = SyncStatus { state: SyncState::InSync, ..waits };
        let late = refusal(&over, &SyncAction::Approve { rows: 1_200 });
        assert!(late.code == ProblemCode::Conflict && late.detail.contains("it is in sync"), "{late}");
    }

    #[test]
    fn epoch_is_accepted_only_after_it_changed() {
        assert!(allows(&status(SyncState::EpochChanged), true, &ACCEPT).is_ok());
        assert_eq!(refusal(&status(SyncState::Waiting), &ACCEPT).code, ProblemCode::Conflict);
    }

    #[test]
    fn only_quarantined_rows_are_retried() {
        let retry = |key: Option<&str>| SyncAction::RetryQuarantined { key: key.map(str::to_owned) };
        assert_eq!(refusal(&status(SyncState::InSync), &retry(None)).code, ProblemCode::Conflict);
        let sync = SyncStatus { quarantined: 1, ..status(SyncState::Quarantined) };
        assert!(allows(&sync, true, &retry(None)).is_ok());
        assert!(allows(&sync, true, &retry(Some("7"))).is_ok());
        let other = allows(&sync, false, &retry(Some("8"))).unwrap_err();
        assert_eq!((other.code, other.field.as_deref()), (ProblemCode::Invalid, Some("key")));
    }

    #[test]
    fn actions_on_an_agents_table_are_refused() {
        let sync =
            SyncStatus { source: SyncSource::Agent, holder: Some("agent-7".into()), ..status(SyncState::InSync) };
        for action in [SyncAction::Evaluate, SyncAction::CompareContents, SyncAction::Pause, SyncAction::Resume] {
            let refused = refusal(&sync, &action);
            assert!(refused.code == ProblemCode::Conflict && refused.detail.contains("agent-7"), "{refused}");
        }
    }
}
