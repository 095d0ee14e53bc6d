//! The hub's one task: finds changed rows and sends them to the subscribers.

use std::{collections::HashMap, time::Duration};

use db::DbError;
use model::{Job, JobId, LiveMessage, SyncChange, TableName, Time};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Hub;

const POLL: Duration = Duration::from_millis(500);
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How much later than its timestamp a row may become visible, when its transaction commits. Milliseconds.
const OVERLAP_MS: i64 = 3_000;
/// Rows in a page; a poll reads up to [`MAX_PAGES`] pages.
const PAGE: u32 = 500;
const MAX_PAGES: usize = 4;

pub(super) struct ChangePoller {
    hub: Hub,
    /// Changes up to this time have been sent, except the overlap. `None`: there was no subscriber, start from now.
    horizon: Option<Time>,
    /// Revisions sent within the overlap.
    sent: HashMap<JobId, (i64, Time)>,
    /// The same for tables kept in sync.
    syncs: HashMap<TableName, i64>,
}

impl ChangePoller {
    pub fn new(hub: Hub) -> Self {
        Self { hub, horizon: None, sent: HashMap::new(), syncs: HashMap::new() }
    }

    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut polls = interval(POLL);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heartbeat_at = Instant::now();
        let mut outage = false;
        loop {
            let nudge = self.hub.nudge.clone();
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = polls.tick() => {}
                () = nudge.notified() => {}
            }
            if !self.hub.has_subscribers() {
                self.horizon = None;
                self.sent.clear();
                self.syncs.clear();
                continue;
            }
            let mut polled = self.poll().await;
            if polled.is_ok() && heartbeat_at <= Instant::now() {
                heartbeat_at = Instant::now() + HEARTBEAT;
                polled = self.hub.send_heartbeat().await;
            }
            // No heartbeat while the database does not answer: the pages then show that they are not live.
            if let Err(error) = &polled
                && !outage
            {
                warn!(%error, "polling for changes failed; pages are not live until it succeeds, retrying");
            }
            outage = polled.is_err();
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
                self.send_job(job);
            }
            match last {
                // Thousands at once, by an action on a whole list: subscribers start again from a snapshot.
                Some(last) if full && (page == MAX_PAGES || last == since) => {
                    self.hub.send(LiveMessage::Snapshot(self.hub.snapshot().await?));
                    break;
                }
                Some(last) if full => since = last,
                _ => break,
            }
        }
        let changes = self.hub.db.changed_syncs(oldest).await?;
        self.syncs.retain(|table, _| changes.iter().any(|change| change.table == *table));
        for change in changes {
            self.send_sync(change);
        }
        self.horizon = Some(now);
        self.sent.retain(|_, (_, at)| *at >= oldest);
        Ok(())
    }

    fn send_sync(&mut self, change: SyncChange) {
        let known = self.syncs.insert(change.table.clone(), change.revision);
        if known.is_none_or(|revision| revision < change.revision) {
            self.hub.send(LiveMessage::Sync(change));
        }
    }

    fn send_job(&mut self, job: Job) {
        let seen = (job.revision, job.updated_at);
        let known = self.sent.insert(job.id, seen);
        if known.is_none_or(|(revision, _)| revision < job.revision) {
            self.hub.send(LiveMessage::Job(Box::new(job)));
        }
    }
}
