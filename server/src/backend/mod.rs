//! What pages and API ask, answered from store, engines and configuration: the one implementation of `Backend`.
//!
//! Always: what a caller reads comes from `problem`; causes go to the log. Whoever changes a job wakes the runner and
//! the hub of this process; those of other processes find it at their next poll.

mod alerts;
mod backfills;
mod canary;
mod clones;
mod commands;
mod health;
pub mod hub;
mod jobs;
mod letters;
mod mirrors;
mod overview;
mod pipelines;
mod problem;
mod reprocess_commands;
mod reprocesses;
mod run_log;
mod runs;
mod schedules;
mod sync_report;
mod syncs;
mod tally;

use std::sync::Arc;

use app::{backend::Backend, command::Commands};
use async_trait::async_trait;
use db::Db;
use model::{
    Action, Alert, AlertAction, AlertFilter, AlertId, AlertList, BucketName, Bulk, BulkOutcome, Canary, ClonePreview,
    CloneRequest, Count, Counts, Digest, FailurePage, Filter, Job, JobId, JobView, Key, Notice, Overview, Page,
    PipelineHealth, PipelineList, PipelineName, PipelineView, Place, Problem, Reconciliation, ReprocessPreview,
    ReprocessRequest, Run, RunCursor, RunFilter, RunId, RunList, RunLog, RunView, Schedule, ScheduleId, ScheduleList,
    ScheduleRequest, Settings, StoreName, StoreStatus, SyncAction, SyncEvaluation, SyncId, SyncList, SyncReport,
    SyncStatus, SyncView, TableName, Tile, Time, Upcoming, Viewer, Window,
};

use crate::{
    backend::hub::Hub,
    config::Config,
    connections::{
        log_groups::LogGroups,
        receivers::Receivers,
        sinks::Sinks,
        stores::{StoreHealth, Stores},
        tables::Syncs,
    },
    signals::Nudge,
};

/// Logyard as its pages and its API see it.
pub struct AppBackend {
    pub db: Db,
    pub stores: Stores,
    pub sinks: Sinks,
    pub receivers: Receivers,
    pub groups: LogGroups,
    pub syncs: Syncs,
    pub health: StoreHealth,
    pub hub: Hub,
    pub runner: Nudge,
    pub scheduler: Nudge,
    pub config: Arc<Config>,
    /// How callers reach this server, `http://127.0.0.1:3000`.
    pub origin: String,
    /// The name under which this server holds leases.
    pub holder: Arc<str>,
    pub started_at: Time,
}

#[async_trait]
impl Backend for AppBackend {
    async fn overview(&self) -> Result<Overview, Problem> {
        self.gather_overview().await
    }

    async fn counts(&self) -> Result<Counts, Problem> {
        self.hub.counts().await.map_err(problem::database)
    }

    async fn jobs(&self, filter: &Filter, after: Option<JobId>, limit: u32) -> Result<Page<Job>, Problem> {
        self.db.jobs(filter, after, limit.clamp(1, jobs::MOST_JOBS)).await.map_err(problem::database)
    }

    async fn count(&self, filter: &Filter) -> Result<Count, Problem> {
        self.db.count(filter).await.map_err(problem::database)
    }

    async fn job(&self, id: JobId) -> Result<JobView, Problem> {
        self.view_job(id).await
    }

    async fn failures(&self, id: JobId, after: Option<Key>, limit: u32) -> Result<FailurePage, Problem> {
        self.list_failures(id, after, limit).await
    }

    async fn jump(&self, text: &str) -> Result<Vec<Job>, Problem> {
        self.find_jobs(text.trim()).await
    }

    async fn start_clone(
        &self,
        viewer: &Viewer,
        request: CloneRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        self.insert_clone(viewer, request, idempotency_key).await
    }

    async fn preview_clone(&self, viewer: &Viewer, request: CloneRequest) -> Result<ClonePreview, Problem> {
        self.look_ahead(viewer, &self.spec(request)).await
    }

    async fn plan(&self, id: &Digest) -> Result<ClonePreview, Problem> {
        self.shown_plan(id).await.map(|stored| stored.preview)
    }

    async fn peek(&self, place: Place) -> Result<Vec<Key>, Problem> {
        self.first_keys(place).await
    }

    fn commands(&self, request: CloneRequest) -> Commands {
        self.clone_commands(&self.spec(request))
    }

    async fn start_reprocess(
        &self,
        viewer: &Viewer,
        request: ReprocessRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        self.insert_reprocess(viewer, request, idempotency_key).await
    }

    async fn preview_reprocess(&self, viewer: &Viewer, request: ReprocessRequest) -> Result<ReprocessPreview, Problem> {
        self.look_through(viewer, request).await
    }

    async fn reprocess_commands(&self, request: ReprocessRequest) -> Result<Commands, Problem> {
        Ok(self.commands_of_reprocess(&self.reprocess_spec(request).await?))
    }

    async fn runs(&self, filter: &RunFilter, after: Option<RunCursor>, limit: u32) -> Result<Page<Run>, Problem> {
        self.db.runs(filter, after, limit).await.map_err(problem::database)
    }

    async fn run_list(&self, filter: &RunFilter, after: Option<RunCursor>, limit: u32) -> Result<RunList, Problem> {
        self.list_runs(filter, after, limit).await
    }

    async fn run(&self, id: RunId) -> Result<Run, Problem> {
        self.db.run(id).await.map_err(problem::database)
    }

    async fn run_view(&self, id: RunId) -> Result<RunView, Problem> {
        self.view_run(id).await
    }

    async fn run_log(&self, id: RunId, after: Option<String>, limit: u32) -> Result<RunLog, Problem> {
        self.read_log(id, after, limit).await
    }

