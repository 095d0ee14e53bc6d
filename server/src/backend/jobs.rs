//! Jobs: lists, one job with its log and failures, finding one, and actions on one or many.

use app::{backend::JobBackend, command::Commands};
use async_trait::async_trait;
use model::{
    Action, Bulk, BulkOutcome, Count, Counts, Event, FailurePage, Filter, Job, JobId, JobView, Key, Overview, Page,
    Problem, RunFilter, Spec, State, Time, Viewer,
};

use super::{AppBackend, problem};

/// Longest page of a list, in jobs.
const MAX_JOBS: u32 = 200;
/// Longest page of failures.
const MAX_FAILURES: u32 = 1_000;
/// Longest page of a log, and the events on a job's page.
const MAX_EVENTS: u32 = 200;
/// Runs on a job's page.
const RUNS: u32 = 10;
/// Jobs that a search returns at most.
const FOUND: usize = 10;
/// Newest jobs among which the short form of an id is searched.
const RECENT: u32 = 200;
/// Running and queued jobs on the first page.
const ACTIVE: u32 = 20;
/// Ended jobs, and failed ones, on the first page.
const LATELY: u32 = 10;
/// How old a failure on the first page may be. Milliseconds.
const FAILED_WITHIN_MS: i64 = 7 * 86_400_000;

#[async_trait]
impl JobBackend for AppBackend {
    async fn get_overview(&self) -> Result<Overview, Problem> {
        let now = self.db.now();
        let week = Some(Time(now.0 - FAILED_WITHIN_MS));
        let everything = Filter::default();
        let jobs = async {
            tokio::try_join!(
                self.hub.counts(),
                self.db.active(ACTIVE),
                self.db.recently_ended(&[], None, LATELY),
                self.db.recently_ended(&[State::Failed], week, LATELY),
                self.db.jobs(&everything, None, 1),
            )
        };
        let (jobs, stores, pipelines) = tokio::join!(jobs, self.health.statuses(), self.pipeline_statuses());
        let (counts, active, lately, failed, any) = jobs.map_err(problem::database)?;
        let pipelines = pipelines?;
        Ok(Overview { now, counts, active, lately, failed, pipelines, stores, empty: any.items.is_empty() })
    }

    async fn get_counts(&self) -> Result<Counts, Problem> {
        self.hub.counts().await.map_err(problem::database)
    }

    async fn list_jobs(&self, filter: &Filter, after: Option<JobId>, limit: u32) -> Result<Page<Job>, Problem> {
        self.db.jobs(filter, after, limit.clamp(1, MAX_JOBS)).await.map_err(problem::database)
    }

    async fn count_jobs(&self, filter: &Filter) -> Result<Count, Problem> {
        self.db.count(filter).await.map_err(problem::database)
    }

    async fn get_job(&self, id: JobId) -> Result<JobView, Problem> {
        let db = &self.db;
        let of_job = RunFilter { job: Some(id), ..RunFilter::default() };
        let (job, history, failures, events, runs) = tokio::try_join!(
            db.job(id),
            db.history(id),
            db.failure_groups(id),
            db.events(id, MAX_EVENTS),
            db.runs(&of_job, None, RUNS),
        )
        .map_err(problem::database)?;
        let Commands { line, call } = match &job.spec {
            Spec::Clone(spec) => self.clone_commands(spec),
            Spec::Reprocess(spec) => self.reprocess_commands(spec),
            Spec::Backfill(spec) => self.backfill_commands(spec),
        };
        Ok(JobView {
            now: db.now(),
            dead_letters: self.has_dead_letters(id).await,
            job,
            history,
            failures,
            runs: runs.items,
            events,
            command: line,
            curl: call,
        })
    }

    async fn list_job_events(&self, id: JobId, after: Option<i64>, limit: u32) -> Result<Page<Event>, Problem> {
        self.db.job(id).await.map_err(problem::database)?; // a job that does not exist has no empty page
        self.db.list_events(id, after, limit.clamp(1, MAX_EVENTS)).await.map_err(problem::database)
    }

    async fn list_failures(&self, id: JobId, after: Option<Key>, limit: u32) -> Result<FailurePage, Problem> {
        let limit = limit.clamp(1, MAX_FAILURES);
        self.db.job(id).await.map_err(problem::database)?; // a job that does not exist has no empty page
        let items = self.db.failures(id, after.as_ref(), limit).await.map_err(problem::database)?;
        let full = items.len() >= limit as usize;
        let next = items.last().filter(|_| full).map(|failure| failure.key.to_string());
        Ok(FailurePage { items, next })
    }

    /// By id, complete or its last eight characters; else by part of the title or by author. Newest first.
    async fn find_jobs(&self, text: &str) -> Result<Vec<Job>, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        if let Ok(id) = text.parse::<JobId>() {
            return match self.db.job(id).await {
                Ok(job) => Ok(vec![job]),
                Err(db::DbError::NoJob(_)) => Ok(Vec::new()),
                Err(error) => Err(problem::database(error)),
            };
        }
        let limit = u32::try_from(FOUND).unwrap_or(u32::MAX);
        let by_text = Filter { text: Some(text.to_owned()), ..Filter::default() };
        let by_author = Filter { author: Some(text.to_owned()), ..Filter::default() };
        let recent = Filter::default();
        let (titled, authored, recent) = tokio::try_join!(
            self.db.jobs(&by_text, None, limit),
            self.db.jobs(&by_author, None, limit),
            self.db.jobs(&recent, None, RECENT),
        )
        .map_err(problem::database)?;
        let ending = text.to_lowercase();
        let mut found: Vec<Job> = recent.items.into_iter().filter(|job| job.id.short() == ending).collect();
        found.extend(titled.items);
        found.extend(authored.items);
        found.sort_by_key(|job| std::cmp::Reverse(job.id));
        found.dedup_by_key(|job| job.id);
        found.truncate(FOUND);
        Ok(found)
    }

    async fn act_on_job(&self, viewer: &Viewer, id: JobId, action: Action) -> Result<Job, Problem> {
        let job = self.db.act(id, action, &viewer.name).await.map_err(problem::database)?;
        self.job_changed();
        Ok(job)
    }

    async fn act_on_jobs(&self, viewer: &Viewer, bulk: Bulk) -> Result<BulkOutcome, Problem> {
        let matched = self.db.count_allowing(&bulk.filter, bulk.action).await.map_err(problem::database)?;
        if bulk.dry_run {
            return Ok(BulkOutcome { matched, changed: 0 });
        }
        let changed = self.db.act_on_all(&bulk.filter, bulk.action, &viewer.name).await;
        self.job_changed(); // some may have changed, even if it failed midway
        Ok(BulkOutcome { matched, changed: changed.map_err(problem::database)? })
    }
}
