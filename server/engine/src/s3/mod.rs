//! A connection to an S3 endpoint, and the few requests that Logyard makes of it.
//!
//! Always: a request is sent by [`Retry`], which counts it, bounds its time and repeats what is worth repeating; the
//! SDK's own retries are off. Keys travel encoded by us, both ways. An error names the store and the bucket, says what
//! to do, and never holds a secret.

mod acl;
mod beside;
mod blank;
mod buckets;
mod carried;
mod ceilings;
mod classify;
mod copy;
mod customer_key;
mod delete;
mod encoding;
pub(crate) mod endpoint;
mod error;
mod etag;
mod get;
mod head;
mod held;
mod list;
mod lock;
mod multipart;
mod payer;
mod presence;
mod retry;
mod stream;
mod tags;
mod threshold;
mod whole;

use std::sync::Arc;

use aws_sdk_s3::Client;
use tokio_util::sync::CancellationToken;

use self::retry::Retry;
pub use self::{
    beside::Beside,
    carried::Carried,
    ceilings::Ceilings,
    customer_key::{CustomerKey, NotAKey},
    endpoint::Endpoint,
    error::{Action, Answer, Failed, S3Error, S3Fault},
    etag::ETag,
    get::Reading,
    head::{Checksum, Head},
    list::{Listed, Order},
    multipart::{InParts, LARGEST, Slots, Way, parts_of},
    retry::{Meter, Policy},
    tags::UnreadableTags,
    threshold::{NotAThreshold, Threshold},
};
pub(crate) use self::{
    classify::Context,
    list::{ListPage, Start},
};

/// A connected client of one store. Cheap to clone.
#[derive(Clone)]
pub struct S3Client {
    client: Client,
    /// As connected: `url` is filled in where the environment or a profile set it.
    endpoint: Arc<Endpoint>,
    retry: Retry,
    unreadable_tags: UnreadableTags,
}

impl S3Client {
    pub async fn connect(endpoint: Endpoint) -> Self {
        let (client, endpoint) = endpoint.connect().await;
        Self { client, endpoint: Arc::new(endpoint), retry: Retry::default(), unreadable_tags: UnreadableTags::Fail }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What has been sent by the run that this store is metered for.
    pub fn meter(&self) -> &Meter {
        &self.retry.meter
    }

    /// The same store with other terms of retrying.
    #[must_use]
    pub fn patient(&self, policy: Policy) -> Self {
        Self { retry: Retry { policy, ..self.retry.clone() }, ..self.clone() }
    }

    /// The same store for a person who waits: few attempts, and not in line with the requests of jobs.
    #[must_use]
    pub fn hasty(&self) -> Self {
        Self { retry: self.retry.hasty(), ..self.clone() }
    }

    /// The same store, whose requests count into `meter` and give up waiting when `stop` is cancelled.
    #[must_use]
    pub fn metered(&self, meter: &Arc<Meter>, stop: &CancellationToken) -> Self {
        let retry = Retry { meter: Arc::clone(meter), stop: stop.clone(), ..self.retry.clone() };
        Self { retry, ..self.clone() }
    }

    /// The same store, read on these terms.
    #[must_use]
    pub fn with_unreadable_tags(&self, unreadable_tags: UnreadableTags) -> Self {
        Self { unreadable_tags, ..self.clone() }
    }
}
