//! The configured stores and their contents.

use async_trait::async_trait;
use model::{BucketName, Key, Place, Problem, StoreName, StoreStatus};

#[async_trait]
pub trait StoreBackend: Send + Sync {
    /// Each configured store, checked within the last ten seconds.
    async fn list_stores(&self) -> Result<Vec<StoreStatus>, Problem>;

    async fn list_buckets(&self, store: &StoreName) -> Result<Vec<BucketName>, Problem>;

    /// The first keys of a place, at most ten: shows whether it can be read, and what lies there.
    async fn list_first_keys(&self, place: Place) -> Result<Vec<Key>, Problem>;
}
