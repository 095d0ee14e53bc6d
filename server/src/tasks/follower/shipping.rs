//! Ships some objects of a pipeline, and records their runs meanwhile.
//!
//! Always: an object with a recorded run of the same key and `ETag` is not shipped again, unless events of it may still be
//! accepted or it could not be read. What the sink refuses for good and what cannot be parsed is in the dead letters.

use std::{
    collections::{HashMap, HashSet},
    mem::take,
    path::{Path, PathBuf},
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
use tokio::{
    fs,
    time::{MissedTickBehavior, interval},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::{
    Round,
    scan::{dealt_with, spec_of},
};
use crate::{connections::dead_letters::of_pipeline, tasks::runner::run_of};

/// Pause between two recordings of runs.
const RECORD_EVERY: Duration = Duration::from_secs(1);
/// Bytes of a pipeline's dead letters above which nothing is shipped until somebody has dealt with them.
const MOST_DEAD_LETTERS: u64 = 1 << 30;

#[derive(Default)]
pub struct Shipped {
    /// Objects that need no further run: delivered, or recorded with the lines that could not be parsed.
    pub whole: HashSet<Key>,
    /// Why objects were not shipped completely and are tried again.
    pub failures: HashMap<Key, String>,
    /// Why shipping ended early.
    pub error: Option<String>,
}

pub async fn ship(round: &Round<'_>, keys: Vec<Key>) -> Shipped {
    let mut shipped = Shipped::default();
    let known =
        Arc::new(Known { db: round.context().db.clone(), pipeline: round.pipeline().clone(), over: Mutex::default() });
    match start(round, keys, Arc::clone(&known) as Arc<dyn Ledger>).await {
        Ok((tracker, task)) => supervise(round, &tracker, task, &mut shipped).await,
        Err(why) => shipped.error = Some(why),
    }
    shipped.whole.extend(take(&mut *known.over()));
    shipped
}

/// Answers which objects need no further run, and notes them.
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

async fn start(round: &Round<'_>, keys: Vec<Key>, ledger: Arc<dyn Ledger>) -> Result<(Tracker, Task), String> {
    let (context, pipeline, shutdown) = (round.context(), round.pipeline(), round.shutdown());
    let entry = context.stores.get(&pipeline.source.store).ok_or("Its store is not configured here.")?;
    let no_sink = "Its sink is not configured here.";
    let sink = context.sinks.get(&pipeline.sink).ok_or(no_sink)?;
    let open = context.sinks.open(&pipeline.sink).await.ok_or(no_sink)?;
    let open = open.map_err(|error| format!("{error}. {}", error.advice()))?;
    let dead_letters = room_for_dead_letters(&of_pipeline(&context.data_dir, &pipeline.name)).await?;
    let shipment = Shipment {
        spec: ReprocessSpec { keys, extent: Extent::Missing, ..spec_of(pipeline) },
        store: entry.client.clone(),
        sink: Some(open),
        ledger,
        options: Options {
            objects_at_once: sink.settings.connections,
            dead_letters: Some(dead_letters),
            sends_again: true,
            transform: context.transforms.of(Some(&pipeline.name)),
            ..Options::default()
        },
    };
    let (tracker, stop) = (Tracker::resume(Progress::default(), Checkpoint::default()), shutdown.clone());
    let of_task = tracker.clone();
    let task = tokio::spawn(async move { run(&shipment, None, &of_task, &stop).await.map(|_proof| ()) });
    Ok((tracker, AbortOnDropHandle::new(task)))
}

/// The file for dead letters of a pipeline, unless it has no room for more.
async fn room_for_dead_letters(file: &Path) -> Result<PathBuf, String> {
    let unusable = |error: std::io::Error| format!("Dead letters cannot be kept in {}: {error}.", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).await.map_err(unusable)?;
    }
    let bytes = match fs::metadata(file).await {
        Ok(file) => file.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(unusable(error)),
    };
    if bytes > MOST_DEAD_LETTERS {
        return Err(format!(
            "Its dead letters have reached {}. Send them again with `logyard reprocess`, then remove the file {}.",
            model::number::bytes(bytes),
            file.display()
        ));
    }
    Ok(file.to_owned())
}

/// Records runs each second until shipping ends. Once the lease is lost, objects in flight are dropped: no run of
/// theirs is recorded here any more.
async fn supervise(round: &Round<'_>, tracker: &Tracker, mut task: Task, shipped: &mut Shipped) {
    let mut ticks = interval(RECORD_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let ended = tokio::select! {
            biased;
            ended = &mut task => Some(ended),
            _ = ticks.tick() => None,
        };
        let kept = record(round, tracker, shipped).await;
        match (ended, kept) {
            (Some(Ok(Ok(()) | Err(ShipError::Stopped))), _) | (_, Kept::Lost) => return,
            (Some(Ok(Err(error))), _) => {
                shipped.error = Some(format!("{error}. {}", error.advice()));
                return;
            }
            (Some(Err(error)), _) => {
                shipped.error = Some("The shipping engine broke; the log has the cause.".to_owned());
                tracing::error!(%error, "shipping engine panicked; its objects are shipped again");
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

async fn record(round: &Round<'_>, tracker: &Tracker, shipped: &mut Shipped) -> Kept {
    let (db, name) = (&round.context().db, &round.pipeline().name);
    let taken = tracker.take();
    let runs = runs(round, &taken);
    match db.record_followed(name, &round.lease.holder, &runs).await {
        Ok(true) => {
            for ran in taken.runs {
                if ran.summary.worth_repeating() {
                    shipped.failures.insert(ran.key, ran.reason);
                } else {
                    shipped.whole.insert(ran.key);
                }
            }
            Kept::Ours
        }
        Ok(false) => {
            warn!("lease lost while shipping: another process follows this pipeline now");
            Kept::Lost
        }
        Err(error) => {
            warn!(%error, "runs not recorded; retrying in a second");
            tracker.put_back(taken);
            Kept::Ours
        }
    }
}

fn runs(round: &Round<'_>, taken: &Taken) -> Vec<NewRun> {
    let (context, pipeline) = (round.context(), round.pipeline());
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
