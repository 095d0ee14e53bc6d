//! One attempt at one job, from its claim to its end, with a heartbeat a second.

use std::time::Duration;

use db::{Claimed, DbError, JobHeartbeat};
use model::{JobError, Progress, Proof, Stop};
use tokio::{
    task::JoinError,
    time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::measure;
use super::{
    Context,
    dispatch::{self, AttemptFault, Running},
    history::History,
    lease::Lease,
    outcome::{Halt, Outcome},
    work::Taken,
};

const BEAT: Duration = Duration::from_secs(1);
/// How long a stopping engine may take for requests in flight; then it is dropped, which loses only those requests.
const STOP_WITHIN: Duration = Duration::from_secs(3);
/// Pause between two attempts to write the end while the database does not answer.
const WRITE_AGAIN: Duration = Duration::from_millis(500);

pub struct Attempt {
    context: Context,
    claimed: Claimed,
    history: History,
    lease: Lease,
    /// Progress that is counted in `/metrics` already.
    measured: Progress,
    /// Cancelled when the process stops.
    shutdown: CancellationToken,
    /// Cancelled when the engine is to stop.
    stop: CancellationToken,
}

/// The result of a heartbeat.
enum Beaten {
    Held(Option<Stop>),
    /// The database did not answer; the next heartbeat writes the same again.
    Missed,
    Lost,
}

impl Attempt {
    pub fn new(context: Context, mut claimed: Claimed, asked_at: Instant, shutdown: CancellationToken) -> Self {
        let history = History::resume(std::mem::take(&mut claimed.history));
        let lease = Lease::new(context.config.lease_ms, asked_at);
        let measured = claimed.job.progress.clone();
        Self { context, claimed, history, lease, measured, shutdown, stop: CancellationToken::new() }
    }

    /// Runs the engine and writes its end, unless the lease was lost: then another process writes.
    pub async fn run(mut self) {
        info!(title = self.claimed.job.title(), taken_over = self.claimed.taken_over, "started");
        let _stop_the_feeder = self.stop.clone().drop_guard();
        let starting = dispatch::start(&self.context, &self.claimed, &self.stop);
        let Ok(started) = timeout_at(self.lease.until(), starting).await else {
            return warn!("lease lost before the engine could start");
        };
        match started {
            Err(error) => {
                let taken = Taken::nothing_of(&self.claimed.job);
                self.write(&Outcome::Failed(error, None), taken).await;
            }
            Ok(mut running) => {
                let Some((result, halt)) = self.accompany(&mut running).await else { return };
                let mut taken = running.tracker.take();
                taken.land();
                let outcome = Outcome::judge(result, taken.progress(), halt);
                self.write(&outcome, taken).await;
            }
        }
    }

    /// Sends heartbeats until the engine returns. `None`: the lease is lost, the engine was dropped, nothing may be
    /// written.
    async fn accompany(
        &mut self,
        running: &mut Running,
    ) -> Option<(Result<Option<Proof>, AttemptFault>, Option<Halt>)> {
        let mut halt: Option<Halt> = None;
        let mut patience = Instant::now();
        let mut ticks = interval_at(Instant::now() + BEAT, BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                biased;
                joined = &mut running.task => return Some((self.result(joined), halt)),
                () = self.shutdown.cancelled(), if halt.is_none() => Halt::Shutdown,
                () = sleep_until(patience), if halt.is_some() && !running.task.is_finished() => {
                    running.task.abort();
                    patience += STOP_WITHIN;
                    continue;
                }
                _ = ticks.tick() => match self.beat(running).await {
                    Beaten::Held(Some(stop)) => Halt::Asked(stop),
                    Beaten::Held(None) => continue,
                    Beaten::Missed if Instant::now() < self.lease.until() => continue,
                    Beaten::Missed | Beaten::Lost => {
                        self.abandon(running).await;
                        return None;
                    }
                },
            };
            if halt.is_none() {
                patience = Instant::now() + STOP_WITHIN;
                self.stop.cancel();
            }
            halt = Some(asked);
        }
    }

    /// Runs and failures first, then progress with checkpoint: a crash between them repeats some, and never loses one.
    async fn beat(&mut self, running: &Running) -> Beaten {
        let mut taken = running.tracker.take();
        self.history.push(taken.progress());
        let sent_at = Instant::now();
        let checkpoint = taken.checkpoint();
        let written = timeout_at(self.lease.until(), async {
            if !self.record(&mut taken).await? {
                return Ok(None);
            }
            self.context.db.heartbeat(&self.row(&taken, &checkpoint)).await
        });
        match written.await {
            Ok(Ok(Some(stop))) => {
                self.lease.renew(sent_at);
                self.measure(&taken);
                Beaten::Held(stop)
            }
            Ok(Ok(None)) => Beaten::Lost,
            Ok(Err(error)) => {
                warn!(%error, "heartbeat not written; retrying in a second");
                running.tracker.put_back(taken);
                Beaten::Missed
            }
            Err(_) => {
                running.tracker.put_back(taken);
                Beaten::Missed
            }
        }
    }

    async fn abandon(&self, running: &mut Running) {
        warn!("lease lost: stopped; another process continues the job");
        self.stop.cancel();
        running.task.abort();
        let _ = (&mut running.task).await; // its requests are gone once this returns
    }

    /// Writes the end; retries while the database does not answer and the lease lasts.
    async fn write(&mut self, outcome: &Outcome, mut taken: Taken) {
        self.history.push(taken.progress());
        let checkpoint = taken.checkpoint();
        loop {
            let written = timeout_at(self.lease.until(), async {
                if !self.record(&mut taken).await? {
                    return Ok(false);
                }
                self.context.db.end(&self.row(&taken, &checkpoint), outcome.end(), &self.context.holder).await
            });
            match written.await {
                Ok(Ok(true)) => {
                    self.measure(&taken);
                    let progress = taken.progress();
                    let word = outcome.word();
                    info!(done = progress.done, skipped = progress.skipped, failed = progress.failed, "{word}");
                    metrics::counter!("logyard_attempts_ended_total", "outcome" => word).increment(1);
                    return;
                }
                Ok(Ok(false)) => return warn!("lease lost: end not written; another process continues the job"),
                Ok(Err(error)) => warn!(%error, "end not written; retrying"),
                Err(_) => return warn!("end not written in time; the job continues from its last heartbeat"),
            }
            sleep(WRITE_AGAIN).await;
        }
    }

    fn measure(&mut self, taken: &Taken) {
        measure::advanced(self.claimed.job.kind, &self.measured, taken.progress());
        self.measured = taken.progress().clone();
    }

    async fn record(&self, taken: &mut Taken) -> Result<bool, DbError> {
        let (job, db) = (&self.claimed.job, &self.context.db);
        if let Some(lines) = taken.report() {
            if !db.add_report(job.id, job.attempt, &lines).await? {
                return Ok(false);
            }
            taken.report_is_stored();
        }
        if let Some((places, records)) = taken.copies() {
            db.add_copies(&places, &records).await?;
        }
        let runs = taken.runs(job, db);
        if !runs.is_empty() && !db.record_runs(job.id, job.attempt, &runs).await? {
            return Ok(false);
        }
        if taken.failures().is_empty() && taken.mended().is_empty() {
            return Ok(true);
        }
        db.record(job.id, job.attempt, taken.failures(), taken.mended()).await
    }

    fn row<'a>(&'a self, taken: &'a Taken, checkpoint: &'a str) -> JobHeartbeat<'a> {
        JobHeartbeat {
            id: self.claimed.job.id,
            attempt: self.claimed.job.attempt,
            lease_ms: self.context.config.lease_ms,
            progress: taken.progress(),
            checkpoint,
            history: self.history.points(),
        }
    }

    fn result(
        &self,
        joined: Result<Result<Option<Proof>, AttemptFault>, JoinError>,
    ) -> Result<Option<Proof>, AttemptFault> {
        joined.unwrap_or_else(|failed| {
            if !failed.is_panic() {
                return Err(AttemptFault::Stopped);
            }
            error!(error = %failed, "engine panicked");
            let broken: JobError = dispatch::broken(&self.claimed.job);
            Err(AttemptFault::Failed(broken))
        })
    }
}