    async fn start_backfill(&self, viewer: &Viewer, pipeline: &PipelineName, window: Window) -> Result<Job, Problem> {
        self.insert_backfill(viewer, pipeline, window).await
    }

    async fn tiles(&self, window: Window) -> Result<Vec<Tile>, Problem> {
        self.gather_tiles(window).await
    }

    async fn pipeline_health(&self, name: &PipelineName, window: Window) -> Result<PipelineHealth, Problem> {
        self.measure_pipeline(name, window).await
    }

    async fn reconciliation(&self, name: &PipelineName, window: Window) -> Result<Option<Reconciliation>, Problem> {
        self.known(name)?;
        self.db.reconciliation(name, window).await.map_err(problem::database)
    }

    async fn canary(&self, name: &PipelineName, window: Window) -> Result<Option<Canary>, Problem> {
        self.canary_of(self.known(name)?, window).await
    }

    async fn reprocess_gaps(
        &self,
        viewer: &Viewer,
        name: &PipelineName,
        window: Window,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        self.ship_gaps(viewer, name, window, idempotency_key).await
    }

    async fn alerts(&self, filter: &AlertFilter, after: Option<AlertId>, limit: u32) -> Result<AlertList, Problem> {
        self.list_alerts(filter, after, limit).await
    }

    async fn alert(&self, id: AlertId) -> Result<Alert, Problem> {
        self.db.alert(id).await.map_err(problem::database)
    }

    async fn act_on_alert(&self, viewer: &Viewer, id: AlertId, action: AlertAction) -> Result<Alert, Problem> {
        self.deal_with_alert(viewer, id, action).await
    }

    async fn test_receiver(&self, viewer: &Viewer, name: &str) -> Result<Notice, Problem> {
        self.tell_of_nothing(viewer, name).await
    }

    async fn deliveries(&self, alert: Option<AlertId>, limit: u32) -> Result<Vec<Notice>, Problem> {
        self.db.deliveries(alert, None, limit).await.map_err(problem::database)
    }

    async fn pipelines(&self) -> Result<PipelineList, Problem> {
        self.list_pipelines().await
    }

    async fn pipeline(&self, name: &PipelineName) -> Result<PipelineView, Problem> {
        self.view_pipeline(name).await
    }

    async fn syncs(&self) -> Result<SyncList, Problem> {
        self.list_syncs().await
    }

    async fn sync(&self, table: &TableName) -> Result<SyncView, Problem> {
        self.view_sync(table).await
    }

    async fn evaluations(
        &self,
        table: &TableName,
        after: Option<SyncId>,
        limit: u32,
    ) -> Result<Page<SyncEvaluation>, Problem> {
        self.list_evaluations(table, after, limit).await
    }

    async fn act_on_sync(&self, viewer: &Viewer, table: &TableName, action: SyncAction) -> Result<SyncStatus, Problem> {
        self.ask_of_sync(viewer, table, action).await
    }

    async fn report_sync(&self, viewer: &Viewer, table: &TableName, report: SyncReport) -> Result<SyncStatus, Problem> {
        self.take_report(viewer, table, report).await
    }

    async fn schedules(&self) -> Result<ScheduleList, Problem> {
        self.list_schedules().await
    }

    async fn schedule(&self, id: ScheduleId) -> Result<Schedule, Problem> {
        self.db.schedule(id).await.map_err(problem::database)
    }

    async fn create_schedule(&self, viewer: &Viewer, request: ScheduleRequest) -> Result<Schedule, Problem> {
        self.insert_schedule(viewer, request).await
    }

    fn upcoming(&self, field: &str, cron: &str, zone: &str) -> Result<Vec<Upcoming>, Problem> {
        self.next_few(field, cron, zone)
    }

    async fn pause_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem> {
        self.hold_schedule(viewer, id).await
    }

    async fn resume_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Schedule, Problem> {
        self.release_schedule(viewer, id).await
    }

    async fn run_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<Job, Problem> {
        self.run_now(viewer, id).await
    }

    async fn delete_schedule(&self, viewer: &Viewer, id: ScheduleId) -> Result<(), Problem> {
        self.drop_schedule(viewer, id).await
    }

    async fn act(&self, viewer: &Viewer, id: JobId, action: Action) -> Result<Job, Problem> {
        let job = self.db.act(id, action, &viewer.name).await.map_err(problem::database)?;
        self.changed();
        Ok(job)
    }

    async fn bulk(&self, viewer: &Viewer, bulk: Bulk) -> Result<BulkOutcome, Problem> {
        self.act_on_all(viewer, bulk).await
    }

    async fn stores(&self) -> Result<Vec<StoreStatus>, Problem> {
        Ok(self.health.statuses().await)
    }

    async fn buckets(&self, store: &StoreName) -> Result<Vec<BucketName>, Problem> {
        self.list_buckets(store).await
    }

    async fn settings(&self) -> Result<Settings, Problem> {
        Ok(Settings {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            database: self.db.describe().to_owned(),
            data_dir: self.config.server.data_dir.display().to_string(),
            config_file: self.config.file.as_ref().map(|file| file.display().to_string()),
            worker: self.holder.to_string(),
            auth: self.config.auth.is_some(),
            stores: self.health.statuses().await,
            sinks: self.sinks.iter().map(Sinks::status).collect(),
            pipelines: self.config.pipelines.clone(),
            replicas: self.config.replicas.iter().map(ToString::to_string).collect(),
            tasks: self.db.leases().await.map_err(problem::database)?,
            runs_tasks: self.config.tasks.names().into_iter().map(ToOwned::to_owned).collect(),
        })
    }
}

impl AppBackend {
    /// This process changed a job: look at once.
    fn changed(&self) {
        self.runner.nudge();
        self.hub.nudge();
    }
}
