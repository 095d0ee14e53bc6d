//! What a mirror needs before it becomes a job: a plan that somebody was shown lately, the destination's name as that
//! somebody typed it, and listings that still say the same.
//!
//! Always: a job of a mirror holds the plan that was shown, not one made when it was started. The engine compares it
//! with the listings once more before it deletes, so that neither a wait in the queue nor a retry gets around it.

use db::StoredPlan;
use model::{CloneSpec, Digest, Invalid, Mode, Plan, Problem, ProblemCode, Viewer};

use super::{AppBackend, problem};

/// A plan older than this has to be looked at again.
const CONFIRMABLE_MS: i64 = 3_600_000;

impl AppBackend {
    /// The spec as it may become a job; of a mirror, with its plan.
    pub(super) async fn confirmed(
        &self,
        viewer: &Viewer,
        spec: CloneSpec,
        plan: Option<Digest>,
        confirm: Option<String>,
    ) -> Result<CloneSpec, Problem> {
        if spec.mode != Mode::Mirror || spec.dry_run {
            return not_asked_for(plan, confirm).map(|()| spec).map_err(Problem::from);
        }
        let id = plan.ok_or_else(|| {
            Invalid::new(
                "plan",
                "",
                "the id of the plan that a preview of this mirror (POST /api/v1/clones/preview) answers",
            )
        })?;
        let (typed, name) = (confirm.unwrap_or_default(), spec.destination.url());
        if typed != name {
            let expected = format!("{name:?}, the name of the destination, where the mirror deletes");
            return Err(Invalid::new("confirm", typed, expected).into());
        }
        let plan = self.confirmable(&id, &spec).await?;
        let now = self.look_ahead(viewer, &spec).await?.plan;
        match now {
            Some(now) if now.id == id => Ok(CloneSpec { plan: Some(plan), ..spec }),
            Some(now) => Err(changed(&plan, now)),
            None => Err(conflict(
                "The listings have become too long for a preview, so that nobody can say whether the plan still holds. \
                 On the command line `logyard clone --mode mirror` takes the time that it needs.",
            )),
        }
    }

    /// A plan as it was shown, for a day.
    pub(super) async fn shown_plan(&self, id: &Digest) -> Result<StoredPlan, Problem> {
        let stored = self.db.plan(id).await.map_err(problem::database)?;
        stored.ok_or_else(|| Problem::new(ProblemCode::NotFound, format!("There is no plan {id}. {AGAIN}")).on("plan"))
    }

    /// The plan, if it was shown for this very mirror within the last hour.
    async fn confirmable(&self, id: &Digest, spec: &CloneSpec) -> Result<Plan, Problem> {
        let unknown = || conflict(&format!("There is no plan {id}, or it was forgotten. {AGAIN}"));
        let stored = self.db.plan(id).await.map_err(problem::database)?.ok_or_else(unknown)?;
        if (CloneSpec { dry_run: false, ..stored.spec.clone() }) != *spec {
            let (source, destination) = (stored.spec.source.url(), stored.spec.destination.url());
            let detail =
                format!("Plan {id} is of another mirror: {source} → {destination}, with its own choice of objects.");
            return Err(conflict(&format!("{detail} {AGAIN}")));
        }
        if self.db.now().since(stored.created_at) > CONFIRMABLE_MS {
            return Err(conflict(&format!("Plan {id} is older than an hour. {AGAIN}")));
        }
        stored.preview.plan.ok_or_else(unknown)
    }
}

const AGAIN: &str = "Look at a preview of this mirror, and confirm the plan that it answers.";

/// Plan and name belong to a mirror: with anything else they are a mistake about what will happen.
fn not_asked_for(plan: Option<Digest>, confirm: Option<String>) -> Result<(), Invalid> {
    let expected = "left out: only a mirror, and no dry run, is started by a plan";
    match (plan, confirm) {
        (Some(plan), _) => Err(Invalid::new("plan", plan.as_str(), expected)),
        (None, Some(typed)) => Err(Invalid::new("confirm", typed, expected)),
        (None, None) => Ok(()),
    }
}

fn conflict(detail: &str) -> Problem {
    Problem::new(ProblemCode::Conflict, detail).on("plan")
}

fn changed(before: &Plan, now: Plan) -> Problem {
    let detail = format!(
        "The plan does not hold any more: {}. Nothing was started. Look at the new preview, and confirm plan {}.",
        before.changes(&now),
        now.id
    );
    Problem { plan: Some(now.id), ..conflict(&detail) }
}
