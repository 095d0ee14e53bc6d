//! The hub: finds changed rows and sends them to every live stream.
//!
//! One task polls the database for changed rows about twice a second, and only while a stream is open, so a change is
//! seen whichever server or worker made it. Rows are distinguished by their revision; each is sent once.
//!
//! Always: memory is bounded (a short window of revisions, a bounded channel). A subscriber that cannot keep up gets an
//! error from the channel and starts again with a snapshot; it never misses a change unnoticed.

mod change_poller;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use db::{Db, DbError};
use model::{Beat, Counts, LiveMessage, Snapshot};
use tokio::sync::{Mutex, broadcast};
use tokio_util::sync::CancellationToken;

use self::change_poller::ChangePoller;
use crate::signals::Nudge;

/// Messages that a slow subscriber may be behind.
const CAPACITY: usize = 1_024;
/// How old cached counts may be, however many pages are open.
const COUNTS_FRESH: Duration = Duration::from_secs(1);
/// Jobs in a snapshot.
const SNAPSHOT: u32 = 100;

/// Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    db: Db,
    sender: broadcast::Sender<LiveMessage>,
    nudge: Nudge,
    counts: Arc<Mutex<Option<(Instant, Counts)>>>,
}

impl Hub {
    /// Polls the database until `shutdown`.
    pub fn start(db: Db, shutdown: CancellationToken) -> Self {
        let (sender, _) = broadcast::channel(CAPACITY);
        let hub = Self { db, sender, nudge: Nudge::default(), counts: Arc::default() };
        tokio::spawn(ChangePoller::new(hub.clone()).run(shutdown));
        hub
    }

    /// Changes from now on. A receiver that lags gets `RecvError::Lagged` and must be dropped alone.
    pub fn subscribe(&self) -> broadcast::Receiver<LiveMessage> {
        let receiver = self.sender.subscribe();
        self.nudge();
        receiver
    }

    /// The current state, sent first on every stream. Subscribe before, or a change between the two is lost.
    pub async fn snapshot(&self) -> Result<Snapshot, DbError> {
        let counts = self.counts().await?;
        let jobs = self.db.active(SNAPSHOT).await?;
        Ok(Snapshot { now: self.db.now(), counts, jobs })
    }

    /// Polls at once: this process has just changed a job.
    pub fn nudge(&self) {
        self.nudge.nudge();
    }

    /// Wakes the hub from elsewhere.
    pub fn waker(&self) -> Nudge {
        self.nudge.clone()
    }

    /// Jobs by state, at most a second old.
    pub async fn counts(&self) -> Result<Counts, DbError> {
        let mut known = self.counts.lock().await;
        match *known {
            Some((at, counts)) if at.elapsed() < COUNTS_FRESH => Ok(counts),
            _ => {
                let counts = self.db.counts().await?;
                *known = Some((Instant::now(), counts));
                Ok(counts)
            }
        }
    }

    fn has_subscribers(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    fn send(&self, message: LiveMessage) {
        let _ = self.sender.send(message); // no subscriber is left: nothing to do
    }

    async fn send_heartbeat(&self) -> Result<(), DbError> {
        let counts = self.counts().await?;
        self.send(LiveMessage::Beat(Beat { now: self.db.now(), counts }));
        Ok(())
    }
}
