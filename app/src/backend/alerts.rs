//! Alerts, and the attempts to notify their receivers.

use async_trait::async_trait;
use model::{Alert, AlertAction, AlertFilter, AlertId, AlertList, DeliveryId, Notice, Page, Problem, Viewer};

#[async_trait]
pub trait AlertBackend: Send + Sync {
    /// Active alerts first, then the newest. `limit` is at most 200.
    async fn list_alerts(&self, filter: &AlertFilter, after: Option<AlertId>, limit: u32)
    -> Result<AlertList, Problem>;

    async fn get_alert(&self, id: AlertId) -> Result<Alert, Problem>;

    /// A conflict if the alert is resolved.
    async fn act_on_alert(&self, viewer: &Viewer, id: AlertId, action: AlertAction) -> Result<Alert, Problem>;

    /// Sends a receiver a test notification now, and returns its result, also where it failed.
    async fn test_receiver(&self, viewer: &Viewer, name: &str) -> Result<Notice, Problem>;

    /// Attempts to notify receivers, newest first. `limit` is at most 200.
    async fn list_deliveries(
        &self,
        alert: Option<AlertId>,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Page<Notice>, Problem>;
}
