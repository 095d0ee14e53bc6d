//! Clones: checked before they become jobs, previewed, and the places they go between.

use std::time::Duration;

use db::NewJob;
use engine::clone;
use model::{
    BucketName, ClonePreview, CloneRequest, CloneSpec, Digest as PlanId, Job, Key, Mode, Place, Problem, ProblemCode,
    Spec, StoreName, Viewer,
};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::{AppBackend, problem};
use crate::connections::stores::Entry;

/// What a check, a peek or a list of buckets may take.
const CHECK_WITHIN: Duration = Duration::from_secs(5);
const PREVIEW_KEYS: u64 = 100_000;
const PREVIEW_WITHIN: Duration = Duration::from_secs(5);
/// A mirror's listings must be read to their ends: by time alone, and by more of it.
const MIRROR_WITHIN: Duration = Duration::from_secs(15);
const PEEKED: u16 = 10;

impl AppBackend {
    pub(super) async fn insert_clone(
        &self,
        viewer: &Viewer,
        request: CloneRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        let (plan, confirm) = (request.plan.clone(), request.confirm.clone());
        let spec = self.spec(request);
        let idempotency = idempotency_key.map(|key| (key, fingerprint(&Spec::Clone(spec.clone()), plan.as_ref())));
        if let (Mode::Mirror, Some((key, hash))) = (spec.mode, &idempotency)
            && let Some(job) = self.db.made_before(&viewer.name, key, hash).await.map_err(problem::database)?
        {
            return Ok(job); // it is at work, so that its plan cannot be compared with the listings any more
        }
        self.check(&spec).await?;
        let spec = Spec::Clone(self.confirmed(viewer, spec, plan, confirm).await?);
        let new = NewJob { spec, author: viewer.name.clone(), idempotency };
        let (job, _is_new) = self.db.insert(new).await.map_err(problem::database)?;
        self.changed();
        Ok(job)
    }

    /// Refuses what cannot work, as far as the places tell now.
    pub(super) async fn check(&self, spec: &CloneSpec) -> Result<(), Problem> {
        let (source, destination) = self.ends(spec)?;
        let check = clone::check(spec, &source.client, &destination.client);
        match timeout(CHECK_WITHIN, check).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.refused(error, spec).await),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    /// With its price; the plan of a mirror is kept, as seen by the viewer.
    pub(super) async fn look_ahead(&self, viewer: &Viewer, spec: &CloneSpec) -> Result<ClonePreview, Problem> {
        let (source, destination) = self.ends(spec)?;
        let options = self.config.runner.clone_options();
        let (from, to) = (&source.client, &destination.client);
        let (keys, within) = match spec.mode {
            Mode::Copy | Mode::Verify => (PREVIEW_KEYS, PREVIEW_WITHIN),
            Mode::Mirror => (u64::MAX, MIRROR_WITHIN),
        };
        let preview = clone::preview(spec, from, to, &options, keys, within);
        let mut preview = match timeout(within + CHECK_WITHIN, preview).await {
            Ok(Ok(preview)) => preview,
            Ok(Err(error)) => return Err(self.refused(error, spec).await),
            Err(_) => return Err(problem::no_answer(within + CHECK_WITHIN)),
        };
        preview.price = Some(self.config.prices.of(&preview.requests));
        self.db.insert_plan(&preview, &viewer.name).await.map_err(problem::database)?;
        Ok(preview)
    }

    pub(super) async fn first_keys(&self, place: Place) -> Result<Vec<Key>, Problem> {
        let place = self.stores.locate(place);
        let entry = self.entry(&place.store, "store")?;
        match timeout(CHECK_WITHIN, entry.client.hasty().peek(&place.bucket, &place.prefix, PEEKED)).await {
            Ok(Ok(keys)) => Ok(keys),
            Ok(Err(error)) => Err(problem::place(&error, &place.bucket, entry, "bucket").await),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    pub(super) async fn list_buckets(&self, store: &StoreName) -> Result<Vec<BucketName>, Problem> {
        let unknown = |_| Problem::new(ProblemCode::NotFound, problem::no_store(store, &self.stores));
        let entry = self.entry(store, "store").map_err(unknown)?;
        match timeout(CHECK_WITHIN, entry.client.hasty().buckets()).await {
            Ok(Ok(Some(buckets))) => Ok(buckets),
            Ok(Ok(None)) => Err(problem::unlistable(store)),
            Ok(Err(error)) => Err(problem::s3(&error)),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    pub(super) fn spec(&self, request: CloneRequest) -> CloneSpec {
        let CloneRequest { source, destination, mode, dry_run, selection, fidelity, plan: _, confirm: _ } = request;
        let (source, destination) = (self.stores.locate(source), self.stores.locate(destination));
        CloneSpec { source, destination, mode, dry_run, selection, fidelity, plan: None }
    }

    fn ends(&self, spec: &CloneSpec) -> Result<(&Entry, &Entry), Problem> {
        let source = self.entry(&spec.source.store, "source.store")?;
        Ok((source, self.entry(&spec.destination.store, "destination.store")?))
    }

    pub(super) fn entry(&self, name: &StoreName, field: &str) -> Result<&Entry, Problem> {
        let unknown = || Problem::new(ProblemCode::Invalid, problem::no_store(name, &self.stores)).on(field);
        self.stores.get(name).ok_or_else(unknown)
    }
}

/// Tells a repeated request from another one under the same idempotency key.
pub(super) fn fingerprint(spec: &Spec, plan: Option<&PlanId>) -> String {
    let mut json = serde_json::to_vec(spec).unwrap_or_default();
    json.extend(plan.into_iter().flat_map(|plan| plan.as_str().bytes()));
    hex::encode(Sha256::digest(json))
}
