//! Ships some objects of a pipeline and records their runs while it goes on.
//!
//! Always: an object of which a run is recorded, by key and `ETag`, is not shipped again, whoever asks for it.

use std::{
    collections::HashSet,
    mem::take,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use db::{Db, NewRun};
use engine::{
    s3::Listed,
    ship::{Checkpoint, Ledger, LedgerError, Options, ShipError, Shipment, Taken, Tracker, run},
};
use futures::future::BoxFuture;
use model::{Extent, Key, Pipeline, Progress, ReprocessSpec, Run};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::{
    LEASE_MS, Watch,
    look::{dealt_with, spec_of},
};
use crate::tasks::runner::run_of;

const BEAT: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Shipped {
    /// Objects that need no more: delivered, or recorded with what could not be parsed.
    pub whole: HashSet<Key>,
    /// Why it did not get to its end.
    pub error: Option<String>,
}

pub async fn ship(watch: &Watch, keys: Vec<Key>) -> Shipped {
    let mut shipped = Shipped::default();
    let known =
        Arc::new(Known { db: watch.context.db.clone(), pipeline: watch.pipeline.clone(), over: Mutex::default() });
    match start(watch, keys, Arc::clone(&known) as Arc<dyn Ledger>).await {
        Ok((tracker, task)) => accompany(watch, &tracker, task, &mut shipped).await,
        Err(why) => shipped.error = Some(why),
    }
    shipped.whole.extend(take(&mut *known.over()));
    shipped
}

/// Tells what was dealt with before, and takes note of it.
struct Known {
    db: Db,
    pipeline: Pipeline,
    over: Mutex<HashSet<Key>>,
}

impl Known {
    fn over(&self) -> std::sync::MutexGuard<'_, HashSet<Key>> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for Known {
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        Box::pin(async move {
            let over = dealt_with(&self.db, &self.pipeline, objects).await?;
            let delivered = objects.iter().map(|object| over.contains(&object.key)).collect();
            self.over().extend(over);
            Ok(delivered)
        })
    }
}

type Task = AbortOnDropHandle<Result<(), ShipError>>;

async fn start(watch: &Watch, keys: Vec<Key>, ledger: Arc<dyn Ledger>) -> Result<(Tracker, Task), String> {
    let Watch { context, pipeline, shutdown, .. } = watch;
    let entry = context.stores.get(&pipeline.source.store).ok_or("Its store is not configured here.")?;
    let no_sink = "Its sink is not configured here.";
    let sink = context.sinks.get(&pipeline.sink).ok_or(no_sink)?;
    let open = context.sinks.open(&pipeline.sink).await.ok_or(no_sink)?;
    let open = open.map_err(|error| format!("{error}. {}", error.advice()))?;
    let shipment = Shipment {
        spec: ReprocessSpec { keys, extent: Extent::Missing, ..spec_of(pipeline) },
        store: entry.client.clone(),
        sink: Some(open),
        ledger,
        options: Options { objects_at_once: sink.settings.connections, ..Options::default() },
    };
    let (tracker, stop) = (Tracker::resume(Progress::default(), Checkpoint::default()), shutdown.clone());
    let at_work = tracker.clone();
    let task = tokio::spawn(async move { run(&shipment, None, &at_work, &stop).await.map(|_proof| ()) });
    Ok((tracker, AbortOnDropHandle::new(task)))
}

/// Records runs each second, and keeps the pipeline. Once it is another's, what is under way is dropped: nothing of it
/// is recorded here any more.
async fn accompany(watch: &Watch, tracker: &Tracker, mut task: Task, shipped: &mut Shipped) {
    let mut ticks = interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let ended = tokio::select! {
            biased;
            ended = &mut task => Some(ended),
            _ = ticks.tick() => None,
        };
        let kept = record(watch, tracker, shipped).await;
        match (ended, kept) {
            (Some(Ok(Ok(()) | Err(ShipError::Stopped))), _) | (_, Kept::Lost) => return,
            (Some(Ok(Err(error))), _) => {
                shipped.error = Some(format!("{error}. {}", error.advice()));
                return;
            }
            (Some(Err(error)), _) => {
                shipped.error = Some("The shipping engine broke; the log has the cause.".to_owned());
                tracing::error!(%error, "the shipping engine broke");
                return;
            }
            (None, Kept::Ours) => {}
        }
    }
}

enum Kept {
    Ours,
    Lost,
}

async fn record(watch: &Watch, tracker: &Tracker, shipped: &mut Shipped) -> Kept {
    let Watch { context, pipeline, .. } = watch;
    let taken = tracker.take();
    let runs = runs(watch, &taken);
    let written = async {
        let ours = context.db.record_followed(&pipeline.name, &context.holder, &runs).await?;
        Ok::<_, db::DbError>(ours && context.db.follow(&pipeline.name, &context.holder, LEASE_MS).await?.is_some())
    };
    match written.await {
        Ok(true) => {
            shipped.whole.extend(taken.runs.iter().filter(|ran| over(ran)).map(|ran| ran.key.clone()));
            Kept::Ours
        }
        Ok(false) => {
            warn!("the pipeline is another's by now");
            Kept::Lost
        }
        Err(error) => {
            warn!(%error, "runs could not be recorded; trying again");
            tracker.put_back(taken);
            Kept::Ours
        }
    }
}

/// Another try would bring nothing.
fn over(ran: &engine::ship::Ran) -> bool {
    let failures = &ran.summary.failures;
    failures.sending.total + failures.reading.total == 0
}

fn runs(watch: &Watch, taken: &Taken) -> Vec<NewRun> {
    let Watch { context, pipeline, .. } = watch;
    let run = |ran| NewRun {
        run: Run {
            pipeline: Some(pipeline.name.clone()),
            store: Some(pipeline.source.store.clone()),
            bucket: Some(pipeline.source.bucket.clone()),
            ..run_of(ran, &context.db)
        },
        sink: pipeline.sink.clone(),
        window: None,
    };
    taken.runs.iter().map(run).collect()
}
