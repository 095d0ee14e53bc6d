//! What the pages ask of the server, as a trait: `app` knows nothing of AWS, SQL or HTTP handlers.
//!
//! The server puts an `Arc<dyn Backend>` and, where someone is signed in (or `[auth]` is off), a [`Viewer`] into the
//! context of every render and server function. The JSON API calls the same methods, so both answer alike.

use async_trait::async_trait;
use model::{
    Action, Alert, AlertAction, AlertFilter, AlertId, AlertList, BucketName, Bulk, BulkOutcome, Canary, ClonePreview,
    CloneRequest, Count, Counts, Digest, FailurePage, Filter, Job, JobId, JobView, Key, Notice, Overview, Page,
    PipelineHealth, PipelineList, PipelineName, PipelineView, Place, Problem, Reconciliation, ReprocessPreview,
    ReprocessRequest, Run, RunCursor, RunFilter, RunId, RunList, RunLog, RunView, Schedule, ScheduleId, ScheduleList,
    ScheduleRequest, Settings, StoreName, StoreStatus, SyncAction, SyncEvaluation, SyncId, SyncList, SyncReport,
    SyncStatus, SyncView, TableName, Tile, Upcoming, Viewer, Window,
};

use crate::command::Commands;

/// Every method answers what a reader may see; errors are for readers too, their causes are in the log.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    async fn overview(&self) -> Result<Overview, Problem>;

    /// For the status line of every page.
    async fn counts(&self) -> Result<Counts, Problem>;

    /// Newest first. `limit` is at most 200.
    async fn jobs(&self, filter: &Filter, after: Option<JobId>, limit: u32) -> Result<Page<Job>, Problem>;

    async fn count(&self, filter: &Filter) -> Result<Count, Problem>;

    async fn job(&self, id: JobId) -> Result<JobView, Problem>;

    /// In key order. `limit` is at most 1,000.
    async fn failures(&self, id: JobId, after: Option<Key>, limit: u32) -> Result<FailurePage, Problem>;

    /// Jobs whose title, id or author holds the text, for the jump box; at most ten, newest first.
    async fn jump(&self, text: &str) -> Result<Vec<Job>, Problem>;

    /// Refuses what cannot work (missing bucket, same place) before a job is made. The same idempotency key with the
    /// same request answers the job made then; with another request it is a conflict. A mirror needs the plan of a
    /// preview, which must still hold, and the destination's name.
    async fn start_clone(
        &self,
        viewer: &Viewer,
        request: CloneRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem>;

    /// Lists both sides for at most five seconds or 100,000 keys; for a mirror, which needs them whole, for at most
    /// fifteen seconds. Writes nothing; the plan of a mirror is remembered as seen by the viewer.
    async fn preview_clone(&self, viewer: &Viewer, request: CloneRequest) -> Result<ClonePreview, Problem>;

    /// The preview that a plan comes from, for a day.
    async fn plan(&self, id: &Digest) -> Result<ClonePreview, Problem>;

    /// Whether the place can be read: answers the number of its buckets' first keys, at most ten, or the problem.
    async fn peek(&self, place: Place) -> Result<Vec<Key>, Problem>;

    /// The clone as a command line and as a call of the API; asks no store.
    fn commands(&self, request: CloneRequest) -> Commands;

    /// Refuses what cannot work before a job is made. With a plan: starts exactly what that preview showed, and is a
    /// conflict that says what has changed where the listing says something else by now.
    async fn start_reprocess(
        &self,
        viewer: &Viewer,
        request: ReprocessRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem>;

    /// Lists what the window, the prefix or the keys hold, and what of it recorded runs delivered. Sends nothing; its
    /// plan is remembered as seen by the viewer.
    async fn preview_reprocess(&self, viewer: &Viewer, request: ReprocessRequest) -> Result<ReprocessPreview, Problem>;

    /// A reprocess as a command line and as a call of the API; asks no store.
    async fn reprocess_commands(&self, request: ReprocessRequest) -> Result<Commands, Problem>;

    /// Newest first. `limit` is at most 200.
    async fn runs(&self, filter: &RunFilter, after: Option<RunCursor>, limit: u32) -> Result<Page<Run>, Problem>;

    /// The same with sums for a chart.
    async fn run_list(&self, filter: &RunFilter, after: Option<RunCursor>, limit: u32) -> Result<RunList, Problem>;

    async fn run(&self, id: RunId) -> Result<Run, Problem>;

    /// With its evidence, and what else happened then.
    async fn run_view(&self, id: RunId) -> Result<RunView, Problem>;

    /// What it logged, read from CloudWatch now. `limit` is at most 1,000.
    async fn run_log(&self, id: RunId, after: Option<String>, limit: u32) -> Result<RunLog, Problem>;

    /// Reads the runs of a window once more from the pipeline's log group, as a job.
    async fn start_backfill(&self, viewer: &Viewer, pipeline: &PipelineName, window: Window) -> Result<Job, Problem>;

    /// Is everything arriving? In the order of the configuration; trends are of the window.
    async fn tiles(&self, window: Window) -> Result<Vec<Tile>, Problem>;

    async fn pipeline_health(&self, name: &PipelineName, window: Window) -> Result<PipelineHealth, Problem>;

    /// The same reconciliation alone; `None`: nobody ships this pipeline, as far as Logyard knows, or nobody has looked.
    async fn reconciliation(&self, name: &PipelineName, window: Window) -> Result<Option<Reconciliation>, Problem>;

    /// Marked events through its sink, sent in the window; `None`: none are.
    async fn canary(&self, name: &PipelineName, window: Window) -> Result<Option<Canary>, Problem>;

    /// Ships again exactly the objects that are missing of a window, the thousand oldest, as a job. A conflict where none
    /// is missing.
    async fn reprocess_gaps(
        &self,
        viewer: &Viewer,
        name: &PipelineName,
        window: Window,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem>;

    /// First those that hold, then the newest. `limit` is at most 200.
    async fn alerts(&self, filter: &AlertFilter, after: Option<AlertId>, limit: u32) -> Result<AlertList, Problem>;

    async fn alert(&self, id: AlertId) -> Result<Alert, Problem>;

    /// A conflict where the alert is resolved.
    async fn act_on_alert(&self, viewer: &Viewer, id: AlertId, action: AlertAction) -> Result<Alert, Problem>;

    /// Tells a receiver of nothing, now, and answers what came of it.
    async fn test_receiver(&self, viewer: &Viewer, name: &str) -> Result<Notice, Problem>;

    /// Attempts to tell somebody, the newest first. `limit` is at most 200.
    async fn deliveries(&self, alert: Option<AlertId>, limit: u32) -> Result<Vec<Notice>, Problem>;

    /// In the order of the configuration.
    async fn pipelines(&self) -> Result<PipelineList, Problem>;

    async fn pipeline(&self, name: &PipelineName) -> Result<PipelineView, Problem>;

    async fn syncs(&self) -> Result<SyncList, Problem>;

    async fn sync(&self, table: &TableName) -> Result<SyncView, Problem>;

    /// The newest first. `limit` is at most 200.
    async fn evaluations(
        &self,
        table: &TableName,
        after: Option<SyncId>,
        limit: u32,
    ) -> Result<Page<SyncEvaluation>, Problem>;

    /// A conflict where the table's state does not allow it, or an agent keeps it.
    async fn act_on_sync(&self, viewer: &Viewer, table: &TableName, action: SyncAction) -> Result<SyncStatus, Problem>;

    /// What an agent tells of a table. A conflict where Logyard keeps that table itself.
    async fn report_sync(&self, viewer: &Viewer, table: &TableName, report: SyncReport) -> Result<SyncStatus, Problem>;

    /// All of them, by name.
    async fn schedules(&self) -> Result<ScheduleList, Problem>;

    async fn schedule(&self, id: ScheduleId) -> Result<Schedule, Problem>;

    /// Refuses what could never start: an expression that does not come true, a clone that would be refused now. The
    /// same schedule again answers the one there is; another of its name is a conflict.
    async fn create_schedule(&self, viewer: &Viewer, request: ScheduleRequest) -> Result<Schedule, Problem>;

    /// The next five times of an expression; `field` is where a refusal tells of it. Asks nothing but the calendar.
    fn upcoming(&self, field: &str, cron: &str, zone: &str) -> Result<Vec<Upcoming>, Problem>;

    /// Until it is resumed. Its jobs go on.
    async fn pause_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem>;

    /// From its next time on; what passed meanwhile is not made up for.
    async fn resume_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem>;

    /// Starts its clone now. A conflict while its last job has not ended.
    async fn run_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Job, Problem>;

    /// Its jobs stay.
    async fn delete_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<(), Problem>;

    async fn act(&self, viewer: &Viewer, id: JobId, action: Action) -> Result<Job, Problem>;

    async fn bulk(&self, viewer: &Viewer, bulk: Bulk) -> Result<BulkOutcome, Problem>;

    /// Each configured store, checked within the last ten seconds.
    async fn stores(&self) -> Result<Vec<StoreStatus>, Problem>;

    async fn buckets(&self, store: &StoreName) -> Result<Vec<BucketName>, Problem>;

    async fn settings(&self) -> Result<Settings, Problem>;
}
