//! The hub's one task: finds changed rows and tells them.

use std::{collections::HashMap, time::Duration};

use db::DbError;
use model::{Job, JobId, LiveMessage, SyncChange, TableName, Time};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Hub;

const POLL: Duration = Duration::from_millis(500);
const BEAT: Duration = Duration::from_secs(2);
/// Rows become visible when their transaction commits, up to so much later than the time they carry. Milliseconds.
const OVERLAP_MS: i64 = 3_000;
/// Rows a page; a poll that finds more goes on, up to [`MOST_PAGES`].
const PAGE: u32 = 500;
const MOST_PAGES: usize = 4;

pub(super) struct ChangePoller {
    hub: Hub,
    /// Changes up to here have been told, but for the overlap. `None`: nobody listened, start from now.
    horizon: Option<Time>,
    /// Revisions told within the overlap.
    told: HashMap<JobId, (i64, Time)>,
    /// The same of tables that are kept in step.
    syncs: HashMap<TableName, i64>,
}

impl ChangePoller {
    pub fn new(hub: Hub) -> Self {
        Self { hub, horizon: None, told: HashMap::new(), syncs: HashMap::new() }
    }

    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut polls = interval(POLL);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beat_at = Instant::now();
        let mut away = false;
        loop {
            let nudge = self.hub.nudge.clone();
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = polls.tick() => {}
                () = nudge.notified() => {}
            }
            if !self.hub.watched() {
                self.horizon = None;
                self.told.clear();
                self.syncs.clear();
                continue;
            }
            let mut looked = self.poll().await;
            if looked.is_ok() && beat_at <= Instant::now() {
                beat_at = Instant::now() + BEAT;
                looked = self.hub.beat().await;
            }
            // No beat while the database is away: the pages then say that they are not live.
            if let Err(error) = &looked
                && !away
            {
                warn!(%error, "cannot look for changes; trying again");
            }
            away = looked.is_err();
        }
    }

    async fn poll(&mut self) -> Result<(), DbError> {
        let now = self.hub.db.now();
        let oldest = Time(self.horizon.unwrap_or(now).0 - OVERLAP_MS);
        let mut since = oldest;
        for page in 1.. {
            let jobs = self.hub.db.changed(since, PAGE).await?;
            let full = jobs.len() >= PAGE as usize;
            let last = jobs.last().map(|job| job.updated_at);
            for job in jobs {
                self.tell(job);
            }
            match last {
                // Thousands at once, by an action on a whole list: listeners start again from what holds now.
                Some(last) if full && (page == MOST_PAGES || last == since) => {
                    self.hub.tell(LiveMessage::Snapshot(self.hub.snapshot().await?));
                    break;
                }
                Some(last) if full => since = last,
                _ => break,
            }
        }
        let changes = self.hub.db.changed_syncs(oldest).await?;
        self.syncs.retain(|table, _| changes.iter().any(|change| change.table == *table));
        for change in changes {
            self.tell_sync(change);
        }
        self.horizon = Some(now);
        self.told.retain(|_, (_, at)| *at >= oldest);
        Ok(())
    }

    fn tell_sync(&mut self, change: SyncChange) {
        let known = self.syncs.insert(change.table.clone(), change.revision);
        if known.is_none_or(|revision| revision < change.revision) {
            self.hub.tell(LiveMessage::Sync(change));
        }
    }

    fn tell(&mut self, job: Job) {
        let seen = (job.revision, job.updated_at);
        let known = self.told.insert(job.id, seen);
        if known.is_none_or(|(revision, _)| revision < job.revision) {
            self.hub.tell(LiveMessage::Job(Box::new(job)));
        }
    }
}
