//! The hub: knows what changed and tells every live stream.

use model::{LiveMessage, Snapshot};
use tokio::sync::broadcast;

/// Cheap to clone.
#[derive(Clone)]
pub struct Hub {}

impl Hub {
    /// Changes from now on. A receiver that lags is told so by `RecvError::Lagged` and must be dropped alone.
    pub fn subscribe(&self) -> broadcast::Receiver<LiveMessage> {
        todo!()
    }

    /// What holds now; sent first on every stream.
    pub async fn snapshot(&self) -> Result<Snapshot, store::StoreError> {
        todo!()
    }

    /// Look at once instead of at the next poll: this process has just changed a job.
    pub fn nudge(&self) {
        todo!()
    }
}
