//! The configured stores, their buckets, and the first keys of a place.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use model::{BucketName, Invalid, Key, Place, Prefix, StoreName, StoreStatus};

use super::{Whole, problem::Refused};
use crate::http::state::App;

pub async fn list_stores(State(app): State<App>) -> Result<Json<Whole<StoreStatus>>, Refused> {
    Ok(Json(Whole::new(app.backend.list_stores().await?)))
}

pub async fn list_buckets(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Whole<BucketName>>, Refused> {
    let name: StoreName = name.parse()?;
    Ok(Json(Whole::new(app.backend.list_buckets(&name).await?)))
}

/// Up to ten keys: shows whether the place can be read, and what lies there.
pub async fn list_first_keys(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Whole<Key>>, Refused> {
    let store: StoreName = name.parse()?;
    let (mut bucket, mut prefix): (Option<BucketName>, _) = (None, Prefix::default());
    for (name, value) in &parameters {
        match name.as_str() {
            "bucket" => bucket = Some(value.parse()?),
            "prefix" => prefix = value.parse()?,
            _ => return Err(Invalid::new(name, value, "one of the parameters bucket and prefix").into()),
        }
    }
    let bucket = bucket.ok_or_else(|| Invalid::new("bucket", "", "the name of a bucket"))?;
    let place = Place { store: Some(store), bucket, prefix };
    Ok(Json(Whole::new(app.backend.list_first_keys(place).await?)))
}
