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

use super::{Follower, shipping::Shipped};

/// How late an object may be delivered.
const BACK_MS: i64 = 86_400_000;
/// How far ahead of now the time in a name may lie: a file is named by its end.
const AHEAD_MS: i64 = 3_600_000;
/// How far the clock of a store may differ from ours.
const CLOCKS_MS: i64 = 60_000;
const SCAN_WITHIN: Duration = Duration::from_mins(5);
/// Objects shipped after one scan; the next one finds the rest.
pub const MOST: usize = 500;
/// Pause before an object is retried after its first failure, and at most.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// Bytes of keys of failed objects that are remembered.
const MOST_BYTES: usize = 8 << 20;

/// Objects that are not shipped yet.
#[derive(Default)]
pub struct Sight {
    /// Those to ship now, at most [`MOST`], with the time they were written.
    due: BTreeMap<Key, Time>,
    /// Due as well, beyond [`MOST`].
    more: u64,
    /// Failed before, and not due yet.
    deferred: u64,
    /// The earliest write time among the latter two.
    oldest: Option<Time>,
}

impl Sight {
    pub fn waiting(&self) -> u64 {
        self.due.len() as u64 + self.more + self.deferred
    }

    pub fn oldest(&self) -> Option<Time> {
        let due = self.due.values().min().copied();
        if self.more + self.deferred == 0 { due } else { due.into_iter().chain(self.oldest).min() }
    }

    pub fn due(&self) -> Vec<Key> {
        self.due.keys().cloned().collect()
    }

    /// Adds the objects that a message names. An object beyond the bound is left out: its message stays in the queue
    /// and is counted there.
    pub fn named(&mut self, objects: &BTreeMap<Key, Time>) {
        for (key, at) in objects {
            if self.due.len() < MOST || self.due.contains_key(key) {
                self.due.insert(key.clone(), *at);
            }
        }
    }

    /// Whether another scan would find more to ship at once.
    pub fn goes_on(&self) -> bool {
        self.more > 0
    }

    pub fn shipped(&mut self, whole: &HashSet<Key>) {
        self.due.retain(|key, _| !whole.contains(key));
    }

    /// Adds a listed object. One that is not due takes no place from those that are.
    fn add(&mut self, object: &Listed, due: bool) {
        if due && self.due.len() < MOST {
            self.due.insert(object.key.clone(), object.modified);
            return;
        }
        *(if due { &mut self.more } else { &mut self.deferred }) += 1;
        self.oldest = Some(self.oldest.map_or(object.modified, |oldest| oldest.min(object.modified)));
    }
}

/// Lists what waits; or says in a sentence why it cannot be listed. Forgets failures of objects that are gone.
pub async fn scan(follower: &Follower, since: Time, patience: &mut Patience) -> Result<Sight, String> {
    let Follower { context, pipeline, .. } = follower;
    let entry = context.stores.get(&pipeline.source.store).ok_or("Its store is not configured here.")?;
    let now = context.db.now();
    let since = Time(since.0 - CLOCKS_MS);
    // By name: what was written since may be named by an interval that ended before.
    let from = Time(now.0 - BACK_MS);
    let window = Window::new(from, Time(now.0 + AHEAD_MS)).map_err(|invalid| invalid.to_string())?;
    let seen = Seen { sight: Sight::default(), patience: std::mem::take(patience) };
    let record = Arc::new(Record { db: context.db.clone(), pipeline: pipeline.clone(), since, seen: Mutex::new(seen) });
    let ledger: Arc<dyn Ledger> = Arc::clone(&record) as Arc<dyn Ledger>;
    let spec = ReprocessSpec { window: Some(window), ..spec_of(pipeline) };
    let preview = ship::preview(&spec, &entry.client, &ledger, u64::MAX, SCAN_WITHIN).await;
    let Seen { sight, patience: mut known } = std::mem::take(&mut *record.seen());
    if preview.as_ref().is_ok_and(|preview| preview.complete) {
        known.forget_gone();
    }
    *patience = known;
    preview.map_err(|error| format!("{error}. {}", error.advice()))?;
    Ok(sight)
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
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    sight: Sight,
    patience: Patience,
}

