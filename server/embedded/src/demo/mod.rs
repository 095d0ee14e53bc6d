//! The demo's buckets: `demo-assets`, filled, and `demo-clone`, empty.
//!
//! Always: the objects are the same each time, except their times. `demo-assets` is filled before it is named, so it
//! appears with all its objects or not at all; interrupted seeding starts again.

mod assets;

use crate::{EmbeddedError, direct, storage::Storage};

const ASSETS: &str = "demo-assets";
const CLONE: &str = "demo-clone";

pub async fn seed(storage: &Storage) -> Result<(), EmbeddedError> {
    if storage.bucket(ASSETS).is_some() {
        return Ok(());
    }
    let bucket = storage.unnamed_bucket()?;
    for asset in assets::all() {
        let mut object = direct::new_object(storage, &asset.body, asset.headers.into()).await?;
        object.attributes.tags = asset.tags;
        object.attributes.storage_class = asset.storage_class;
        direct::insert(&bucket, &asset.key, object)?;
    }
    if storage.bucket(CLONE).is_none() {
        direct::create_bucket(storage, CLONE)?;
    }
    storage.name_bucket(ASSETS, bucket)?;
    Ok(())
}
