//! The conditions under which a mirror becomes a job: a plan shown within the last hour, the destination's name as the
//! viewer typed it, and listings that still produce the same plan.
//!
//! Always: a mirror's job holds the plan that was shown, not one made when it was started. The engine compares it with
//! the listings again before it deletes, so that neither a wait in the queue nor a retry bypasses it.

use model::{CloneSpec, Digest, Invalid, Mode, Plan, Problem, ProblemCode, Viewer};

use super::{AppBackend, problem};

/// Age after which a plan must be previewed again. Milliseconds.
const CONFIRMABLE_MS: i64 = 3_600_000;

impl AppBackend {
    /// The spec of the job to create; a mirror's includes its plan.
    pub(super) async fn confirmed(
        &self,
        viewer: &Viewer,
        spec: CloneSpec,
        plan: Option<Digest>,
        confirm: Option<String>,
    ) -> Result<CloneSpec, Problem> {
        if spec.mode != Mode::Mirror || spec.dry_run {
            return unexpected(plan, confirm).map(|()| spec).map_err(Problem::from);
        }
        let id = plan.ok_or_else(|| {
            Invalid::new(
                "plan",
                "",
                "the id of the plan that a preview of this mirror (POST /api/v1/clones/preview) returns",
            )
        })?;
        let (typed, name) = (confirm.unwrap_or_default(), spec.destination.url());
        if typed != name {
            let expected = format!("{name:?}, the name of the destination, where the mirror deletes");
            return Err(Invalid::new("confirm", typed, expected).into());
        }
        let plan = self.confirmable(&id, &spec).await?;
        let now = self.preview_spec(viewer, &spec).await?.plan;
        match now {
            Some(now) if now.id == id => Ok(CloneSpec { plan: Some(plan), ..spec }),
            Some(now) => Err(plan_changed(&plan, now)),
            None => Err(conflict(
                "The listings have become too long for a preview, so the plan cannot be checked again. On the command \
                 line, `logyard clone --mode mirror` takes the time that it needs.",
            )),
        }
    }

    /// The plan, if it was shown for this very mirror within the last hour.
    async fn confirmable(&self, id: &Digest, spec: &CloneSpec) -> Result<Plan, Problem> {
        let unknown = || conflict(&format!("There is no plan {id}, or it has expired. {AGAIN}"));
        let stored = self.db.plan(id).await.map_err(problem::database)?.ok_or_else(unknown)?;
        if (CloneSpec { dry_run: false, ..stored.spec.essence() }) != spec.essence() {
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

const AGAIN: &str = "Preview this mirror again, and confirm the plan that the preview returns.";

/// Refuses a plan or a typed name without a mirror: the caller is mistaken about what will happen.
fn unexpected(plan: Option<Digest>, confirm: Option<String>) -> Result<(), Invalid> {
    let expected = "left out: only a mirror that is not a dry run takes a plan";
    match (plan, confirm) {
        (Some(plan), _) => Err(Invalid::new("plan", plan.as_str(), expected)),
        (None, Some(typed)) => Err(Invalid::new("confirm", typed, expected)),
        (None, None) => Ok(()),
    }
}

pub(super) fn no_plan(id: &Digest) -> Problem {
    Problem::new(ProblemCode::NotFound, format!("There is no plan {id}. {AGAIN}")).on("plan")
}

fn conflict(detail: &str) -> Problem {
    Problem::new(ProblemCode::Conflict, detail).on("plan")
}

fn plan_changed(before: &Plan, now: Plan) -> Problem {
    let detail = format!(
        "The plan no longer holds: {}. Nothing was started. Check the new preview, and confirm plan {}.",
        before.changes(&now),
        now.id
    );
    Problem { plan: Some(now.id), ..conflict(&detail) }
}
