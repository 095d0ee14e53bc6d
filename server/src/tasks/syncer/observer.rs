//! Writes progress and checkpoint of an evaluation to the database, for as long as this process holds the table.

use std::collections::BTreeMap;

use async_trait::async_trait;
use db::{Db, DbError, QuarantineChanges, SyncHeartbeat};
use engine::sync::{Activity, Entry, Evaluation, Observer, PerEndpoint, Quarantine, SyncProgress, Usage, Work};
use model::{Evidence, Quarantined, SyncEnd, SyncMinute, SyncSource, SyncState, SyncStatus, Time};
use tokio::time::{Duration, Instant};

use super::{
    checkpoint::Kept,
    map::KeyMap,
    rate::Rate,
    verdict::{Standing, rows},
};
use crate::config;

/// Rows in quarantine that are listed; their number is stored beside the list.
const QUARANTINE: usize = 100;
/// Pause between two key maps during an evaluation.
const MAP_EVERY: Duration = Duration::from_secs(5);

/// Shows a status on the terminal of a command.
pub type Watch<'a> = &'a mut (dyn FnMut(&SyncStatus) + Send);

pub struct Teller<'a> {
    pub db: &'a Db,
    pub config: &'a config::Table,
    pub holder: &'a str,
    pub lease_ms: i64,
    pub kept: &'a Kept,
    /// The status before this evaluation.
    pub known: &'a SyncStatus,
    pub verify: bool,
    pub local: &'a tables::Table,
    pub rate: &'a mut Rate,
    pub map: &'a mut KeyMap,
    pub watch: Watch<'a>,
    pub mapped: Option<Instant>,
    /// Work and costs that were written already.
    pub work: Work,
    pub usage: PerEndpoint<Usage>,
    /// Quarantined rows as the database has them.
    pub quarantined: BTreeMap<u64, Entry>,
    /// Why the database refused a write.
    pub error: Option<DbError>,
}

#[async_trait]
impl Observer for Teller<'_> {
    async fn report(&mut self, progress: &SyncProgress<'_>) -> bool {
        let (state, reason) = self.under_way(progress);
        let mut beat = self.beat(progress, state, reason);
        if self.mapped.is_none_or(|at| at.elapsed() >= MAP_EVERY) {
            self.map.count(self.local).await;
            beat.map = Some(self.map.see(&progress.evaluation.coverage()));
            self.mapped = Some(Instant::now());
        }
        (self.watch)(&beat.status);
        match self.db.sync_heartbeat(&self.config.name, self.holder, self.lease_ms, &beat).await {
            Ok(ours) => ours,
            Err(error) => {
                self.error = Some(error);
                false
            }
        }
    }
}

