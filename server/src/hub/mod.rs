//! The hub: knows what changed and tells every live stream.
//!
//! One task asks the store for changed rows about twice a second, and only while somebody listens, so that a change is
//! seen whichever server or worker made it. Rows are told apart by their revision; each is told once.
//!
//! Always: memory is bounded (a short window of revisions, a bounded channel). A listener that cannot keep up is told
//! so by the channel and has to start again with a snapshot; it never sees a gap without being told.

mod watcher;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use model::{Beat, Counts, LiveMessage, Snapshot};
use store::{Store, StoreError};
use tokio::sync::{Mutex, Notify, broadcast};
use tokio_util::sync::CancellationToken;

use self::watcher::Watcher;

/// Messages that a slow listener may be behind.
const CAPACITY: usize = 1_024;
/// Counts are not asked for more often, however many pages open.
const COUNTS_FRESH: Duration = Duration::from_secs(1);
/// Jobs in a snapshot.
const SNAPSHOT: u32 = 100;

/// Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    store: Store,
    sender: broadcast::Sender<LiveMessage>,
    nudge: Arc<Notify>,
    counts: Arc<Mutex<Option<(Instant, Counts)>>>,
}

impl Hub {
    /// Watches the store until `shutdown`.
    pub fn start(store: Store, shutdown: CancellationToken) -> Self {
        let (sender, _) = broadcast::channel(CAPACITY);
        let hub = Self { store, sender, nudge: Arc::default(), counts: Arc::default() };
        tokio::spawn(Watcher::new(hub.clone()).run(shutdown));
        hub
    }

    /// Changes from now on. A receiver that lags is told so by `RecvError::Lagged` and must be dropped alone.
    pub fn subscribe(&self) -> broadcast::Receiver<LiveMessage> {
        let receiver = self.sender.subscribe();
        self.nudge();
        receiver
    }

    /// What holds now; sent first on every stream. Subscribe before, or a change between the two is missed.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let counts = self.counts().await?;
        let jobs = self.store.active(SNAPSHOT).await?;
        Ok(Snapshot { now: self.store.now(), counts, jobs })
    }

    /// Look at once instead of at the next poll: this process has just changed a job.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// At most a second old.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let mut known = self.counts.lock().await;
        match *known {
            Some((at, counts)) if at.elapsed() < COUNTS_FRESH => Ok(counts),
            _ => {
                let counts = self.store.counts().await?;
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

    async fn beat(&self) -> Result<(), StoreError> {
        let counts = self.counts().await?;
        self.tell(LiveMessage::Beat(Beat { now: self.store.now(), counts }));
        Ok(())
    }
}
