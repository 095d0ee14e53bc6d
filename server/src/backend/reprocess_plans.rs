//! Previews of reprocesses, and their plans: a reprocess with a plan starts only while the listing still produces it.

use std::time::Duration;

use engine::ship;
use model::{Digest, Problem, ProblemCode, ReprocessPreview, ReprocessSpec, Viewer};
use tokio::time::timeout;

use super::{AppBackend, problem, stores::CHECK_WITHIN};
use crate::connections::ledger::Records;

const PREVIEW_OBJECTS: u64 = 100_000;
const PREVIEW_WITHIN: Duration = Duration::from_secs(10);

impl AppBackend {
    /// The plan is recorded as shown to the viewer.
    pub(super) async fn preview_reprocess_spec(
        &self,
        viewer: &Viewer,
        spec: &ReprocessSpec,
    ) -> Result<ReprocessPreview, Problem> {
        if let Some(job) = spec.dead_letters_of {
            return self.preview_dead_letters(spec, job).await;
        }
        let entry = self.store_entry(&spec.source.store, "source.store")?;
        let ledger = Records::of(&self.db, spec);
        let preview = ship::preview(spec, &entry.client, &ledger, PREVIEW_OBJECTS, PREVIEW_WITHIN);
        let preview = match timeout(PREVIEW_WITHIN + CHECK_WITHIN, preview).await {
            Ok(Ok(preview)) => preview,
            Ok(Err(error)) => return Err(problem::shipping(&error, spec, entry).await),
            Err(_) => return Err(problem::no_answer(PREVIEW_WITHIN + CHECK_WITHIN)),
        };
        self.db.insert_reprocess_plan(&preview, &viewer.name).await.map_err(problem::database)?;
        Ok(preview)
    }

    /// A conflict that names the difference, unless the listing still produces the plan.
    pub(super) async fn check_reprocess_plan(
        &self,
        viewer: &Viewer,
        spec: &ReprocessSpec,
        plan: &Digest,
    ) -> Result<(), Problem> {
        let unknown = || conflict(format!("There is no plan {plan}, or it has expired. {AGAIN}"));
        let shown = self.db.reprocess_plan(plan).await.map_err(problem::database)?.ok_or_else(unknown)?;
        let wanted = ReprocessSpec { plan: None, ..spec.clone() };
        if (ReprocessSpec {
            dry_run: wanted.dry_run,
            max_events_per_second: wanted.max_events_per_second,
            ..shown.spec.clone()
        }) != wanted
        {
            return Err(conflict(format!("Plan {plan} is of another reprocess, {}. {AGAIN}", shown.spec.title())));
        }
        let now = self.preview_reprocess_spec(viewer, &wanted).await?;
        match &now.plan {
            Some(id) if id == plan => Ok(()),
            Some(id) => {
                let detail = format!(
                    "The plan no longer holds: {}. Nothing was started. Check the new preview; its plan is {id}.",
                    shown.changes(&now)
                );
                Err(Problem { plan: Some(id.clone()), ..conflict(detail) })
            }
            None => Err(conflict(format!(
                "The listing has become too long for a preview, so the plan cannot be checked again. {AGAIN}"
            ))),
        }
    }
}

const AGAIN: &str = "Preview this reprocess again, and start with the plan that the preview returns, or without one.";

fn conflict(detail: String) -> Problem {
    Problem::new(ProblemCode::Conflict, detail).on("plan")
}
