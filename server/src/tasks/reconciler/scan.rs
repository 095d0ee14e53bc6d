//! Lists the objects of a pipeline's source in a window, and judges each by the runs that handled it.
//!
//! The listing is that of a preview, which skips the days that do not matter. The preview asks a ledger about each
//! object; the ledger here judges the objects that it is asked about.
//!
//! Always: a listing that did not reach its end counts for nothing. Memory holds gaps, at most [`MOST_GAPS`], and a
//! count for each five minutes; not the objects.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use db::{Db, INTERVAL_MS, Learned, Missing, ReconciliationRound};
use engine::{
    runs::History,
    s3::{ETag, Listed},
    ship::{self, Ledger, LedgerError, LogName},
};
use futures::future::BoxFuture;
use model::{GapKind, Key, Pipeline, RunId, RunSource, Time, Window};
use std::time::Duration;

use super::judge::{Object, Verdict, judge, read_it};
use crate::tasks::follower::spec_of;

/// How far ahead of now the time in a name may lie: a file is named by its end.
const AHEAD_MS: i64 = 3_600_000;
const SCAN_WITHIN: Duration = Duration::from_mins(5);
/// Gaps kept of one scan.
const MOST_GAPS: usize = 50_000;
/// Seconds between objects, where the configuration does not say.
const EVERY_S: u64 = 300;

/// What a scan needs.
pub struct View<'a> {
    pub db: &'a Db,
    pub client: &'a engine::s3::S3Client,
    pub pipeline: &'a Pipeline,
    /// Objects written before are ignored.
    pub since: Time,
    /// The first interval to list.
    pub from: Time,
}

/// Returns what was found, and why that is incomplete, if it is. The error says in a sentence why nothing was found.
pub async fn scan(view: View<'_>) -> Result<(ReconciliationRound, Option<String>), String> {
    let View { db, client, pipeline, since, from } = view;
    let now = db.now();
    let from = Time(from.0.div_euclid(INTERVAL_MS) * INTERVAL_MS);
    let window = Window::new(from, Time(now.0 + AHEAD_MS)).map_err(|invalid| invalid.to_string())?;
    let record = Arc::new(Record {
        db: db.clone(),
        pipeline: pipeline.clone(),
        since,
        missed_before: Time(now.0 - grace_ms(pipeline)),
        seen: Mutex::new(Seen {
            round: ReconciliationRound { from, ..ReconciliationRound::default() },
            too_many: false,
        }),
    });
    let ledger: Arc<dyn Ledger> = Arc::clone(&record) as Arc<dyn Ledger>;
    let spec = model::ReprocessSpec { window: Some(window), ..spec_of(pipeline) };
    let preview = ship::preview(&spec, client, &ledger, u64::MAX, SCAN_WITHIN).await;
    let preview = preview.map_err(|error| format!("{error}. {}", error.advice()))?;
    if !preview.complete {
        return Err(format!("The listing took longer than {} minutes.", SCAN_WITHIN.as_secs() / 60));
    }
    let seen = std::mem::replace(&mut *record.seen(), Seen { round: ReconciliationRound::default(), too_many: false });
    let part = format!("There are more than {MOST_GAPS} objects to ship again; the others are not counted.");
    Ok((seen.round, seen.too_many.then_some(part)))
}

