//! The configured stores, each with its connection: the one place that turns a `[[stores]]` entry into a client.
//!
//! Always: at least one store, in the order of the configuration; the first is the default. All users of a store share
//! its connection, and so its ceilings.

mod health;

use std::sync::Arc;

use engine::s3::{Endpoint, S3Client};
use futures::future::join_all;
use model::{Location, Place, StoreName};

pub use self::health::StoreHealth;
use crate::config::{self, Config, DEMO_STORE};

/// Cheap to clone.
#[derive(Clone)]
pub struct Stores {
    entries: Arc<[Entry]>,
}

pub struct Entry {
    pub config: config::Store,
    /// Whether it is the embedded store, with the demo buckets.
    pub embedded: bool,
    pub client: S3Client,
}

impl Stores {
    /// Makes the clients; no request is sent to a store yet.
    pub async fn connect(config: &Config) -> Self {
        let entries = config.stores.iter().map(|store| async {
            let embedded = config.demo.enabled && store.name.as_str() == DEMO_STORE;
            let client = S3Client::connect(endpoint(store, embedded)).await.under(store.ceilings);
            Entry { config: store.clone(), embedded, client }
        });
        Self { entries: join_all(entries).await.into() }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub fn get(&self, name: &StoreName) -> Option<&Entry> {
        self.iter().find(|entry| entry.config.name == *name)
    }

    /// A place with the default store filled in.
    pub fn locate(&self, place: Place) -> Location {
        place.at(&self.entries[0].config.name)
    }

    /// Jobs at once that may touch each store.
    pub fn limits(&self) -> Vec<(StoreName, u32)> {
        self.iter().map(|entry| (entry.config.name.clone(), entry.config.max_jobs)).collect()
    }
}

impl Entry {
    /// For people: the URL, or the region of AWS.
    pub fn endpoint(&self) -> String {
        match (&self.config.endpoint_url, &self.config.region) {
            (Some(url), _) => url.clone(),
            (None, Some(region)) => format!("AWS {region}"),
            (None, None) => "AWS".to_owned(),
        }
    }
}

/// How a configured store is reached.
pub fn endpoint(store: &config::Store, embedded: bool) -> Endpoint {
    Endpoint {
        name: store.name.clone(),
        url: store.endpoint_url.clone(),
        region: store.region.clone(),
        path_style: store.path_style,
        profile: store.profile.clone(),
        requester_pays: store.requester_pays,
        anonymous: false,
        credentials: embedded.then(|| (embedded::ACCESS_KEY.to_owned(), embedded::SECRET_KEY.to_owned())),
    }
}
