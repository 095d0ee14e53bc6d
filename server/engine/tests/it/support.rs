//! Helpers of the clone tests: a store with two buckets, a clone between them, and its result.

use std::sync::Arc;

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use embedded::Embedded;
use engine::{
    clone::{CloneError, Options, Taken, Tracker, run},
    s3::{Endpoint, Policy, S3Client, Threshold},
};
use model::{CloneSpec, Comparison, Failure, Fidelity, Key, Location, Mode, Proof, Selection};
use tokio_util::sync::CancellationToken;

/// An embedded store with the buckets `source` and `destination`.
pub struct TestBuckets {
    pub store: Arc<Embedded>,
}

/// A finished clone: its result, and all that its tracker held at the end.
#[derive(Debug)]
pub struct Finished {
    pub result: Result<Option<Proof>, CloneError>,
    pub taken: Taken,
}

/// The usual retries, without the waits.
pub const QUICK: Policy =
    Policy { attempts: 4, base: std::time::Duration::from_millis(1), most: std::time::Duration::from_millis(2) };

pub fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// A clone from `source` to `destination` with these options.
pub fn with(fidelity: Fidelity) -> CloneSpec {
    CloneSpec { fidelity, ..source_to_destination() }
}

/// A clone between two places, each given as `bucket/prefix`.
pub fn spec(from: &str, to: &str) -> CloneSpec {
    let place = |text: &str| {
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        Location { store: "here".parse().unwrap(), bucket: bucket.parse().unwrap(), prefix: prefix.parse().unwrap() }
    };
    CloneSpec {
        source: place(from),
        destination: place(to),
        mode: Mode::Copy,
        dry_run: false,
        name: None,
        selection: Selection::default(),
        fidelity: Fidelity::default(),
        limits: model::Limits::default(),
        plan: None,
        report: None,
        consent: None,
    }
}

pub fn source_to_destination() -> CloneSpec {
    spec("source", "destination")
}

pub fn options() -> Options {
    Options { concurrency: 16, verify: true, multipart_threshold: Threshold::default(), keys: None }
}

pub async fn connect(url: &str) -> S3Client {
    connect_with(url, (embedded::ACCESS_KEY, embedded::SECRET_KEY)).await
}

/// With credentials whose signature the embedded store does not check, so that a proxy may change requests.
pub async fn connect_as_anyone(url: &str) -> S3Client {
    connect_with(url, ("anyone", "anything")).await
}

/// A connection that accepts requester-pays charges.
pub async fn connect_paying(url: &str) -> S3Client {
    let endpoint = endpoint(url, (embedded::ACCESS_KEY, embedded::SECRET_KEY));
    S3Client::connect(Endpoint { requester_pays: true, ..endpoint }).await.patient(QUICK)
}

async fn connect_with(url: &str, pair: (&str, &str)) -> S3Client {
    S3Client::connect(endpoint(url, pair)).await.patient(QUICK)
}

pub fn endpoint(url: &str, (id, secret): (&str, &str)) -> Endpoint {
    Endpoint {
        name: "here".parse().unwrap(),
        url: Some(url.to_owned()),
        region: None,
        path_style: None,
        profile: None,
        requester_pays: false,
        credentials: Some((id.to_owned(), secret.to_owned())),
        anonymous: false,
    }
}

/// A client independent of the engine, to write and read objects with all their metadata.
pub fn other_client(url: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(embedded::ACCESS_KEY, embedded::SECRET_KEY, None, None, "test"))
        .force_path_style(true)
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

impl TestBuckets {
    pub async fn new() -> Self {
        let store = Embedded::in_memory().await.unwrap();
        store.create_bucket("source").unwrap();
        store.create_bucket("destination").unwrap();
        Self { store: Arc::new(store) }
    }

    pub async fn with(keys: &[&str]) -> Self {
        let buckets = Self::new().await;
        for key in keys {
            buckets.put(key, key).await;
        }
        buckets
    }

