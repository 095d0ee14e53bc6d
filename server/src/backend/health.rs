//! How runs and pipelines did.

use model::{Problem, ProblemCode, RunId, RunView};

use super::{Yard, problem};

impl Yard {
    pub(super) async fn view_run(&self, id: RunId) -> Result<RunView, Problem> {
        let run = self.store.run(id).await.map_err(problem::database)?;
        Ok(RunView {
            now: self.store.now(),
            run,
            evidence: Vec::new(),
            beside: Vec::new(),
            alerts: Vec::new(),
            console: None,
        })
    }
}

pub(super) fn not_kept() -> Problem {
    Problem::new(ProblemCode::NotFound, "This is not kept.")
}
