//! The reconciler: holds the log objects of a bucket against the runs that handled them.
//!
//! One task a pipeline that somebody ships, Logyard or a function, in every server and worker; the store lets one of
//! them at a time do it. A look lists the last day, once an hour the last eight, as what comes late is found then; gaps
//! that are older are held against runs once more, so that a reprocess closes them however late it comes.
//!
//! Always: a listing that fails is no empty bucket. It leaves what was found as it was, and says why.

mod judge;
mod look;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use db::{Db, DbError, Missing};
use model::{GapKind, Key, Pipeline, Time};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span, warn};

use self::{
    judge::{Object, Verdict, judge},
    look::{View, look},
};
use crate::connections::stores::Stores;

/// Between looks, at least; a look that takes long makes for longer ones.
const BETWEEN: Duration = Duration::from_secs(30);
/// Looking takes one part in so many of the time.
const SHARE: u32 = 10;
const BACK_MS: i64 = 86_400_000;
const FAR_BACK_MS: i64 = 8 * BACK_MS;
const FAR_BACK_EVERY: Duration = Duration::from_hours(1);
/// The clock of a store may differ from ours.
const CLOCKS_MS: i64 = 60_000;
/// How long a pipeline stays with a process that is not heard of.
const LEASE_MS: i64 = 30_000;
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// Older gaps at once.
const PAGE: u32 = 500;

/// What a reconciler needs.
#[derive(Clone)]
pub struct Context {
    pub db: Db,
    pub stores: Stores,
    /// The name under which pipelines are held.
    pub holder: Arc<str>,
    pub pipelines: Vec<Pipeline>,
}

/// A started reconciler.
pub struct Reconciler {
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

struct Watch {
    db: Db,
    client: engine::s3::S3Client,
    holder: Arc<str>,
    pipeline: Pipeline,
    /// As of the last look.
    ours: AtomicBool,
}

impl Reconciler {
    pub fn start(context: Context) -> Self {
        let (shutdown, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let shipped = |pipeline: &Pipeline| pipeline.follow || pipeline.function.is_some();
        for pipeline in context.pipelines.into_iter().filter(shipped) {
            let Some(entry) = context.stores.get(&pipeline.source.store) else { continue };
            let span = info_span!("reconciler", pipeline = %pipeline.name);
            let watch = Watch {
                db: context.db.clone(),
                client: entry.client.clone(),
                holder: Arc::clone(&context.holder),
                pipeline,
                ours: false.into(),
            };
            tasks.spawn(watch.reconcile(shutdown.clone()).instrument(span));
        }
        Self { shutdown, tasks }
    }

    /// Cut off wherever it is, as nothing is half written; the pipelines are given back.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Watch {
    async fn reconcile(self, shutdown: CancellationToken) {
        tokio::select! {
            () = self.look_again_and_again() => {}
            () = self.keep() => {}
            () = shutdown.cancelled() => {}
        }
        if let Err(error) = self.db.release_reconciler(&self.pipeline.name, &self.holder).await {
            warn!(%error, "the pipeline could not be given back; its lease expires by itself");
        }
    }

    /// Renews the lease for as long as it is ours; never ends by itself.
    async fn keep(&self) {
        loop {
            sleep(RENEW_EVERY).await;
            if self.ours.load(Ordering::Relaxed)
                && let Err(error) = self.db.reconcile(&self.pipeline.name, &self.holder, LEASE_MS).await
            {
                warn!(%error, "the lease could not be renewed; trying again");
            }
        }
    }

    async fn look_again_and_again(&self) {
        let mut far_back = None::<Instant>;
        loop {
            let began = Instant::now();
            let far = far_back.is_none_or(|at| at.elapsed() >= FAR_BACK_EVERY);
            match self.turn(if far { FAR_BACK_MS } else { BACK_MS }).await {
                Ok(true) if far => far_back = Some(began),
                Ok(_) => {}
                Err(error) => warn!(%error, "could not hold the bucket against the runs; trying again"),
            }
            sleep(BETWEEN.max(began.elapsed() * SHARE)).await;
        }
    }

    /// True if a look came to its end.
    async fn turn(&self, back_ms: i64) -> Result<bool, DbError> {
        let name = &self.pipeline.name;
        let held = self.db.reconcile(name, &self.holder, LEASE_MS).await?;
        self.ours.store(held.is_some(), Ordering::Relaxed);
        let Some(began) = held else { return Ok(false) };
        let since = self.since(began).await?;
        let from = Time(since.0.max(self.db.now().0 - back_ms));
        let view = View { db: &self.db, client: &self.client, pipeline: &self.pipeline, since, from };
        match look(view).await {
            Ok((reckoned, part)) => {
                let before = reckoned.from;
                let ours = self.db.reckoned(name, &self.holder, &reckoned, part.as_deref()).await?;
                if ours {
                    self.close_older(before).await?;
                }
                Ok(ours)
            }
            Err(error) => {
                self.db.not_reckoned(name, &self.holder, &error).await?;
                Ok(false)
            }
        }
    }

    /// From when on objects are to be handled: when Logyard began to follow the pipeline, or with the first run that is
    /// known of its function.
    async fn since(&self, began: Time) -> Result<Time, DbError> {
        let name = &self.pipeline.name;
        if self.pipeline.follow {
            let following = self.db.following(name).await?;
            return Ok(Time(following.map_or(began, |following| following.since).0 - CLOCKS_MS));
        }
        let first = self.db.first_run_at(name).await?;
        Ok(Time(first.map_or(began, |first| first.min(began)).0 - CLOCKS_MS))
    }

    async fn close_older(&self, before: Time) -> Result<(), DbError> {
        let (name, bucket) = (&self.pipeline.name, self.pipeline.source.bucket.as_str());
        let mut after = None::<Key>;
        loop {
            let known = self.db.older_gaps(name, before, after.as_ref(), PAGE).await?;
            let Some(last) = known.keys().next_back().cloned() else { return Ok(()) };
            let keys: Vec<Key> = known.keys().cloned().collect();
            let handled = self.db.handling(name, bucket, &keys).await?;
            let mut left = BTreeMap::new();
            for (key, gap) in &known {
                let object = Object { etag: gap.etag.as_deref(), written_at: gap.written_at };
                let runs = handled.get(key).map_or(&[][..], Vec::as_slice);
                match judge(object, runs) {
                    Verdict::Whole { .. } => {}
                    // What ran over it may be forgotten by now.
                    Verdict::Gap(GapKind::Never, _) => _ = left.insert(key.clone(), gap.clone()),
                    Verdict::Gap(kind, run) => _ = left.insert(key.clone(), Missing { kind, run, ..gap.clone() }),
                }
            }
            if left != known && !self.db.close_gaps(name, &self.holder, &known, &left).await? {
                return Ok(());
            }
            after = Some(last);
        }
    }
}
