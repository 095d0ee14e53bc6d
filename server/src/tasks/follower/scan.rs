//! Finds what to ship: the objects of the last day that have no recorded run.
//!
//! The listing is that of a preview, which skips the days that do not matter. The preview asks a ledger about each
//! object; the ledger here notes the objects that it is asked about.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use db::Db;
use engine::{
    s3::{ETag, Listed},
    ship::{self, Ledger, LedgerError},
};
use futures::future::BoxFuture;
use model::{Extent, Key, Pipeline, ReprocessSpec, Time, Window};

use super::Follower;

/// How late an object may be delivered.
const BACK_MS: i64 = 86_400_000;
/// How far ahead of now the time in a name may lie: a file is named by its end.
const AHEAD_MS: i64 = 3_600_000;
/// How far the clock of a store may differ from ours.
const CLOCKS_MS: i64 = 60_000;
const SCAN_WITHIN: Duration = Duration::from_mins(5);
/// Objects of one scan; the next one finds the rest.
pub const MOST: usize = 500;
/// Pause before an object is retried after its first failure, and at most.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Objects that wait, with the time they were written.
#[derive(Default)]
pub struct Sight {
    objects: BTreeMap<Key, Time>,
    /// Beyond [`MOST`].
    more: u64,
    oldest: Option<Time>,
}

impl Sight {
    pub fn waiting(&self) -> u64 {
        self.objects.len() as u64 + self.more
    }

    pub fn oldest(&self) -> Option<Time> {
        let kept = self.objects.values().min().copied();
        if self.more == 0 { kept } else { kept.into_iter().chain(self.oldest).min() }
    }

    /// Adds the objects that a message names. An object beyond the bound is left out: its message stays in the queue
    /// and is counted there.
    pub fn named(&mut self, objects: &BTreeMap<Key, Time>) {
        for (key, at) in objects {
            if self.objects.len() < MOST || self.objects.contains_key(key) {
                self.objects.insert(key.clone(), *at);
            }
        }
    }

    /// Whether another scan would find more to ship at once.
    pub fn goes_on(&self) -> bool {
        self.more > 0
    }

    pub fn shipped(&mut self, whole: &HashSet<Key>) {
        self.objects.retain(|key, _| !whole.contains(key));
    }

    fn add(&mut self, object: &Listed) {
        self.oldest = Some(self.oldest.map_or(object.modified, |oldest| oldest.min(object.modified)));
        if self.objects.len() < MOST {
            self.objects.insert(object.key.clone(), object.modified);
        } else {
            self.more += 1;
        }
    }
}

/// Lists what waits; or says in a sentence why it cannot be listed.
pub async fn scan(follower: &Follower, since: Time) -> Result<Sight, String> {
    let Follower { context, pipeline, .. } = follower;
    let entry = context.stores.get(&pipeline.source.store).ok_or("Its store is not configured here.")?;
    let now = context.db.now();
    let since = Time(since.0 - CLOCKS_MS);
    let from = Time(since.0.max(now.0 - BACK_MS));
    let window = Window::new(from, Time(now.0 + AHEAD_MS)).map_err(|invalid| invalid.to_string())?;
    let record =
        Arc::new(Record { db: context.db.clone(), pipeline: pipeline.clone(), since, sight: Mutex::default() });
    let ledger: Arc<dyn Ledger> = Arc::clone(&record) as Arc<dyn Ledger>;
    let spec = ReprocessSpec { window: Some(window), ..spec_of(pipeline) };
    let preview = ship::preview(&spec, &entry.client, &ledger, u64::MAX, SCAN_WITHIN).await;
    preview.map_err(|error| format!("{error}. {}", error.advice()))?;
    Ok(std::mem::take(&mut *record.sight()))
}

/// The reprocess of all objects of a pipeline.
pub fn spec_of(pipeline: &Pipeline) -> ReprocessSpec {
    ReprocessSpec {
        pipeline: Some(pipeline.name.clone()),
        source: pipeline.source.clone(),
        sink: pipeline.sink.clone(),
        format: pipeline.format,
        window: None,
        keys: Vec::new(),
        dead_letters_of: None,
        extent: Extent::All,
        max_events_per_second: None,
        dry_run: false,
        plan: None,
    }
}

struct Record {
    db: Db,
    pipeline: Pipeline,
    since: Time,
    sight: Mutex<Sight>,
}

impl Record {
    fn sight(&self) -> std::sync::MutexGuard<'_, Sight> {
        self.sight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for Record {
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        Box::pin(async move {
            let over = dealt_with(&self.db, &self.pipeline, objects).await?;
            let mut sight = self.sight();
            let waits = |object: &&Listed| object.modified >= self.since && !over.contains(&object.key);
            objects.iter().filter(waits).for_each(|object| sight.add(object));
            Ok(objects.iter().map(|object| over.contains(&object.key)).collect())
        })
    }
}

/// Which of these objects need no further run, according to recorded runs.
pub async fn dealt_with(db: &Db, pipeline: &Pipeline, objects: &[Listed]) -> Result<HashSet<Key>, LedgerError> {
    let etag = |object: &Listed| object.etag.as_ref().map(ETag::to_string).unwrap_or_default();
    let asked: Vec<_> = objects.iter().map(|object| (object.key.clone(), etag(object))).collect();
    let over = db.finished_objects(&pipeline.name, &pipeline.sink, pipeline.source.bucket.as_str(), &asked).await;
    over.map_err(|error| LedgerError(error.to_string()))
}

/// Chooses the objects to ship now: one that failed waits, twice as long each time.
#[derive(Default)]
pub struct Patience {
    failed: HashMap<Key, (Instant, Duration)>,
}

impl Patience {
    pub fn due(&mut self, sight: &Sight) -> Vec<Key> {
        self.failed.retain(|key, _| sight.objects.contains_key(key));
        let now = Instant::now();
        let due = |key: &&Key| self.failed.get(key).is_none_or(|(at, _)| *at <= now);
        sight.objects.keys().filter(due).cloned().collect()
    }

    pub fn after(&mut self, tried: &[Key], whole: &HashSet<Key>) {
        for key in tried {
            if whole.contains(key) {
                self.failed.remove(key);
            } else {
                let wait = self.failed.get(key).map_or(FIRST_WAIT, |(_, wait)| (*wait * 2).min(LONGEST_WAIT));
                self.failed.insert(key.clone(), (Instant::now() + wait, wait));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(keys: &[&str]) -> Sight {
        let objects = keys.iter().map(|key| (key.parse().unwrap(), Time(7))).collect();
        Sight { objects, ..Sight::default() }
    }

    #[test]
    fn failed_object_waits_and_shipped_object_is_forgotten() {
        let mut patience = Patience::default();
        let both = sight(&["a", "b"]);
        let due = patience.due(&both);
        assert_eq!(due.len(), 2);
        patience.after(&due, &HashSet::from(["a".parse().unwrap()]));
        assert_eq!(patience.due(&both), ["a".parse().unwrap()], "b waits; a, should it be there again, does not");
        patience.due(&sight(&["a"]));
        assert!(patience.failed.is_empty(), "of what is gone nothing is kept");
    }

    #[test]
    fn backlog_is_as_old_as_its_oldest_object() {
        let mut sight = sight(&["a"]);
        assert_eq!((sight.waiting(), sight.oldest()), (1, Some(Time(7))));
        sight.shipped(&HashSet::from(["a".parse().unwrap()]));
        assert_eq!((sight.waiting(), sight.oldest()), (0, None));
    }
}
