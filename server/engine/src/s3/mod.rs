//! A connection to an S3 endpoint, and the few requests that Logyard makes of it.

use model::{BucketName, Key, Prefix, StoreName};

/// How to reach a store; one `[[stores]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub name: StoreName,
    /// `None`: AWS itself.
    pub url: Option<String>,
    pub region: Option<String>,
    /// `bucket` in the path rather than in the host name. Default: true where `url` is set.
    pub path_style: Option<bool>,
    /// Of the AWS configuration files.
    pub profile: Option<String>,
    /// Fixed credentials, only for the embedded store; all others come from the SDK's chain.
    pub credentials: Option<(String, String)>,
}

/// A connected client of one store. Cheap to clone.
#[derive(Clone)]
pub struct Store {}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {}

impl Store {
    pub async fn connect(_endpoint: Endpoint) -> Self {
        todo!()
    }

    /// ListBuckets; `None` where that is denied but the endpoint answers.
    pub async fn buckets(&self) -> Result<Option<Vec<BucketName>>, StoreError> {
        todo!()
    }

    /// The first keys under a prefix; the quick check that a place can be read.
    pub async fn peek(&self, _bucket: &BucketName, _prefix: &Prefix, _most: u16) -> Result<Vec<Key>, StoreError> {
        todo!()
    }
}
