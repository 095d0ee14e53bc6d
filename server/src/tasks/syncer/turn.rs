//! One evaluation of a table, from acquiring its lease to releasing it; the background task and `logyard sync` share
//! it.
//!
//! Always: a table is changed only under its lease. An evaluation that dies leaves the database as its last heartbeat
//! did, and another process continues from there once the lease has expired.

use std::{sync::Arc, time::Duration};

use db::{Db, DbError, HeldSync, QuarantineChanges, SyncHeartbeat, SyncRequests, task};
use engine::sync::{
    Controls, DriveResult, Endpoints, Evaluation, Halt, Options, PerEndpoint, Purpose, SyncProgress, Usage, Verdict,
    Work, drive,
};
use model::{Quarantined, SyncEvaluation, SyncId, SyncMinute, SyncState, SyncStatus, Time};
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    checkpoint::Kept,
    map::KeyMap,
    observer::{Teller, Watch, every_ms, listed, unseen},
    rate::Rate,
    verdict::Standing,
};
use crate::{
    config,
    connections::tables::{OpenError, Pair, Syncs},
};

/// An end that takes longer than this for an answer counts as unreachable.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long the row counts after an evaluation may take.
const LAST_LOOK: Duration = Duration::from_secs(2);

pub struct Context {
    pub db: Db,
    pub syncs: Syncs,
    /// The name under which leases are held, and how long they last without a heartbeat.
    pub holder: Arc<str>,
    pub lease_ms: i64,
}

/// What this process remembers of a table from one evaluation to the next.
pub struct Keeper {
    context: Arc<Context>,
    config: config::Table,
    rate: Rate,
    map: KeyMap,
}

/// The result of a turn.
#[derive(Debug)]
pub enum Turn {
    /// Another process holds the table.
    Another,
    /// A person paused the table.
    Paused,
    /// The process stops, or another process holds the table now.
    Cut(Halt),
    Ended(Box<Ended>),
}

#[derive(Debug)]
pub struct Ended {
    pub status: SyncStatus,
    pub evaluation: SyncEvaluation,
    /// `None`: an end could not be opened.
    pub verdict: Option<Verdict>,
    /// The first hundred rows in quarantine.
    pub quarantine: Vec<Quarantined>,
}

/// An evaluation that only reports differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Compares the values of all rows, too.
    pub contents: bool,
}

/// An evaluation that has begun.
struct Begun {
    id: SyncId,
    at: Time,
    verify: bool,
    contents: bool,
}

impl Keeper {
    pub fn new(context: Arc<Context>, config: config::Table) -> Self {
        Self { context, config, rate: Rate::default(), map: KeyMap::default() }
    }

    pub fn config(&self) -> &config::Table {
        &self.config
    }

    pub fn db(&self) -> &Db {
        &self.context.db
    }

    /// Evaluates once, if the table is free. `verify`: reports differences and changes nothing, as it also does if a
    /// person asked for that.
    pub async fn turn(
        &mut self,
        verify: Option<Verification>,
        watch: Watch<'_>,
        stop: &CancellationToken,
    ) -> Result<Turn, DbError> {
        let context = Arc::clone(&self.context);
        let Context { db, holder, lease_ms, .. } = &*context;
        let name = self.config.name.clone();
        let Some(held) = db.acquire_sync(&name, holder, *lease_ms).await? else { return Ok(Turn::Another) };
        if held.paused {
            db.release(task::SYNC, name.as_str(), holder).await?;
            return Ok(Turn::Paused);
        }
        let turn = self.evaluate(&context, held, verify, watch, stop).await;
        if !matches!(turn, Ok(Turn::Ended(_))) {
            db.release(task::SYNC, name.as_str(), holder).await?;
        }
        turn
    }