/// How old an unhandled object may be before it counts as missed: until the next object should have been handled.
fn grace_ms(pipeline: &Pipeline) -> i64 {
    let timeout_s = pipeline.function.as_ref().map_or(0, |function| function.timeout_s);
    let grace_s = pipeline.every_s.unwrap_or(EVERY_S).saturating_add(timeout_s);
    i64::try_from(grace_s.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

/// A run that claims success, and the size of its object.
struct Claim {
    run: RunId,
    size: u64,
    lines: u64,
}

/// Runs that read far more or fewer lines than runs over objects of that size usually do, each with the reason.
fn unusual(usual: &[(u64, u64)], claims: &[Claim]) -> Vec<(RunId, String)> {
    let mut history = History::default();
    for (size, lines) in usual {
        history.learn(*size, *lines);
    }
    claims.iter().filter_map(|claim| Some((claim.run, history.unusual(claim.size, claim.lines)?))).collect()
}

struct Record {
    db: Db,
    pipeline: Pipeline,
    since: Time,
    missed_before: Time,
    seen: Mutex<Seen>,
}

struct Seen {
    round: ReconciliationRound,
    too_many: bool,
}

impl Record {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self, objects: &[Listed]) -> Result<(), LedgerError> {
        let failed = |error: db::DbError| LedgerError(error.to_string());
        let keys: Vec<Key> = objects.iter().map(|object| object.key.clone()).collect();
        let bucket = self.pipeline.source.bucket.as_str();
        let handled = self.db.handling(&self.pipeline.name, bucket, &keys).await.map_err(failed)?;
        let (mut learned, mut claims) = (Vec::new(), Vec::new());
        {
            let mut seen = self.seen();
            for listed in objects {
                let etag = listed.etag.as_ref().map(ETag::to_string);
                let object = Object { etag: etag.as_deref(), written_at: listed.modified };
                let runs = handled.get(&listed.key).map_or(&[][..], Vec::as_slice);
                let unknowing = |run: &&db::Handling| {
                    run.source == RunSource::Lambda
                        && run.etag.is_none()
                        && object.etag.is_some()
                        && read_it(object, run)
                };
                let learn = |run: &db::Handling| Learned { run: run.run, etag: etag.clone(), size: listed.size };
                learned.extend(runs.iter().filter(unknowing).map(learn));
                let claiming = runs.iter().filter(unknowing).filter(|run| run.outcome.whole());
                claims.extend(claiming.map(|run| Claim { run: run.run, size: listed.size, lines: run.lines }));
                if listed.modified >= self.since {
                    seen.add(listed, etag.as_deref(), judge(object, runs), self.missed_before);
                }
            }
        }
        if learned.is_empty() {
            return Ok(());
        }
        let reasons = unusual(&self.db.usual_reads(&self.pipeline.name).await.map_err(failed)?, &claims);
        self.db.learn_objects(&learned).await.map_err(failed)?;
        for (run, reason) in reasons {
            self.db.suspect(run, &reason).await.map_err(failed)?;
        }
        Ok(())
    }
}

impl Seen {
    fn add(&mut self, listed: &Listed, etag: Option<&str>, verdict: Verdict, missed_before: Time) {
        let start_at = interval_of(listed);
        let Self { round, too_many } = self;
        if start_at < round.from {
            return;
        }
        let (twice, excepted) = match verdict {
            Verdict::Gap(GapKind::Never, _) if listed.modified > missed_before => {
                let waiting = round.waiting_since.map_or(listed.modified, |at| at.min(listed.modified));
                round.waiting_since = Some(waiting);
                return;
            }
            Verdict::Gap(..) if round.gaps.len() >= MOST_GAPS => {
                *too_many = true;
                return;
            }
            Verdict::Gap(kind, run) => {
                let (key, etag) = (listed.key.clone(), etag.map(ToOwned::to_owned));
                let missing =
                    Missing { key, start_at, etag, size: listed.size, written_at: listed.modified, kind, run };
                round.gaps.insert(listed.key.clone(), missing);
                (false, false)
            }
            Verdict::Whole { twice, excepted } => (twice, excepted),
        };
        let counts = round.intervals.entry(start_at).or_default();
        counts.objects += 1;
        counts.twice += u64::from(twice);
        counts.excepted += u64::from(excepted);
    }
}

/// The interval of an object: by the time in its key, which ends what it covers; else by when it was written.
fn interval_of(listed: &Listed) -> Time {
    let at = LogName::of_key(listed.key.as_str()).map_or(listed.modified.0, |name| name.end.0 - 1);
    Time(at.div_euclid(INTERVAL_MS) * INTERVAL_MS)
}

impl Ledger for Record {
    /// The answer does not matter: nothing is sent.
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        Box::pin(async move {
            self.take(objects).await?;
            Ok(vec![false; objects.len()])
        })
    }
}
