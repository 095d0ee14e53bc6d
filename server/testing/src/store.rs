//! An S3 store in memory, over real HTTP, as tests begin with it.

use std::{ops::Deref, sync::Arc};

use embedded::Embedded;

/// The embedded store with the buckets that a test names. Clones share the store.
#[derive(Clone)]
pub struct TestStore(Arc<Embedded>);

/// A bucket of a [`TestStore`].
pub struct TestBucket<'a> {
    store: &'a TestStore,
    name: &'a str,
}

impl TestStore {
    /// With these buckets, all empty.
    pub async fn with_buckets(names: &[&str]) -> Self {
        let store = Embedded::in_memory().await.expect("a port of loopback");
        for name in names {
            store.create_bucket(name).expect("a new bucket");
        }
        Self(Arc::new(store))
    }

    pub fn bucket<'a>(&'a self, name: &'a str) -> TestBucket<'a> {
        TestBucket { store: self, name }
    }

    /// CopyObject requests so far.
    pub fn copies(&self) -> u64 {
        self.requests_of("CopyObject")
    }

    /// Requests of one operation so far.
    pub fn requests_of(&self, operation: &str) -> u64 {
        self.requests().get(operation).copied().unwrap_or_default()
    }

    /// Requests of any operation so far.
    pub fn requests_in_all(&self) -> u64 {
        self.requests().values().sum()
    }
}

impl Deref for TestStore {
    type Target = Embedded;

    fn deref(&self) -> &Embedded {
        &self.0
    }
}

impl TestBucket<'_> {
    pub async fn put(&self, key: &str, body: impl AsRef<[u8]>) {
        self.store.put(self.name, key, body).await.expect("the object is put");
    }

    /// Generated objects, each with content of its own.
    pub async fn seed(&self, objects: usize) {
        self.store.seed_objects(self.name, objects).await.expect("the objects are put");
    }

    /// `None`: no such object.
    pub async fn read(&self, key: &str) -> Option<Vec<u8>> {
        self.store.read(self.name, key).await.expect("the bucket can be read").map(|bytes| bytes.to_vec())
    }

    pub fn count(&self) -> usize {
        self.store.count(self.name).expect("the bucket exists")
    }
}
