//! One job, its failures, finding it, and the same action on many.

use app::command::Commands;
use model::{Bulk, BulkOutcome, FailurePage, Filter, Job, JobId, JobView, Key, Problem, RunFilter, Spec, Viewer};

use super::{AppBackend, problem};

/// On a page of a list.
pub(super) const MOST_JOBS: u32 = 200;
const MOST_FAILURES: u32 = 1_000;
const EVENTS: u32 = 200;
/// On a job's page.
const RUNS: u32 = 10;
/// In the jump box.
const FOUND: usize = 10;
/// Jobs among which the short form of an id is looked for.
const RECENT: u32 = 200;

impl AppBackend {
    pub(super) async fn view_job(&self, id: JobId) -> Result<JobView, Problem> {
        let db = &self.db;
        let of_job = RunFilter { job: Some(id), ..RunFilter::default() };
        let (job, history, failures, events, runs) = tokio::try_join!(
            db.job(id),
            db.history(id),
            db.failure_groups(id),
            db.events(id, EVENTS),
            db.runs(&of_job, None, RUNS),
        )
        .map_err(problem::database)?;
        let Commands { line, call } = match &job.spec {
            Spec::Clone(spec) => self.clone_commands(spec),
            Spec::Reprocess(spec) => self.commands_of_reprocess(spec),
            Spec::Backfill(spec) => self.commands_of_backfill(spec),
        };
        Ok(JobView { now: db.now(), job, history, failures, runs: runs.items, events, command: line, curl: call })
    }

    pub(super) async fn list_failures(
        &self,
        id: JobId,
        after: Option<Key>,
        limit: u32,
    ) -> Result<FailurePage, Problem> {
        let limit = limit.clamp(1, MOST_FAILURES);
        self.db.job(id).await.map_err(problem::database)?; // no page for a job that is not there
        let items = self.db.failures(id, after.as_ref(), limit).await.map_err(problem::database)?;
        let full = items.len() >= limit as usize;
        let next = items.last().filter(|_| full).map(|failure| failure.key.to_string());
        Ok(FailurePage { items, next })
    }

    /// By id, whole or its last eight characters; else by part of the title or by author. Newest first.
    pub(super) async fn find_jobs(&self, text: &str) -> Result<Vec<Job>, Problem> {
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
        let most = u32::try_from(FOUND).unwrap_or(u32::MAX);
        let by_text = Filter { text: Some(text.to_owned()), ..Filter::default() };
        let by_author = Filter { author: Some(text.to_owned()), ..Filter::default() };
        let recent = Filter::default();
        let (titled, authored, recent) = tokio::try_join!(
            self.db.jobs(&by_text, None, most),
            self.db.jobs(&by_author, None, most),
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

    pub(super) async fn act_on_all(&self, viewer: &Viewer, bulk: Bulk) -> Result<BulkOutcome, Problem> {
        let matched = self.db.count_allowing(&bulk.filter, bulk.action).await.map_err(problem::database)?;
        if bulk.dry_run {
            return Ok(BulkOutcome { matched, changed: 0 });
        }
        let changed = self.db.act_on_all(&bulk.filter, bulk.action, &viewer.name).await;
        self.changed(); // some may have been, even if it failed midway
        Ok(BulkOutcome { matched, changed: changed.map_err(problem::database)? })
    }
}