    async fn evaluate(
        &mut self,
        context: &Context,
        held: HeldSync,
        verify: Option<Verification>,
        watch: Watch<'_>,
        stop: &CancellationToken,
    ) -> Result<Turn, DbError> {
        let db = &context.db;
        let known = match db.sync(&self.config.name).await? {
            Some((status, map, _)) => {
                self.map.know(map);
                status
            }
            None => unseen(db, &self.config),
        };
        let begun = Begun {
            id: db.new_sync_id(),
            at: db.now(),
            verify: verify.is_some() || held.requests.verify,
            contents: verify.is_some_and(|verify| verify.contents) || held.requests.contents,
        };
        let pair = tokio::select! {
            pair = self.open(context) => pair?,
            () = stop.cancelled() => return Ok(Turn::Cut(Halt::Stopped)),
        };
        match pair {
            Ok(pair) => self.drive(context, held, &known, &begun, &pair, watch, stop).await,
            Err(error) => self.closed(context, &held, known, &begun, &error).await,
        }
    }

    /// Opening may take longer than the lease.
    async fn open(&self, context: &Context) -> Result<Result<Pair, OpenError>, DbError> {
        let name = &self.config.name;
        let opening = async {
            let pair = context.syncs.open(name).await;
            pair.unwrap_or_else(|| unreachable!("a keeper's table is configured"))
        };
        tokio::pin!(opening);
        let mut beat = interval(Duration::from_millis(context.lease_ms.unsigned_abs() / 3));
        loop {
            tokio::select! {
                biased;
                pair = &mut opening => return Ok(pair),
                _ = beat.tick() => { context.db.acquire_sync(name, &context.holder, context.lease_ms).await?; }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a turn has gathered by then")]
    async fn drive(
        &mut self,
        context: &Context,
        held: HeldSync,
        known: &SyncStatus,
        begun: &Begun,
        pair: &Pair,
        watch: Watch<'_>,
        stop: &CancellationToken,
    ) -> Result<Turn, DbError> {
        let Context { db, holder, lease_ms, syncs } = context;
        let stored = Kept::read(None, &held.quarantine).engine.quarantine;
        let mut kept = Kept::read(held.checkpoint.as_deref(), &held.quarantine);
        if !begun.verify {
            kept.absorb(&held.requests);
        }
        let purpose = if begun.verify { Purpose::Verify } else { Purpose::Sync };
        let options = Options { purpose, contents: begun.contents, ..self.config.options() };
        let now = u64::try_from(begun.at.0).unwrap_or_default();
        let mut evaluation = Evaluation::new(options, kept.engine.clone(), now);
        let mut teller = Teller {
            db,
            config: &self.config,
            holder,
            lease_ms: *lease_ms,
            kept: &kept,
            known,
            verify: begun.verify,
            local: &pair.local,
            rate: &mut self.rate,
            map: &mut self.map,
            watch,
            mapped: None,
            work: Work::default(),
            usage: PerEndpoint::default(),
            quarantined: stored.entries().map(|entry| (entry.mark.key, entry.clone())).collect(),
            error: None,
        };
        let ends = Endpoints { local: &pair.local, remote: &*pair.remote, timeout: PATIENCE };
        let controls = Controls { allowance: syncs.allowance(), stop };
        let DriveResult { verdict, usage, behind } = drive(&mut evaluation, ends, &controls, &mut teller).await;
        if let Some(error) = teller.error.take() {
            return Err(error);
        }
        let verdict = match verdict {
            Ok(verdict) => verdict,
            Err(halt) => return Ok(Turn::Cut(halt)),
        };
        let mut standing = Standing::after(&self.config.name, &evaluation, &verdict, behind, db.now());
        if begun.verify && matches!(verdict, Verdict::Differs { .. }) && needs_a_person(known.state) {
            // That they differ is known; that a person has to confirm it must not be lost.
            standing = Standing { state: known.state, waiting: known.waiting, ..standing };
        }
        let progress =
            SyncProgress { evaluation: &evaluation, usage: usage.clone(), behind: still_behind(&verdict, behind) };
        let mut beat = teller.last(&progress, &standing).await;
        if matches!(verdict, Verdict::InSync { .. })
            && evaluation.work() != (Work { rounds: evaluation.work().rounds, ..Work::default() })
        {
            last_look(ends, &mut beat.status).await;
        }
        let answered = if begun.verify {
            about_nothing(&held.requests)
        } else {
            beat.checkpoint = Some(Kept::answered(evaluation.checkpoint()));
            held.requests
        };
        let recorded = begun.record(&standing, evaluation.work(), &usage, db.now());
        let quarantine = listed(&evaluation.checkpoint().quarantine);
        self.end(context, beat, recorded, Some(verdict), &answered, quarantine).await
    }

    /// An end could not be opened. Requests about rows wait until it can.
    async fn closed(
        &self,
        context: &Context,
        held: &HeldSync,
        known: SyncStatus,
        begun: &Begun,
        error: &OpenError,
    ) -> Result<Turn, DbError> {
        let standing = Standing::closed(error);
        let (now, kept) = (context.db.now(), Kept::read(held.checkpoint.as_deref(), &held.quarantine));
        let status = SyncStatus {
            state: standing.state,
            reason: standing.reason.clone(),
            behind: None,
            rate: None,
            left_ms: None,
            every_ms: every_ms(&self.config),
            ..known
        };
        let minute = SyncMinute { at: now, ..SyncMinute::default() };
        let quarantine = QuarantineChanges::default();
        let beat = SyncHeartbeat { status, checkpoint: None, minute, quarantine, map: None };
        let recorded = begun.record(&standing, Work::default(), &PerEndpoint::default(), now);
        let answered = about_nothing(&held.requests);
        self.end(context, beat, recorded, None, &answered, listed(&kept.engine.quarantine)).await
    }

    async fn end(
        &self,
        context: &Context,
        beat: SyncHeartbeat,
        evaluation: SyncEvaluation,
        verdict: Option<Verdict>,
        answered: &SyncRequests,
        quarantine: Vec<Quarantined>,
    ) -> Result<Turn, DbError> {
        let (name, holder) = (&self.config.name, &context.holder);
        if !context.db.end_sync(name, holder, &beat, &evaluation, answered).await? {
            return Ok(Turn::Cut(Halt::LeaseLost));
        }
        let status = beat.status;
        Ok(Turn::Ended(Box::new(Ended { status, evaluation, verdict, quarantine })))
    }
}

impl Begun {
    fn record(&self, standing: &Standing, work: Work, usage: &PerEndpoint<Usage>, now: Time) -> SyncEvaluation {
        SyncEvaluation {
            id: self.id,
            started_at: self.at,
            ended_at: now,
            verify: self.verify,
            state: standing.state,
            reason: standing.reason.clone(),
            verified: standing.verified,
            uploaded: work.uploaded,
            deleted: work.deleted,
            found: work.found,
            rounds: work.rounds,
            requests: usage.remote.requests,
            bytes_sent: usage.remote.bytes_sent,
            bytes_received: usage.remote.bytes_received,
            local_rows: usage.local.rows,
            remote_rows: usage.remote.rows,
        }
    }
}

/// The requests that an evaluation answers without changing anything.
fn about_nothing(requests: &SyncRequests) -> SyncRequests {
    let SyncRequests { evaluate, verify, contents, .. } = *requests;
    SyncRequests { evaluate, verify, contents, ..SyncRequests::default() }
}

fn needs_a_person(state: SyncState) -> bool {
    matches!(state, SyncState::Waiting | SyncState::EpochChanged | SyncState::ShapeDiffers)
}

fn still_behind(verdict: &Verdict, behind: Option<u64>) -> Option<u64> {
    match verdict {
        Verdict::InSync { quarantined, held_back, .. } => {
            let held_back = held_back.as_ref().map_or(0, |held_back| held_back.rows);
            Some((*quarantined as u64).saturating_add(held_back))
        }
        Verdict::Differs { missing, all: true, .. } => Some(*missing),
        Verdict::Unreachable { .. }
        | Verdict::Refused { .. }
        | Verdict::EpochChanged { .. }
        | Verdict::ShapeDiffers { .. } => None,
        Verdict::Differs { .. } | Verdict::Working(_) | Verdict::Waiting(_) => behind,
    }
}

/// Updates the row counts of both ends after an evaluation; they stay as they were if an end does not answer.
async fn last_look(ends: Endpoints<'_>, status: &mut SyncStatus) {
    let both = async { tokio::join!(ends.local.meta(), ends.remote.meta()) };
    if let Ok((Ok(local), Ok(remote))) = timeout(LAST_LOOK, both).await {
        let end = |meta: engine::sync::Meta| model::SyncEnd {
            count: meta.count,
            version: meta.extremes.map(|(_, high)| high),
        };
        (status.local, status.remote) = (Some(end(local)), Some(end(remote)));
    }
}