impl Teller<'_> {
    /// A table is shown as worked on once rows are changed: one that is only compared keeps its state.
    fn under_way(&self, progress: &SyncProgress<'_>) -> (SyncState, String) {
        let Work { uploaded, deleted, found, rounds } = progress.evaluation.work();
        let idle = uploaded == 0 && deleted == 0;
        if self.verify || idle && self.known.state != SyncState::New {
            return (self.known.state, self.known.reason.clone());
        }
        match progress.evaluation.activity() {
            Activity::ReadingMeta => {
                (SyncState::Reconciling, "The metadata of both endpoints is being read.".to_owned())
            }
            Activity::Uploading => {
                let left = progress.behind.map(|behind| format!("; {} to go", rows(behind))).unwrap_or_default();
                (SyncState::Uploading, format!("{} sent{left}.", rows(uploaded)))
            }
            Activity::Reconciling => {
                let reason = format!(
                    "{found} differences found in {rounds} rounds, {} sent and {deleted} deleted.",
                    rows(uploaded)
                );
                (SyncState::Reconciling, reason)
            }
        }
    }

    /// Progress since the last write.
    fn beat(&mut self, progress: &SyncProgress<'_>, state: SyncState, reason: String) -> SyncHeartbeat {
        let evaluation = progress.evaluation;
        let minute = self.minute(evaluation, &progress.usage);
        self.rate.sent(minute.uploaded);
        let quarantine = &evaluation.checkpoint().quarantine;
        let meta = evaluation.meta();
        let end =
            |meta: &engine::sync::Meta| SyncEnd { count: meta.count, version: meta.extremes.map(|(_, high)| high) };
        let status = SyncStatus {
            state,
            reason,
            local: meta.map(|meta| end(&meta.local)),
            remote: meta.map(|meta| end(&meta.remote)),
            behind: progress.behind,
            rate: self.rate.per_second(),
            left_ms: progress.behind.and_then(|behind| self.rate.left_ms(behind)),
            quarantined: quarantine.len() as u64,
            batch: Some(evaluation.checkpoint().batch.size() as u64),
            position: evaluation.position(),
            every_ms: every_ms(self.config),
            holder: Some(self.holder.to_owned()),
            held: true,
            ..self.known.clone()
        };
        let checkpoint = evaluation.to_keep().map(|engine| self.kept.with(engine));
        SyncHeartbeat { status, checkpoint, minute, quarantine: self.changes(evaluation), map: None }
    }

    /// What changed in the quarantine since the last write. A verification leaves it as it is.
    fn changes(&mut self, evaluation: &Evaluation) -> QuarantineChanges {
        let mut changes = QuarantineChanges::default();
        let Some(checkpoint) = evaluation.to_keep() else { return changes };
        for entry in checkpoint.quarantine.entries() {
            if self.quarantined.get(&entry.mark.key) != Some(entry) {
                let text = serde_json::to_string(entry);
                let text = text.unwrap_or_else(|error| unreachable!("an entry is plain data: {error}"));
                changes.refused.push((shown(entry), text));
                self.quarantined.insert(entry.mark.key, entry.clone());
            }
        }
        if self.quarantined.len() > checkpoint.quarantine.len() {
            self.quarantined.retain(|key, entry| {
                let kept = checkpoint.quarantine.get(*key).is_some();
                if !kept {
                    changes.released.push(shown(entry).key);
                }
                kept
            });
        }
        changes
    }

    fn minute(&mut self, evaluation: &Evaluation, usage: &PerEndpoint<Usage>) -> SyncMinute {
        let (work, before) = (evaluation.work(), std::mem::replace(&mut self.work, evaluation.work()));
        let (local, remote) = (usage.local.since(&self.usage.local), usage.remote.since(&self.usage.remote));
        self.usage = usage.clone();
        SyncMinute {
            at: self.db.now(),
            uploaded: work.uploaded.saturating_sub(before.uploaded),
            deleted: work.deleted.saturating_sub(before.deleted),
            found: work.found.saturating_sub(before.found),
            requests: remote.requests,
            bytes_sent: remote.bytes_sent,
            bytes_received: remote.bytes_received,
            local_rows: local.rows,
            remote_rows: remote.rows,
            batch: evaluation.checkpoint().batch.size() as u64,
        }
    }

    /// The final status of an evaluation, with the current key map.
    pub async fn last(&mut self, progress: &SyncProgress<'_>, standing: &Standing) -> SyncHeartbeat {
        let mut beat = self.beat(progress, standing.state, standing.reason.clone());
        beat.status.waiting = standing.waiting;
        beat.status.held_back.clone_from(&standing.held_back);
        beat.status.compared = standing.verified.filter(|verified| verified.shown_by == Evidence::Contents);
        beat.status.verified = standing.verified.or(beat.status.verified);
        beat.status.position = None;
        if progress.evaluation.meta().is_some() {
            self.map.count(self.local).await;
            beat.map = Some(self.map.see(&progress.evaluation.coverage()));
        }
        beat
    }
}

pub fn every_ms(config: &config::Table) -> u64 {
    u64::try_from(config.every.as_millis()).unwrap_or(u64::MAX)
}

/// Status of a table that was never evaluated.
pub fn unseen(db: &Db, config: &config::Table) -> SyncStatus {
    SyncStatus::unseen(config.name.clone(), SyncSource::Logyard, db.now())
}

/// The first rows in quarantine.
pub fn listed(quarantine: &Quarantine) -> Vec<Quarantined> {
    quarantine.entries().take(QUARANTINE).map(shown).collect()
}

fn shown(entry: &Entry) -> Quarantined {
    let error = if entry.delete { format!("not deleted: {}", entry.refusal) } else { entry.refusal.clone() };
    Quarantined {
        key: entry.mark.key.cast_signed().to_string(),
        version: entry.mark.version,
        error,
        attempts: entry.attempts,
        retry_at: Time(i64::try_from(entry.retry_at).unwrap_or(i64::MAX)),
    }
}
