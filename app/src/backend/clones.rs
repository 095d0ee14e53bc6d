//! Clones: previewed, started, and written as commands.

use async_trait::async_trait;
use model::{ClonePreview, CloneRequest, Digest, Job, JobId, Problem, Viewer};

use crate::command::Commands;

/// Some seconds of a completion report.
pub struct ReportPiece {
    pub id: String,
    /// Lines of JSON, compressed with gzip: pieces in a row are one file.
    pub lines: Vec<u8>,
}

#[async_trait]
pub trait CloneBackend: Send + Sync {
    /// Lists both endpoints for at most five seconds or 100,000 keys; for a mirror, which needs complete listings, for
    /// at most fifteen seconds. Writes no object. The plan of a mirror is recorded as shown to the viewer.
    async fn preview_clone(&self, viewer: &Viewer, request: CloneRequest) -> Result<ClonePreview, Problem>;

    /// Refuses what cannot work (missing bucket, same place) before a job is created. The same idempotency key with the
    /// same request returns the job created then; with another request it is a conflict. A mirror needs the plan of a
    /// preview, which must still hold, and the destination's name.
    async fn start_clone(
        &self,
        viewer: &Viewer,
        request: CloneRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem>;

    /// The preview in which a plan was shown. Kept for a day.
    async fn get_clone_plan(&self, id: &Digest) -> Result<ClonePreview, Problem>;

    /// The piece of a job's completion report after the one with this id; `None` after the last.
    async fn get_report_piece(&self, job: JobId, after: Option<String>) -> Result<Option<ReportPiece>, Problem>;

    /// The clone as a command line and as a call of the API. Sends no request to a store.
    fn get_clone_commands(&self, request: CloneRequest) -> Commands;
}
