//! The hub: knows what changed and tells every live stream.
//!
//! One task asks the store for changed rows about twice a second, and only while somebody listens, so that a change is
//! seen whichever server or worker made it. Rows are told apart by their revision; each is told once.
//!
//! Always: memory is bounded (a short window of revisions, a bounded channel). A listener that cannot keep up is told
//! so by the channel and has to start again with a snapshot; it never sees a gap without being told.

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

/// Messages that a slow listener may be behind.
const CAPACITY: usize = 1_024;
/// Counts are not asked for more often, however many pages open.
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
    /// Watches the store until `shutdown`.
    pub fn start(db: Db, shutdown: CancellationToken) -> Self {
        let (sender, _) = broadcast::channel(CAPACITY);
        let hub = Self { db, sender, nudge: Nudge::default(), counts: Arc::default() };
        tokio::spawn(ChangePoller::new(hub.clone()).run(shutdown));
        hub
    }

    /// Changes from now on. A receiver that lags is told so by `RecvError::Lagged` and must be dropped alone.
    pub fn subscribe(&self) -> broadcast::Receiver<LiveMessage> {
        let receiver = self.sender.subscribe();
        self.nudge();
        receiver
    }

    /// What holds now; sent first on every stream. Subscribe before, or a change between the two is missed.
    pub async fn snapshot(&self) -> Result<Snapshot, DbError> {
        let counts = self.counts().await?;
        let jobs = self.db.active(SNAPSHOT).await?;
        Ok(Snapshot { now: self.db.now(), counts, jobs })
    }

    /// Look at once instead of at the next poll: this process has just changed a job.
    pub fn nudge(&self) {
        self.nudge.nudge();
    }

    /// Wakes the hub from another room.
    pub fn waker(&self) -> Nudge {
        self.nudge.clone()
    }

    /// At most a second old.
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

    fn watched(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    fn tell(&self, message: LiveMessage) {
        let _ = self.sender.send(message); // nobody listens any more: nothing to do
    }

    async fn beat(&self) -> Result<(), DbError> {
        let counts = self.counts().await?;
        self.tell(LiveMessage::Beat(Beat { now: self.db.now(), counts }));
        Ok(())
    }
}
