//! A connection to an S3 endpoint, and the few requests that Logyard makes of it.
//!
//! Always: a request is sent by [`Retry`], which counts it, bounds its time and repeats what is worth repeating; the
//! SDK's own retries are off. Keys travel encoded by us, both ways. An error names the store and the bucket, says what
//! to do, and never holds a secret.

mod bandwidth;
mod blank;
mod buckets;
mod carried;
mod copy;
mod delete;
mod encoding;
mod endpoint;
mod error;
mod etag;
mod get;
mod head;
mod list;
mod listing;
mod multipart;
mod pace;
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
    bandwidth::{Bandwidth, BytesPerSecond, NotARate},
    endpoint::Endpoint,
    error::{Action, Answer, Failed, Fault, StoreError},
    etag::ETag,
    get::Reading,
    head::{Checksum, Head},
    list::Listed,
    listing::Listing,
    multipart::{InParts, LARGEST, Slots, Way, parts_of},
    pace::Pace,
    retry::{Meter, Policy},
    tags::UnreadableTags,
    threshold::{NotAThreshold, Threshold},
};

/// A connected client of one store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Client,
    /// As connected: `url` is filled in where the environment or a profile set it.
    endpoint: Arc<Endpoint>,
    retry: Retry,
    unreadable_tags: UnreadableTags,
}

impl Store {
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

    /// The same store, whose requests count into `meter`, take turns by `pace` and give up waiting when `stop` is
    /// cancelled.
    #[must_use]
    pub fn metered(&self, meter: &Arc<Meter>, pace: Option<&Arc<Pace>>, stop: &CancellationToken) -> Self {
        let (meter, pace) = (Arc::clone(meter), pace.cloned());
        let retry = Retry { meter, pace, stop: stop.clone(), ..self.retry.clone() };
        Self { retry, ..self.clone() }
    }

    /// The same store, read on these terms.
    #[must_use]
    pub fn with_unreadable_tags(&self, unreadable_tags: UnreadableTags) -> Self {
        Self { unreadable_tags, ..self.clone() }
    }

    /// The same store, that copies and is read no faster than this.
    #[must_use]
    pub fn throttled(&self, bandwidth: Option<&Arc<Bandwidth>>) -> Self {
        Self { retry: Retry { bandwidth: bandwidth.cloned(), ..self.retry.clone() }, ..self.clone() }
    }
}
