//! Runs: lists, one run with what happened around it, its log, and backfills.

use app::backend::RunBackend;
use async_trait::async_trait;
use db::NewJob;
use model::{
    AcceptRequest, AcceptedRuns, Alert, AlertFilter, BackfillSpec, Invalid, Job, Page, PipelineName, Problem,
    ProblemCode, Run, RunCursor, RunFilter, RunId, RunList, RunLog, RunSums, RunView, Spec, Time, Viewer, Window,
};
use tokio::time::timeout;
use tracing::info;

use super::{AppBackend, problem, run_log};

/// Points of a chart.
const POINTS: u32 = 96;
/// Window of a chart whose filter has none. Milliseconds.
const DAY_MS: i64 = 86_400_000;
/// How far before and after a run its neighbours lie. Milliseconds.
const AROUND_MS: i64 = 300_000;
/// Neighbouring runs on a run's page.
const BESIDE: usize = 10;
/// Alerts on a run's page.
const ALERTS: u32 = 10;

#[async_trait]
impl RunBackend for AppBackend {
    async fn list_runs(&self, filter: &RunFilter, after: Option<RunCursor>, limit: u32) -> Result<Page<Run>, Problem> {
        self.db.runs(filter, after, limit).await.map_err(problem::database)
    }

    async fn list_runs_with_sums(
        &self,
        filter: &RunFilter,
        after: Option<RunCursor>,
        limit: u32,
    ) -> Result<RunList, Problem> {
        let page = self.list_runs(filter, after, limit).await?;
        Ok(RunList { now: self.db.now(), page, sums: self.run_sums(filter).await? })
    }

    async fn get_run(&self, id: RunId) -> Result<RunView, Problem> {
        let run = self.db.run(id).await.map_err(problem::database)?;
        Ok(RunView {
            now: self.db.now(),
            evidence: self.db.evidence(id).await.map_err(problem::database)?,
            beside: self.beside(&run).await?,
            alerts: self.alerts_during(&run).await?,
            console: self.console(&run).await,
            run,
        })
    }

    async fn get_run_log(&self, id: RunId, after: Option<String>, limit: u32) -> Result<RunLog, Problem> {
        let run = self.db.run(id).await.map_err(problem::database)?;
        let after = after.map(|text| run_log::position(&text)).transpose()?;
        let log = self.log_of(&run).await?;
        let read = timeout(run_log::ANSWER_WITHIN, log.page(after, limit as usize)).await;
        let late = |_| {
            let seconds = run_log::ANSWER_WITHIN.as_secs();
            let detail = format!("CloudWatch Logs did not answer within {seconds} s. Try again.");
            Problem::new(ProblemCode::Store, detail)
        };
        read.map_err(late)?.map_err(|error| {
            let detail = format!("The log cannot be read: {error}. {}", error.advice());
            Problem::new(ProblemCode::Store, detail)
        })
    }

    async fn accept_runs(&self, viewer: &Viewer, request: AcceptRequest) -> Result<u64, Problem> {
        let (of, note) = request.read()?;
        match &of {
            AcceptedRuns::Run(id) => _ = self.db.run(*id).await.map_err(problem::database)?,
            AcceptedRuns::Job(id) => _ = self.db.job(*id).await.map_err(problem::database)?,
            AcceptedRuns::Pipeline(name) => _ = self.known(name)?,
        }
        let accepted = self.db.accept_runs(&of, &note, &viewer.name).await.map_err(problem::database)?;
        if accepted == 0 {
            let detail = "There is nothing to accept: no run here lacks only records that no other attempt would bring. \
                          Reprocess objects of which events may still be accepted.";
            return Err(Problem::new(ProblemCode::Conflict, detail));
        }
        info!(?of, who = viewer.name, accepted, "missing records accepted by a user");
        self.hub.nudge();
        Ok(accepted)
    }

    async fn start_backfill(&self, viewer: &Viewer, name: &PipelineName, window: Window) -> Result<Job, Problem> {
        let pipeline = self.known(name)?;
        if pipeline.function.is_none() {
            let detail = format!("Pipeline `{name}` has no log group to read. Set its log_group in the configuration.");
            return Err(Problem::new(ProblemCode::Conflict, detail));
        }
        // What lies ahead cannot be read yet: the window ends now at the latest.
        let now = self.db.now();
        let window = Window::new(window.from(), window.to().min(now))
            .map_err(|_| Invalid::new("from", window.from().to_string(), format!("a time before now, {now}")))?;
        let source = pipeline.source.clone();
        let spec = Spec::Backfill(BackfillSpec { pipeline: name.clone(), window, source });
        let new = NewJob { spec, author: viewer.name.clone(), idempotency: None };
        let (job, _is_new) = self.db.insert(new).await.map_err(problem::database)?;
        self.job_changed();
        Ok(job)
    }
}

impl AppBackend {
    /// Sums over the filter's window, else over the last day.
    pub(super) async fn run_sums(&self, filter: &RunFilter) -> Result<Vec<RunSums>, Problem> {
        let to = filter.to.unwrap_or_else(|| Time(self.db.now().0 + 1));
        let from = filter.from.unwrap_or(Time(to.0 - DAY_MS));
        let window = Window::new(from, to)?;
        self.db.run_sums(filter, window, POINTS).await.map_err(problem::database)
    }

    /// Alerts of the run's pipeline that were active while it ran.
    async fn alerts_during(&self, run: &Run) -> Result<Vec<Alert>, Problem> {
        if run.pipeline.is_none() {
            return Ok(Vec::new());
        }
        let ended = Time(run.started_at.0.saturating_add_unsigned(run.duration_ms).saturating_add(1));
        let (from, to) = (Some(run.started_at), Some(ended));
        let filter = AlertFilter { pipeline: run.pipeline.clone(), from, to, ..AlertFilter::default() };
        Ok(self.db.alerts(&filter, None, ALERTS).await.map_err(problem::database)?.items)
    }

    /// The runs of the same pipeline that started nearest to this one, in the order of time.
    async fn beside(&self, run: &Run) -> Result<Vec<Run>, Problem> {
        if run.pipeline.is_none() {
            return Ok(Vec::new());
        }
        let ended = run.started_at.0.saturating_add_unsigned(run.duration_ms);
        let filter = RunFilter {
            pipeline: run.pipeline.clone(),
            from: Some(Time(run.started_at.0 - AROUND_MS)),
            to: Some(Time(ended.saturating_add(AROUND_MS))),
            ..RunFilter::default()
        };
        let mut beside = self.db.runs(&filter, None, 200).await.map_err(problem::database)?.items;
        beside.retain(|other| other.id != run.id);
        beside.sort_by_key(|other| other.started_at.0.abs_diff(run.started_at.0));
        beside.truncate(BESIDE);
        beside.sort_by_key(|other| (other.started_at, other.id));
        Ok(beside)
    }
}
