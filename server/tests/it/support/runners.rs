//! A database, an S3 store and runners, all real, in the process of the test.

use std::{path::Path, sync::Arc};

use db::{Db, NewJob, testing::Scratch};
use embedded::{Embedded, Pace};
use engine::{s3::Threshold, ship::sink::Settings};
use logyard::{
    config::{self, Config},
    connections::{log_groups::LogGroups, sinks::Sinks, stores::Stores, transforms::Transforms},
    tasks::runner::{Context, Runner},
};
use model::{CloneSpec, Job, JobId, Limits, Location, Mode, Selection, Spec, State};
use tempfile::TempDir;
use testing::{Span as _, eventually_async, seen, within};

/// Objects of [`TestRunners::with_distant_store`].
pub const DISTANT_OBJECTS: u64 = 500;

pub struct TestRunners {
    pub scratch: Scratch,
    pub db: Db,
    pub s3: Embedded,
    /// Dead letters, and the file that is the sink `file`.
    pub dir: TempDir,
}

impl TestRunners {
    /// Makes the empty buckets `source` and `destination`.
    pub async fn open(scratch: Scratch) -> Self {
        Self::open_with(scratch, Pace::default()).await
    }

    async fn open_with(scratch: Scratch, pace: Pace) -> Self {
        let db = scratch.open().await;
        let config = embedded::Config { dir: None, addr: ([127, 0, 0, 1], 0).into() };
        let s3 = Embedded::start_at(config, pace).await.unwrap();
        s3.create_bucket("source").unwrap();
        s3.create_bucket("destination").unwrap();
        Self { scratch, db, s3, dir: TempDir::new().unwrap() }
    }

    /// Makes the buckets, and `count` objects in `source`.
    pub async fn with_objects(scratch: Scratch, count: u64) -> Self {
        let setup = Self::open(scratch).await;
        setup.s3.seed_objects("source", usize::try_from(count).unwrap()).await.unwrap();
        setup
    }

    /// Makes 500 objects in a store with latency: with a [`slow`] runner their clone takes at least five seconds, however
    /// fast the machine, and few CPU seconds.
    pub async fn with_distant_store(scratch: Scratch) -> Self {
        let setup = Self::open_with(scratch, Pace { latency: 10.millis(), writes_per_second: None }).await;
        setup.s3.seed_objects("source", usize::try_from(DISTANT_OBJECTS).unwrap()).await.unwrap();
        setup
    }

    pub async fn runner(&self, holder: &str, config: config::Runner) -> Runner {
        let stores = self.stores().await;
        Runner::start(Context {
            db: self.scratch.open().await,
            groups: LogGroups::new(&Config::parse(None, "", &|_| None).unwrap(), &stores),
            transforms: Transforms::default(),
            stores,
            sinks: Sinks::new(&[self.sink()]),
            data_dir: self.dir.path().to_owned(),
            config,
            holder: Arc::from(holder),
        })
    }

    pub async fn stores(&self) -> Stores {
        let none = |_: &str| None;
        let mut config = Config::parse(None, "", &none).unwrap();
        config.stores[0].endpoint_url = Some(self.s3.url());
        Stores::connect(&config).await
    }

    /// A sink that acknowledges what is on the disk.
    pub fn sink(&self) -> config::Sink {
        file_sink(self.dir.path())
    }

    pub async fn clone(&self, mode: Mode) -> JobId {
        self.insert("source", ("destination", ""), mode).await
    }

    /// Queues a clone to a prefix of `destination`.
    pub async fn clone_to(&self, prefix: &str) -> JobId {
        self.insert("source", ("destination", prefix), Mode::Copy).await
    }

    pub async fn clone_between(&self, source: &str, destination: &str, mode: Mode) -> JobId {
        self.insert(source, (destination, ""), mode).await
    }

    /// Queues a copy under limits.
    pub async fn clone_under(&self, limits: Limits) -> JobId {
        self.insert_under("source", ("destination", ""), Mode::Copy, limits).await
    }

    async fn insert(&self, source: &str, destination: (&str, &str), mode: Mode) -> JobId {
        self.insert_under(source, destination, mode, Limits::default()).await
    }

    async fn insert_under(&self, source: &str, destination: (&str, &str), mode: Mode, limits: Limits) -> JobId {
        let place = |(bucket, prefix): (&str, &str)| Location {
            store: "demo".parse().unwrap(),
            bucket: bucket.parse().unwrap(),
            prefix: prefix.parse().unwrap(),
        };
        let spec = CloneSpec {
            source: place((source, "")),
            destination: place(destination),
            mode,
            dry_run: false,
            name: None,
            selection: Selection::default(),
            fidelity: model::Fidelity::default(),
            limits,
            plan: None,
            report: None,
            consent: None,
        };
        let new = NewJob { spec: Spec::Clone(spec), author: "test".to_owned(), idempotency: None };
        self.db.insert(new).await.unwrap().0.id
    }

    /// Puts an archived object, which cannot be copied until it is restored.
    pub async fn archive(&self, bucket: &str, key: &str) {
        let url = format!("{}/{bucket}/{key}", self.s3.url());
        let put = reqwest::Client::new().put(url).header("x-amz-storage-class", "GLACIER").body("archived");
        assert_eq!(put.send().await.unwrap().status(), 200);
    }

    /// Waits until the job is as described; returns it.
    pub async fn until(&self, id: JobId, what: &str, is: impl Fn(&Job) -> bool) -> Job {
        let probe = || async { seen(self.db.job(id).await.unwrap(), &is) };
        eventually_async(format!("the job is {what}"), within(150.secs()), probe).await
    }

    pub async fn until_state(&self, id: JobId, state: State) -> Job {
        self.until(id, state.as_str(), |job| job.state == state).await
    }

    /// CopyObject requests so far.
    pub fn copies(&self) -> u64 {
        self.s3.requests().get("CopyObject").copied().unwrap_or(0)
    }
}

/// A sink that writes to `received.ndjson` in a folder.
pub fn file_sink(dir: &Path) -> config::Sink {
    let url = format!("file:{}", dir.join("received.ndjson").display());
    config::Sink { name: "file".parse().unwrap(), settings: Settings::new(url.parse().unwrap()) }
}

/// A runner with two jobs at once and 16 requests each.
pub fn quick() -> config::Runner {
    config::Runner { jobs: 2, concurrency: 16, lease_ms: 15_000, multipart_threshold: Threshold::default() }
}

/// A runner with one request at a time, so that a job still runs when the test acts.
pub fn slow() -> config::Runner {
    config::Runner { jobs: 2, concurrency: 1, lease_ms: 15_000, multipart_threshold: Threshold::default() }
}
