//! Whether each store answers, checked only while a page is open.
//!
//! Always: a page never waits longer than [`PATIENCE`] for a store; it shows the last known state with its age. A store
//! is checked at most once in [`FRESH`], however many pages are open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::join_all;
use model::{Health, StoreName, StoreStatus, Time};
use tokio::time::timeout;

use super::{Entry, Stores};

/// How long an answer counts as current.
const FRESH: Duration = Duration::from_secs(10);
/// A store that takes longer to answer counts as unreachable.
const TIMEOUT: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_millis(250);

/// Cheap to clone.
#[derive(Clone)]
pub struct StoreHealth {
    stores: Stores,
    now: Arc<dyn Fn() -> Time + Send + Sync>,
    known: Arc<Mutex<Known>>,
    /// Held by the task that checks the stores.
    asking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Known {
    asked: Option<Instant>,
    found: HashMap<StoreName, (Time, Health)>,
}

impl StoreHealth {
    pub fn new(stores: Stores, now: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        Self { stores, now: Arc::new(now), known: Arc::default(), asking: Arc::default() }
    }

    /// Every store in the order of the configuration.
    pub async fn statuses(&self) -> Vec<StoreStatus> {
        if !self.fresh() {
            let health = self.clone();
            let asking = tokio::spawn(async move { health.ask().await });
            // A check that takes longer continues in the background, for the next page.
            let _ = timeout(PATIENCE, asking).await;
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.stores.iter().map(|entry| status(entry, known.found.get(&entry.config.name), (self.now)())).collect()
    }

    fn fresh(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.asked.is_some_and(|asked| asked.elapsed() < FRESH)
    }

    async fn ask(&self) {
        let _only_one = self.asking.lock().await;
        if self.fresh() {
            return;
        }
        join_all(self.stores.iter().map(|entry| async {
            let health = check(entry).await;
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.found.insert(entry.config.name.clone(), ((self.now)(), health));
        }))
        .await;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).asked = Some(Instant::now());
    }
}

async fn check(entry: &Entry) -> Health {
    let started = Instant::now();
    match timeout(TIMEOUT, entry.client.hasty().buckets()).await {
        Ok(Ok(buckets)) => {
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            Health::Reachable { buckets, took_ms }
        }
        Ok(Err(error)) => Health::Unreachable { reason: error.to_string() },
        Err(_) => Health::Unreachable { reason: format!("no answer within {} s", TIMEOUT.as_secs()) },
    }
}

fn status(entry: &Entry, found: Option<&(Time, Health)>, now: Time) -> StoreStatus {
    let (checked_at, health) = found.cloned().unwrap_or((now, Health::Unknown));
    let name = entry.config.name.clone();
    StoreStatus { name, endpoint: entry.endpoint(), embedded: entry.embedded, health, checked_at }
}
