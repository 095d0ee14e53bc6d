//! The configured stores: their health, buckets and first keys.

use std::time::Duration;

use app::backend::StoreBackend;
use async_trait::async_trait;
use model::{BucketName, Key, Place, Problem, ProblemCode, StoreName, StoreStatus};
use tokio::time::timeout;

use super::{AppBackend, problem};
use crate::connections::stores::Entry;

/// Longest time for one request to a store that a reader waits for.
pub(super) const CHECK_WITHIN: Duration = Duration::from_secs(5);
/// Keys that [`StoreBackend::list_first_keys`] returns at most.
const FIRST_KEYS: u16 = 10;

#[async_trait]
impl StoreBackend for AppBackend {
    async fn list_stores(&self) -> Result<Vec<StoreStatus>, Problem> {
        Ok(self.health.statuses().await)
    }

    async fn list_buckets(&self, store: &StoreName) -> Result<Vec<BucketName>, Problem> {
        let unknown = |_| Problem::new(ProblemCode::NotFound, problem::no_store(store, &self.stores));
        let entry = self.store_entry(store, "store").map_err(unknown)?;
        match timeout(CHECK_WITHIN, entry.client.hasty().buckets()).await {
            Ok(Ok(Some(buckets))) => Ok(buckets),
            Ok(Ok(None)) => Err(problem::unlistable(store)),
            Ok(Err(error)) => Err(problem::s3(&error)),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }

    async fn list_first_keys(&self, place: Place) -> Result<Vec<Key>, Problem> {
        let place = self.stores.locate(place);
        let entry = self.store_entry(&place.store, "store")?;
        match timeout(CHECK_WITHIN, entry.client.hasty().peek(&place.bucket, &place.prefix, FIRST_KEYS)).await {
            Ok(Ok(keys)) => Ok(keys),
            Ok(Err(error)) => Err(problem::place(&error, &place.bucket, entry, "bucket").await),
            Err(_) => Err(problem::no_answer(CHECK_WITHIN)),
        }
    }
}

impl AppBackend {
    /// A configured store; `field` is the one that the refusal names.
    pub(super) fn store_entry(&self, name: &StoreName, field: &str) -> Result<&Entry, Problem> {
        let unknown = || Problem::new(ProblemCode::Invalid, problem::no_store(name, &self.stores)).on(field);
        self.stores.get(name).ok_or_else(unknown)
    }
}