    /// Puts an object into the source.
    pub async fn put(&self, key: &str, body: impl AsRef<[u8]>) {
        self.store.put("source", key, body).await.unwrap();
    }

    pub async fn engine(&self) -> S3Client {
        connect(&self.store.url()).await
    }

    pub fn client(&self) -> Client {
        other_client(&self.store.url())
    }

    pub async fn read(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.store.read(bucket, key).await.unwrap().map(|bytes| bytes.to_vec())
    }

    /// The keys of a bucket in order, at most a thousand.
    pub async fn keys(&self, bucket: &str) -> Vec<String> {
        let page = self.client().list_objects_v2().bucket(bucket).send().await.unwrap();
        page.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    pub fn copies(&self) -> u64 {
        self.requests("CopyObject")
    }

    pub fn requests(&self, operation: &str) -> u64 {
        self.store.requests().get(operation).copied().unwrap_or_default()
    }

    pub async fn clone(&self, spec: &CloneSpec) -> Finished {
        clone_at(&self.engine().await, spec).await
    }
}

pub async fn clone_at(store: &S3Client, spec: &CloneSpec) -> Finished {
    clone_between(store, store, spec).await
}

pub async fn clone_between(source: &S3Client, destination: &S3Client, spec: &CloneSpec) -> Finished {
    clone_with(source, destination, spec, &options()).await
}

pub async fn clone_with(source: &S3Client, destination: &S3Client, spec: &CloneSpec, options: &Options) -> Finished {
    let tracker = Tracker::resume(model::Progress::default(), engine::clone::Checkpoint::default());
    let stop = CancellationToken::new();
    let result = run(spec, source, destination, options, None, &tracker, &stop).await;
    Finished { result, taken: tracker.take() }
}

impl Finished {
    pub fn comparison(&self) -> &Comparison {
        match &self.result {
            Ok(Some(Proof::Compared(comparison))) => comparison,
            other => panic!("no comparison: {other:?}"),
        }
    }

    /// Asserts that the clone succeeded, is proven equal, has no failures, and that its counts add up.
    #[track_caller]
    pub fn is_equal(&self) {
        assert!(self.comparison().equal, "{self:?}");
        self.is_complete();
    }

    /// Asserts that the clone succeeded, but for this number of copies unverified.
    #[track_caller]
    pub fn is_unverified(&self, copies: u64) {
        let comparison = self.comparison();
        assert_eq!(
            (comparison.unverified, comparison.equal, comparison.has_faults()),
            (copies, false, false),
            "{self:?}"
        );
        self.is_complete();
    }

    /// Asserts that the clone succeeded, whether or not all its copies are verified.
    #[track_caller]
    pub fn is_complete(&self) {
        assert!(!self.comparison().has_faults(), "{self:?}");
        assert_eq!(self.taken.failures, [], "{self:?}");
        self.adds_up();
    }

    /// Asserts that the clone succeeded without anything to do, and claims no proof.
    #[track_caller]
    pub fn had_nothing_to_do(&self) {
        let comparison = self.comparison();
        assert!(comparison.nothing && !comparison.equal, "{self:?}");
        assert!(Proof::Compared(comparison.clone()).holds(), "{self:?}");
        assert_eq!((self.taken.failures.len(), self.taken.progress.found), (0, 0), "{self:?}");
        self.adds_up();
    }

    #[track_caller]
    pub fn adds_up(&self) {
        let progress = &self.taken.progress;
        assert_eq!(progress.settled(), progress.found, "{progress:?}");
        assert_eq!(progress.in_flight, 0);
        assert!(progress.found_final);
        assert_eq!(self.taken.checkpoint.settled.done, progress.done);
    }

    #[track_caller]
    pub fn only_failure(&self) -> &Failure {
        assert_eq!(self.taken.failures.len(), 1, "{self:?}");
        assert_eq!(self.taken.progress.failed, 1, "{self:?}");
        &self.taken.failures[0]
    }

    #[track_caller]
    pub fn error(&self) -> &CloneError {
        self.result.as_ref().expect_err("must fail")
    }
}
