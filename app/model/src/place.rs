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

    /// With the store, as [`Place::written_out`] reads it: `store:bucket/prefix`.
    pub fn named(&self) -> String {
        format!("{}:{}", self.store, url(&self.bucket, &self.prefix).trim_start_matches("s3://"))
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

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self { store: Some(location.store), bucket: location.bucket, prefix: location.prefix }
    }
}

impl Place {
    /// URL without the store, as [`Location::url`].
    pub fn url(&self) -> String {
        url(&self.bucket, &self.prefix)
    }

    /// Parses `s3://bucket/prefix` or `store:bucket/prefix`, and no bare word: that may as well be a file or a store.
    pub fn written_out(text: &str) -> Result<Self, Invalid> {
        if text.starts_with("s3://") {
            return text.parse();
        }
        let Some((store, rest)) = text.split_once(':').filter(|(_, rest)| !rest.starts_with('/')) else {
            let expected = format!(
                "a bucket with or without a prefix, such as s3://{text}, or store:{text} of a configured store"
            );
            return Err(Invalid::new("place", text, expected));
        };
        let place: Self = rest.parse()?;
        Ok(Self { store: Some(StoreName::try_from(store.to_owned())?), ..place })
    }

    #[must_use]
    pub fn at(self, default: &StoreName) -> Location {
        Location { store: self.store.unwrap_or_else(|| default.clone()), bucket: self.bucket, prefix: self.prefix }
    }
}
