//! The demo's buckets: `demo-assets`, filled, and `demo-clone`, empty.
//!
//! Always: the same objects wherever and whenever it is made, but for their times. `demo-assets` is filled before it
//! has a name, so that it is there with all its objects or not at all; seeding that was cut short starts anew.

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
