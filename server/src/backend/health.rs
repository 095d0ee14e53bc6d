//! How runs and pipelines did.

use model::{Alert, AlertFilter, Problem, Run, RunFilter, RunId, RunView, Time};

use super::{AppBackend, problem};

/// What happened so long before and after a run is shown beside it.
const AROUND_MS: i64 = 300_000;
const BESIDE: usize = 10;
const ALERTS: u32 = 10;

impl AppBackend {
    pub(super) async fn view_run(&self, id: RunId) -> Result<RunView, Problem> {
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

    /// Those of its pipeline that held while it ran.
    async fn alerts_during(&self, run: &Run) -> Result<Vec<Alert>, Problem> {
        if run.pipeline.is_none() {
            return Ok(Vec::new());
        }
        let ended = Time(run.started_at.0.saturating_add_unsigned(run.duration_ms).saturating_add(1));
        let (from, to) = (Some(run.started_at), Some(ended));
        let filter = AlertFilter { pipeline: run.pipeline.clone(), from, to, ..AlertFilter::default() };
        Ok(self.db.alerts(&filter, None, ALERTS).await.map_err(problem::database)?.items)
    }

    /// Those of the same pipeline that began next to it, in the order of time.
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
