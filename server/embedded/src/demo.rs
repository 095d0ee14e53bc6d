//! The demo's buckets.

use crate::{EmbeddedError, direct, storage::Storage};

pub async fn seed(storage: &Storage) -> Result<(), EmbeddedError> {
    direct::create_bucket(storage, "demo-clone")?;
    Ok(())
}
