//! Location of objects: store, bucket and prefix.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{BucketName, Invalid, Prefix, StoreName};

/// A location as written by a user, `s3://bucket/prefix`, with an optional store. JSON: that text, or an object with
/// `store` (optional), `bucket` and `prefix` (optional).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PlaceJson", into = "PlaceJson")]
pub struct Place {
    /// Store; `None` for the first configured one.
    pub store: Option<StoreName>,
    pub bucket: BucketName,
    pub prefix: Prefix,
}

#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"s3://bucket/prefix\", or an object with `bucket` and, where wanted, `store` and `prefix`"
)]
enum PlaceJson {
    Text(String),
    Parts {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store: Option<String>,
        bucket: String,
        #[serde(default)]
        prefix: String,
    },
}

impl TryFrom<PlaceJson> for Place {
    type Error = Invalid;

    fn try_from(json: PlaceJson) -> Result<Self, Invalid> {
        match json {
            PlaceJson::Text(text) => text.parse(),
            PlaceJson::Parts { store, bucket, prefix } => Ok(Self {
                store: store.filter(|s| !s.is_empty()).map(StoreName::try_from).transpose()?,
                bucket: BucketName::try_from(bucket)?,
                prefix: Prefix::try_from(prefix)?,
            }),
        }
    }
}

impl From<Place> for PlaceJson {
    fn from(place: Place) -> Self {
        Self::Parts { store: place.store.map(String::from), bucket: place.bucket.into(), prefix: place.prefix.into() }
    }
}

impl FromStr for Place {
    type Err = Invalid;

    /// Parses `s3://bucket/prefix`, or the same without `s3://`, without percent-decoding.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let rest = text.strip_prefix("s3://").unwrap_or(text);
        let (bucket, prefix) = BucketName::split(rest);
        Ok(Self { store: None, bucket: bucket.parse()?, prefix: prefix.parse()? })
    }
}

/// A location with its store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub store: StoreName,
    pub bucket: BucketName,
    #[serde(default)]
    pub prefix: Prefix,
}

impl Location {
    /// URL without the store, as accepted by other tools: `s3://bucket/prefix`.
    pub fn url(&self) -> String {
        url(&self.bucket, &self.prefix)
    }
}

fn url(bucket: &BucketName, prefix: &Prefix) -> String {
    match prefix.as_str() {
        "" => format!("s3://{bucket}"),
        prefix => format!("s3://{bucket}/{prefix}"),
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix.as_str() {
            "" => write!(f, "{}", self.bucket),
            prefix => write!(f, "{}/{prefix}", self.bucket),
        }
    }
}

impl Place {
    /// URL without the store, as [`Location::url`].
    pub fn url(&self) -> String {
        url(&self.bucket, &self.prefix)
    }

    #[must_use]
    pub fn at(self, default: &StoreName) -> Location {
        Location { store: self.store.unwrap_or_else(|| default.clone()), bucket: self.bucket, prefix: self.prefix }
    }
}