impl Record {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for Record {
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        Box::pin(async move {
            let over = dealt_with(&self.db, &self.pipeline, objects).await?;
            let now = Instant::now();
            let mut seen = self.seen();
            let Seen { sight, patience } = &mut *seen;
            let waits = |object: &&Listed| object.modified >= self.since && !over.contains(&object.key);
            for object in objects.iter().filter(waits) {
                sight.add(object, patience.is_due(&object.key, now));
            }
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

/// Failed objects, and when each is tried again: it waits twice as long each time.
#[derive(Default)]
pub struct Patience {
    failed: HashMap<Key, Wait>,
    /// Bytes of the keys.
    bytes: usize,
    /// The object that failed last, and why.
    because: Option<String>,
}

struct Wait {
    until: Instant,
    lasts: Duration,
    /// Whether the current scan has found the object.
    listed: bool,
}

impl Patience {
    /// Number of failed objects, and the last of them with its reason.
    pub fn retrying(&self) -> (u64, Option<String>) {
        let because = self.because.clone().filter(|_| !self.failed.is_empty());
        (self.failed.len() as u64, because)
    }

    fn is_due(&mut self, key: &Key, now: Instant) -> bool {
        match self.failed.get_mut(key) {
            Some(wait) => {
                wait.listed = true;
                wait.until <= now
            }
            None => true,
        }
    }

    /// After a complete scan.
    fn forget_gone(&mut self) {
        let bytes = &mut self.bytes;
        self.failed.retain(|key, wait| {
            let gone = !std::mem::take(&mut wait.listed);
            *bytes -= if gone { key.as_str().len() } else { 0 };
            !gone
        });
    }

    /// Records what came of shipping these objects; `failures`: why objects were not shipped. Returns how many had not
    /// failed before.
    pub fn after(&mut self, tried: &[Key], shipped: &Shipped) -> usize {
        let mut new = 0;
        for key in tried {
            let before = self.failed.remove(key);
            if before.is_some() {
                self.bytes -= key.as_str().len();
            }
            // Of an object that was not begun, nothing is known.
            let Some(why) = shipped.failures.get(key).filter(|_| !shipped.whole.contains(key)) else { continue };
            new += usize::from(before.is_none());
            self.because = Some(format!("{}: {why}", key.as_str().escape_debug()));
            // Beyond the bound it is tried again with the next scan.
            if self.bytes + key.as_str().len() > MOST_BYTES {
                continue;
            }
            let lasts = before.map_or(FIRST_WAIT, |wait| (wait.lasts * 2).min(LONGEST_WAIT));
            self.bytes += key.as_str().len();
            // Until a scan says otherwise it is there.
            self.failed.insert(key.clone(), Wait { until: Instant::now() + lasts, lasts, listed: true });
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    fn failed(keys: &[Key]) -> Shipped {
        let failures = keys.iter().map(|key| (key.clone(), "denied".to_owned())).collect();
        Shipped { failures, ..Shipped::default() }
    }

    #[test]
    fn failed_object_waits_until_it_is_shipped() {
        let mut patience = Patience::default();
        let (a, b) = (key("a"), key("b"));
        let shipped = Shipped { whole: HashSet::from([a.clone()]), ..failed(&[a.clone(), b.clone()]) };
        assert_eq!(patience.after(&[a.clone(), b.clone()], &shipped), 1);
        let now = Instant::now();
        assert!(patience.is_due(&a, now) && !patience.is_due(&b, now));
        assert!(patience.is_due(&b, now + FIRST_WAIT));
        assert_eq!(patience.retrying(), (1, Some("b: denied".to_owned())));
        assert_eq!(patience.after(std::slice::from_ref(&b), &failed(std::slice::from_ref(&b))), 0);
        assert!(!patience.is_due(&b, Instant::now() + FIRST_WAIT), "twice as long");
        patience.forget_gone();
        assert!(patience.failed.len() == 1, "it was just listed");
        patience.forget_gone();
        assert_eq!((patience.retrying(), patience.bytes), ((0, None), 0), "of what is gone nothing is kept");
    }

    /// Five hundred objects that fail must not keep the others from being shipped.
    #[test]
    fn deferred_objects_take_no_place_from_due_ones() {
        let mut sight = Sight::default();
        let object = |number: usize| Listed {
            key: key(&format!("{number:04}")),
            size: 1,
            etag: None,
            modified: Time(i64::try_from(number).unwrap()),
            class: None,
        };
        (0..MOST).for_each(|number| sight.add(&object(number), false));
        sight.add(&object(MOST), true);
        assert_eq!(sight.due(), [key("0500")]);
        assert_eq!((sight.waiting(), sight.oldest(), sight.goes_on()), (MOST as u64 + 1, Some(Time(0)), false));
        (MOST + 1..=2 * MOST).for_each(|number| sight.add(&object(number), true));
        assert_eq!((sight.due().len(), sight.goes_on()), (MOST, true));
    }

    #[test]
    fn backlog_is_as_old_as_its_oldest_object() {
        let mut sight = Sight { due: BTreeMap::from([(key("a"), Time(7))]), ..Sight::default() };
        assert_eq!((sight.waiting(), sight.oldest()), (1, Some(Time(7))));
        sight.shipped(&HashSet::from([key("a")]));
        assert_eq!((sight.waiting(), sight.oldest()), (0, None));
    }
}
