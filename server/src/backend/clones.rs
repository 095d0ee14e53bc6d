//! Clones: previewed, checked before they become jobs, and started.

use std::time::Duration;

use app::{
    backend::{CloneBackend, ReportPiece},
    command::Commands,
};
use async_trait::async_trait;
use db::NewJob;
use engine::clone;
use model::{
    ClonePreview, CloneRequest, CloneSpec, Digest as PlanId, Invalid, Job, JobId, Location, Mode, Problem, Report,
    Spec, Viewer,
};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::{AppBackend, problem, stores::CHECK_WITHIN};
use crate::connections::stores::Entry;

const PREVIEW_KEYS: u64 = 100_000;
const PREVIEW_WITHIN: Duration = Duration::from_secs(5);
/// A mirror's listings must be complete: bounded by time alone, and by more of it.
const MIRROR_WITHIN: Duration = Duration::from_secs(15);

#[async_trait]
impl CloneBackend for AppBackend {
    async fn preview_clone(&self, viewer: &Viewer, request: CloneRequest) -> Result<ClonePreview, Problem> {
        self.preview_spec(viewer, &self.clone_spec(request)).await
    }

    async fn start_clone(
        &self,
        viewer: &Viewer,
        request: CloneRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        let (plan, confirm) = (request.plan.clone(), request.confirm.clone());
        let spec = self.clone_spec(request);
        let idempotency = idempotency_key.map(|key| (key, fingerprint(&Spec::Clone(spec.clone()), plan.as_ref())));
        if let (Mode::Mirror, Some((key, hash))) = (spec.mode, &idempotency)
            && let Some(job) =
                self.db.job_by_idempotency_key(&viewer.name, key, hash).await.map_err(problem::database)?
        {
            return Ok(job); // it has begun to change the destination, so its plan no longer matches the listings
        }
        self.check_clone(&spec).await?;
        let spec = Spec::Clone(self.confirmed(viewer, spec, plan, confirm).await?);
        let new = NewJob { spec, author: viewer.name.clone(), idempotency };
        let (job, _is_new) = self.db.insert(new).await.map_err(problem::database)?;
        self.job_changed();
        Ok(job)
    }

    async fn get_clone_plan(&self, id: &PlanId) -> Result<ClonePreview, Problem> {
        let stored = self.db.plan(id).await.map_err(problem::database)?;
        stored.map(|stored| stored.preview).ok_or_else(|| super::mirrors::no_plan(id))
    }

    async fn get_report_piece(&self, job: JobId, after: Option<String>) -> Result<Option<ReportPiece>, Problem> {
        let piece = self.db.report_piece(job, after.as_deref()).await.map_err(problem::database)?;
        Ok(piece.map(|piece| ReportPiece { id: piece.id, lines: piece.lines }))
    }

    fn get_clone_commands(&self, request: CloneRequest) -> Commands {
        self.clone_commands(&self.clone_spec(request))
    }
}

impl AppBackend {
    /// Refuses a clone that cannot work, as far as its endpoints show now.
    pub(super) async fn check_clone(&self, spec: &CloneSpec) -> Result<(), Problem> {
        spec.selection.check()?;
        clone::check_limits(&spec.limits)?;
        let (source, destination) = self.endpoints(spec)?;
        if let Some(to) = spec.report.as_ref().and_then(|report| report.to.as_ref()) {
            self.check_report(spec, to).await?;
        }
        let check = clone::check(spec, &source.client, &destination.client);
        match timeout(CHECK_WITHIN, check).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.clone_refused(error, spec).await),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    /// A preview with its price. The plan of a mirror is recorded as shown to the viewer.
    pub(super) async fn preview_spec(&self, viewer: &Viewer, spec: &CloneSpec) -> Result<ClonePreview, Problem> {
        spec.selection.check()?;
        clone::check_limits(&spec.limits)?;
        let (source, destination) = self.endpoints(spec)?;
        let options = self.config.runner.clone_options();
        let (from, to) = (&source.client, &destination.client);
        let (keys, within) = match spec.mode {
            Mode::Copy | Mode::Verify => (PREVIEW_KEYS, PREVIEW_WITHIN),
            Mode::Mirror => (u64::MAX, MIRROR_WITHIN),
        };
        let preview = clone::preview(spec, from, to, &options, keys, within);
        let mut preview = match timeout(within + CHECK_WITHIN, preview).await {
            Ok(Ok(preview)) => preview,
            Ok(Err(error)) => return Err(self.clone_refused(error, spec).await),
            Err(_) => return Err(problem::no_answer(within + CHECK_WITHIN)),
        };
        preview.price = Some(self.config.prices.of(&preview.requests));
        self.db.insert_plan(&preview, &viewer.name).await.map_err(problem::database)?;
        Ok(preview)
    }

    /// The request with the default store filled in, without plan and confirmation.
    pub(super) fn clone_spec(&self, request: CloneRequest) -> CloneSpec {
        let CloneRequest { source, destination, mode, dry_run, name, selection, fidelity, limits, report, .. } =
            request;
        let report = report.map(|report| Report { to: report.to.map(|place| self.stores.locate(place)) });
        let (source, destination) = (self.stores.locate(source), self.stores.locate(destination));
        let (plan, consent) = (None, None);
        CloneSpec { source, destination, mode, dry_run, name, selection, fidelity, limits, report, plan, consent }
    }

    /// Refuses a place for the report that cannot be written, or where the report would be an object of the clone.
    async fn check_report(&self, spec: &CloneSpec, to: &Location) -> Result<(), Problem> {
        const FIELD: &str = "report.to";
        let store = self.store_entry(&to.store, FIELD)?;
        for end in [&spec.source, &spec.destination] {
            let same = store.client.endpoint().same_service(self.store_entry(&end.store, FIELD)?.client.endpoint());
            if same && end.bucket == to.bucket && Report::may_lie_under(to, end.prefix.as_str()) {
                let expected = format!("a place outside of {}, whose objects the clone compares", end.url());
                return Err(Invalid::new(FIELD, to.url(), expected).into());
            }
        }
        let there = timeout(CHECK_WITHIN, store.client.hasty().peek(&to.bucket, &to.prefix, 1)).await;
        match there {
            // Who may write there need not be allowed to list.
            Ok(Err(error)) if !error.denied() => Err(problem::place(&error, &to.bucket, store, FIELD).await),
            Ok(_) => Ok(()),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    fn endpoints(&self, spec: &CloneSpec) -> Result<(&Entry, &Entry), Problem> {
        let source = self.store_entry(&spec.source.store, "source.store")?;
        Ok((source, self.store_entry(&spec.destination.store, "destination.store")?))
    }
}

/// Distinguishes a repeated request from a different one under the same idempotency key.
pub(super) fn fingerprint(spec: &Spec, plan: Option<&PlanId>) -> String {
    let mut json = serde_json::to_vec(spec).unwrap_or_default();
    json.extend(plan.into_iter().flat_map(|plan| plan.as_str().bytes()));
    hex::encode(Sha256::digest(json))
}
