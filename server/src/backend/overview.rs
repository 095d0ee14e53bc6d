//! The first page: what runs, what ended lately, what failed, are the stores there.

use model::{Filter, Overview, Problem, State, Time};

use super::{AppBackend, problem};

const ACTIVE: u32 = 20;
const LATELY: u32 = 10;
const FAILED_WITHIN_MS: i64 = 7 * 86_400_000;

impl AppBackend {
    pub(super) async fn gather_overview(&self) -> Result<Overview, Problem> {
        let now = self.db.now();
        let week = Some(Time(now.0 - FAILED_WITHIN_MS));
        let everything = Filter::default();
        let jobs = async {
            tokio::try_join!(
                self.hub.counts(),
                self.db.active(ACTIVE),
                self.db.lately(&[], None, LATELY),
                self.db.lately(&[State::Failed], week, LATELY),
                self.db.jobs(&everything, None, 1),
            )
        };
        let (jobs, stores, pipelines) = tokio::join!(jobs, self.health.statuses(), self.list_pipelines());
        let (counts, active, lately, failed, any) = jobs.map_err(problem::database)?;
        let pipelines = pipelines?.items;
        Ok(Overview { now, counts, active, lately, failed, pipelines, stores, empty: any.items.is_empty() })
    }
}
