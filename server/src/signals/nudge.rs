//! A nudge: wakes a task before its next poll.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes one task that may have something to do. Cheap to clone; all clones wake the same task.
#[derive(Clone, Default)]
pub struct Nudge(Arc<Notify>);

impl Nudge {
    /// Wakes the task now, or as soon as it waits.
    pub fn nudge(&self) {
        self.0.notify_one();
    }

    pub async fn notified(&self) {
        self.0.notified().await;
    }
}
