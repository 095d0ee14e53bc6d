//! The reconciler: compares a pipeline's log objects with its recorded runs.
//!
//! A leased task per pipeline that Logyard follows or a function ships. A round lists the last day, once an hour the
//! last eight, where late objects are found. Older gaps are compared with the runs again, so that a reprocess closes
//! them however late it comes.
//!
//! Always: a listing that fails is not an empty bucket. It leaves earlier findings as they were, and says why it
//! failed.

mod judge;
mod scan;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use db::{Db, DbError, Missing, task};
use model::{GapKind, Key, Pipeline, Time};

use self::{
    judge::{Object, Verdict, judge},
    scan::{View, scan},
};
use crate::{
    connections::stores::Stores,
    tasks::leased::{Lease, LeaseTerms, LeasedTask, Started, TaskError},
};

/// Pause between rounds, at least; it grows with the time that a round takes.
const BETWEEN: Duration = Duration::from_secs(30);
/// Listing takes one part in this many of the time.
const SHARE: u32 = 10;
/// How far back a round lists.
const BACK_MS: i64 = 86_400_000;
const FAR_BACK_MS: i64 = 8 * BACK_MS;
const FAR_BACK_EVERY: Duration = Duration::from_hours(1);
/// How far the clock of a store may differ from ours.
const CLOCKS_MS: i64 = 60_000;
/// Older gaps compared at once.
const PAGE: u32 = 500;

/// What a reconciler needs.
#[derive(Clone)]
pub struct Context {
    pub db: Db,
    pub stores: Stores,
    /// The name under which leases are held.
    pub holder: Arc<str>,
    pub lease_ms: i64,
    pub pipelines: Vec<Pipeline>,
}

/// Compares one pipeline.
pub struct Reconciler {
    db: Db,
    client: engine::s3::S3Client,
    pipeline: Pipeline,
}

/// What the holder of a pipeline remembers from one round to the next.
#[derive(Default)]
pub struct State {
    /// When the last eight days were listed to their end.
    far_back: Option<Instant>,
}

impl Reconciler {
    pub fn start(context: Context) -> Started {
        let mut started = Started::default();
        let terms = LeaseTerms::new(context.db.clone(), Arc::clone(&context.holder), context.lease_ms);
        started.lease(&terms, Self::all(context));
        started
    }

    /// One for each pipeline that Logyard follows or a function ships.
    pub fn all(context: Context) -> Vec<Self> {
        let Context { db, stores, pipelines, .. } = context;
        let shipped = |pipeline: &Pipeline| pipeline.follow || pipeline.function.is_some();
        let reconciler = |pipeline: Pipeline| {
            let client = stores.get(&pipeline.source.store)?.client.clone();
            Some(Self { db: db.clone(), client, pipeline })
        };
        pipelines.into_iter().filter(shipped).filter_map(reconciler).collect()
    }
}

impl LeasedTask for Reconciler {
    const NAME: &'static str = task::RECONCILE;
    type State = State;

    fn key(&self) -> &str {
        self.pipeline.name.as_str()
    }

    async fn round(&mut self, state: &mut State, lease: &Lease) -> Result<Duration, TaskError> {
        let began = Instant::now();
        let far = state.far_back.is_none_or(|at| at.elapsed() >= FAR_BACK_EVERY);
        let error = self.reconcile(if far { FAR_BACK_MS } else { BACK_MS }, lease).await?;
        let wait = BETWEEN.max(began.elapsed() * SHARE);
        if let Some(error) = error {
            return Err(TaskError::Failed { error, retry_in: wait });
        }
        if far {
            state.far_back = Some(began);
        }
        Ok(wait)
    }
}

impl Reconciler {
    /// Returns why the source could not be listed, if it could not.
    async fn reconcile(&self, back_ms: i64, lease: &Lease) -> Result<Option<String>, TaskError> {
        let (name, holder) = (&self.pipeline.name, &*lease.holder);
        let began = self.db.reconcile(name, holder, lease.ms()).await?.ok_or(TaskError::Lost)?;
        let since = self.since(began).await?;
        // By name: what was written since may be named by an interval that ended before.
        let from = Time((since.0 - BACK_MS).max(self.db.now().0 - back_ms));
        let view = View { db: &self.db, client: &self.client, pipeline: &self.pipeline, since, from };
        match scan(view).await {
            Ok((round, part)) => {
                let before = round.from;
                if !self.db.record_reconciliation(name, holder, &round, part.as_deref()).await? {
                    return Err(TaskError::Lost);
                }
                self.close_older(before, holder).await?;
                Ok(None)
            }
            Err(error) => {
                self.db.record_failed_reconciliation(name, holder, &error).await?;
                Ok(Some(error))
            }
        }
    }

    /// Objects written from this time on must be handled: since Logyard began to follow the pipeline, or since the
    /// first known run of its function.
    async fn since(&self, began: Time) -> Result<Time, DbError> {
        let name = &self.pipeline.name;
        if self.pipeline.follow {
            let following = self.db.following(name).await?;
            return Ok(Time(following.map_or(began, |following| following.since).0 - CLOCKS_MS));
        }
        let first = self.db.first_run_at(name).await?;
        Ok(Time(first.map_or(began, |first| first.min(began)).0 - CLOCKS_MS))
    }

    async fn close_older(&self, before: Time, holder: &str) -> Result<(), DbError> {
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
                    // The run that handled it may have been swept by now.
                    Verdict::Gap(GapKind::Never, _) => _ = left.insert(key.clone(), gap.clone()),
                    Verdict::Gap(kind, run) => _ = left.insert(key.clone(), Missing { kind, run, ..gap.clone() }),
                }
            }
            if left != known && !self.db.close_gaps(name, holder, &known, &left).await? {
                return Ok(());
            }
            after = Some(last);
        }
    }
}
