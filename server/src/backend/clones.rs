//! Clones: checked before they become jobs, previewed, and the places they go between.

use std::{fmt::Write, time::Duration};

use engine::{clone, s3::Policy};
use model::{
    BucketName, ClonePreview, CloneRequest, CloneSpec, Job, Key, Place, Problem, ProblemCode, Spec, StoreName, Viewer,
};
use sha2::{Digest, Sha256};
use store::NewJob;
use tokio::time::timeout;

use super::{Yard, problem};
use crate::stores::Entry;

/// What a check, a peek or a list of buckets may take.
const CHECK_WITHIN: Duration = Duration::from_secs(5);
const PREVIEW_KEYS: u64 = 100_000;
const PREVIEW_WITHIN: Duration = Duration::from_secs(5);
const PEEKED: u16 = 10;

impl Yard {
    pub(super) async fn insert_clone(
        &self,
        viewer: &Viewer,
        request: CloneRequest,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        let spec = self.spec(request);
        self.check(&spec).await?;
        let spec = Spec::Clone(spec);
        let idempotency = idempotency_key.map(|key| (key, fingerprint(&spec)));
        let new = NewJob { spec, author: viewer.name.clone(), idempotency };
        let (job, _is_new) = self.store.insert(new).await.map_err(problem::database)?;
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

    pub(super) async fn look_ahead(&self, request: CloneRequest) -> Result<ClonePreview, Problem> {
        let spec = self.spec(request);
        let (source, destination) = self.ends(&spec)?;
        let options = self.config.runner.clone_options();
        let (from, to) = (&source.client, &destination.client);
        let preview = clone::preview(&spec, from, to, &options, PREVIEW_KEYS, PREVIEW_WITHIN);
        match timeout(PREVIEW_WITHIN + CHECK_WITHIN, preview).await {
            Ok(Ok(preview)) => Ok(preview),
            Ok(Err(error)) => Err(self.refused(error, &spec).await),
            Err(_) => Err(problem::no_answer(PREVIEW_WITHIN + CHECK_WITHIN)),
        }
    }

    pub(super) async fn first_keys(&self, place: Place) -> Result<Vec<Key>, Problem> {
        let place = self.stores.locate(place);
        let entry = self.entry(&place.store, "store")?;
        match timeout(CHECK_WITHIN, entry.client.patient(Policy::HASTY).peek(&place.bucket, &place.prefix, PEEKED))
            .await
        {
            Ok(Ok(keys)) => Ok(keys),
            Ok(Err(error)) => Err(problem::place(&error, &place.bucket, entry, "bucket").await),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    pub(super) async fn list_buckets(&self, store: &StoreName) -> Result<Vec<BucketName>, Problem> {
        let unknown = |_| Problem::new(ProblemCode::NotFound, problem::no_store(store, &self.stores));
        let entry = self.entry(store, "store").map_err(unknown)?;
        match timeout(CHECK_WITHIN, entry.client.patient(Policy::HASTY).buckets()).await {
            Ok(Ok(Some(buckets))) => Ok(buckets),
            Ok(Ok(None)) => Err(problem::unlistable(store)),
            Ok(Err(error)) => Err(problem::s3(&error)),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    pub(super) fn spec(&self, request: CloneRequest) -> CloneSpec {
        let CloneRequest { source, destination, mode, dry_run, selection } = request;
        let (source, destination) = (self.stores.locate(source), self.stores.locate(destination));
        CloneSpec { source, destination, mode, dry_run, selection }
    }

    fn ends(&self, spec: &CloneSpec) -> Result<(&Entry, &Entry), Problem> {
        let source = self.entry(&spec.source.store, "source.store")?;
        Ok((source, self.entry(&spec.destination.store, "destination.store")?))
    }

    fn entry(&self, name: &StoreName, field: &str) -> Result<&Entry, Problem> {
        let unknown = || Problem::new(ProblemCode::Invalid, problem::no_store(name, &self.stores)).on(field);
        self.stores.get(name).ok_or_else(unknown)
    }
}

/// Tells a repeated request from another one under the same idempotency key.
fn fingerprint(spec: &Spec) -> String {
    let json = serde_json::to_vec(spec).unwrap_or_default();
    let mut hex = String::new();
    for byte in Sha256::digest(json) {
        let _ = write!(hex, "{byte:02x}"); // a String takes all
    }
    hex
}
