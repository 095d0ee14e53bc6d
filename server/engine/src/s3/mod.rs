//! A connection to an S3 endpoint, and the few requests that Logyard makes of it.
//!
//! Always: [`Retry`] sends each request: it counts it, bounds its time and retries errors that may pass; the SDK's own
//! retries are off. A request whose credentials are refused is sent once more with fresh ones. Keys are encoded here, both
//! ways. An error names the store and the bucket, says what to do, and never holds a secret.

mod acl;
mod action;
pub(crate) mod answer;
mod blank;
mod buckets;
mod carried;
mod ceilings;
mod checksum;
mod classify;
mod codes;
mod complete;
mod copy;
mod customer_key;
mod delete;
mod digest;
mod encoded_word;
mod encoding;
pub(crate) mod endpoint;
mod error;
mod etag;
mod exchange;
mod get;
mod head;
mod key_count;
mod limiter_wait;
mod list;
mod list_v1;
mod lock;
mod metadata;
mod meter;
mod multipart;
mod odd_key;
mod payer;
mod presence;
mod received;
mod renewed;
mod retry;
mod routes;
mod running;
mod stream;
mod tags;
mod threshold;
mod write;
mod write_options;

use std::sync::Arc;

use aws_sdk_s3::Client;
use model::{BucketName, UnreadableTags};
use tokio_util::sync::CancellationToken;

pub use self::{
    action::Action,
    answer::Answer,
    ceilings::Ceilings,
    customer_key::{CustomerKey, NotAKey},
    digest::{Copied, Evidence},
    endpoint::Endpoint,
    error::{Failed, S3Error, S3Fault},
    etag::ETag,
    get::Reading,
    head::{Checksum, Head},
    list::{Listed, Order},
    metadata::ObjectMetadata,
    meter::Meter,
    multipart::{LARGEST, MultipartCopy, Slots, Transfer, parts_of, was_cut},
    retry::Policy,
    stream::StreamedCopy,
    threshold::{NotAThreshold, Threshold},
    write::WriteError,
    write_options::WriteOptions,
};
pub(crate) use self::{
    classify::Context,
    list::{ListPage, Start},
    odd_key::{OddKey, is_odd, stood_for, why_odd},
};
use self::{
    exchange::Exchange,
    key_count::KeyCounts,
    list_v1::OnlyV1,
    payer::RequesterPays,
    retry::Retry,
    routes::{Resolver, Routes},
};

/// A connected client of one store. Cheap to clone.
#[derive(Clone)]
pub struct S3Client {
    client: Client,
    /// The endpoint, with the URL that the environment or a profile set.
    endpoint: Arc<Endpoint>,
    retry: Retry,
    unreadable_tags: UnreadableTags,
    /// Where requests go, as the store has said.
    routes: Arc<Routes>,
    key_counts: Arc<KeyCounts>,
    only_v1: Arc<OnlyV1>,
}

impl S3Client {
    pub async fn connect(endpoint: Endpoint) -> Self {
        let (client, credentials, endpoint) = endpoint.connect().await;
        let routes = Arc::new(Routes::default());
        let config = client.config().to_builder().interceptor(Exchange::default());
        let client = Client::from_conf(config.endpoint_resolver(Resolver::new(Arc::clone(&routes))).build());
        let (endpoint, retry) = (Arc::new(endpoint), Retry { credentials, ..Retry::default() });
        Self {
            client,
            endpoint,
            retry,
            unreadable_tags: UnreadableTags::Fail,
            routes,
            key_counts: Arc::default(),
            only_v1: Arc::default(),
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Counts of the requests of the run that this store is metered for.
    pub fn meter(&self) -> &Meter {
        &self.retry.meter
    }

    /// The same store with another retry policy.
    #[must_use]
    pub fn patient(&self, policy: Policy) -> Self {
        Self { retry: Retry { policy, ..self.retry.clone() }, ..self.clone() }
    }

    /// The same store for a user who waits: few attempts, and not in the queue with the requests of jobs.
    #[must_use]
    pub fn hasty(&self) -> Self {
        Self { retry: self.retry.hasty(), ..self.clone() }
    }

    /// The same store, whose requests count into `meter` and end when `stop` is cancelled.
    #[must_use]
    pub fn metered(&self, meter: &Arc<Meter>, stop: &CancellationToken) -> Self {
        let retry = Retry { meter: Arc::clone(meter), stop: stop.clone(), ..self.retry.clone() };
        Self { retry, ..self.clone() }
    }

    /// The same store, with this rule for unreadable tags.
    #[must_use]
    pub fn with_unreadable_tags(&self, unreadable_tags: UnreadableTags) -> Self {
        Self { unreadable_tags, ..self.clone() }
    }

    /// The same store, which also accepts the charge for reading `source` in copies that it makes by itself. A bucket that
    /// pays for itself ignores that.
    #[must_use]
    pub fn paying_for(&self, source: &Self) -> Self {
        if !source.endpoint.requester_pays || self.endpoint.requester_pays {
            return self.clone();
        }
        let client = Client::from_conf(self.client.config().to_builder().interceptor(RequesterPays).build());
        let endpoint = Endpoint { requester_pays: true, ..Endpoint::clone(&self.endpoint) };
        Self { client, endpoint: endpoint.into(), ..self.clone() }
    }

    pub(crate) fn context(&self, action: Action, bucket: Option<&BucketName>) -> Context {
        let (endpoint, routes) = (Arc::clone(&self.endpoint), Arc::clone(&self.routes));
        Context { endpoint, bucket: bucket.cloned(), action, also: Vec::new(), routes }
    }
}
