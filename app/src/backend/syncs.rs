//! Tables kept in sync, by Logyard or by an agent that reports here.

use async_trait::async_trait;
use model::{
    Page, Problem, Quarantined, SyncAction, SyncEvaluation, SyncId, SyncList, SyncReport, SyncStatus, SyncView,
    TableName, Viewer,
};

#[async_trait]
pub trait SyncBackend: Send + Sync {
    async fn list_syncs(&self) -> Result<SyncList, Problem>;

    async fn get_sync(&self, table: &TableName) -> Result<SyncView, Problem>;

    /// Newest first. `limit` is at most 200.
    async fn list_evaluations(
        &self,
        table: &TableName,
        after: Option<SyncId>,
        limit: u32,
    ) -> Result<Page<SyncEvaluation>, Problem>;

    /// In the order of their keys as texts, after this key. `limit` is at most 200.
    async fn list_quarantined(
        &self,
        table: &TableName,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Quarantined>, Problem>;

    /// A conflict if the table's state does not allow the action, or an agent syncs the table.
    async fn act_on_sync(&self, viewer: &Viewer, table: &TableName, action: SyncAction) -> Result<SyncStatus, Problem>;

    /// Records an agent's report on a table. A conflict if Logyard syncs that table itself.
    async fn report_sync(&self, viewer: &Viewer, table: &TableName, report: SyncReport) -> Result<SyncStatus, Problem>;
}
