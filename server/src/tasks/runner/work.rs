//! The progress of a running engine, whichever engine it is.
//!
//! Each engine has a tracker that is emptied once a second. A reprocess also reports runs.

use db::{Db, NewRun};
use engine::{clone, ship};
use model::{Failure, Job, Key, Progress, Run, RunSource, Spec};

use super::backfill;

#[derive(Clone)]
pub enum Tracker {
    /// With the name of its places, under which copies are kept on record.
    Clone(clone::Tracker, [u8; 16]),
    /// With the name shown for a file of dead letters instead of its path.
    Ship(ship::Tracker, Option<Key>),
    Backfill(backfill::Tracker),
}

/// Progress since the last call. Must be stored in this order: report, runs, failures and repaired keys, then progress with the
/// checkpoint.
pub enum Taken {
    Clone(clone::Taken, [u8; 16]),
    Ship(ship::Taken),
    /// A backfill records its runs itself, before its checkpoint.
    Backfill(backfill::Taken),
}

impl Tracker {
    pub fn take(&self) -> Taken {
        match self {
            Self::Clone(tracker, places) => Taken::Clone(tracker.take(), *places),
            Self::Ship(tracker, None) => Taken::Ship(tracker.take()),
            Self::Ship(tracker, Some(name)) => Taken::Ship(named(tracker.take(), name)),
            Self::Backfill(tracker) => Taken::Backfill(tracker.take()),
        }
    }

    /// Puts back what could not be stored.
    pub fn put_back(&self, taken: Taken) {
        match (self, taken) {
            (Self::Clone(tracker, _), Taken::Clone(taken, _)) => tracker.put_back(taken),
            (Self::Ship(tracker, _), Taken::Ship(taken)) => tracker.put_back(taken),
            // A backfill keeps what it tells; and a tracker gives its own kind only.
            (Self::Clone(..) | Self::Ship(..) | Self::Backfill(_), _) => {}
        }
    }
}

impl Taken {
    /// For a job whose engine could not start: everything stays as it was.
    pub fn nothing_of(job: &Job) -> Self {
        let progress = job.progress.clone();
        match &job.spec {
            Spec::Clone(_) => Self::Clone(clone::Taken { progress, ..clone::Taken::default() }, [0; 16]),
            Spec::Reprocess(_) => Self::Ship(ship::Taken { progress, ..ship::Taken::default() }),
            Spec::Backfill(_) => Self::Backfill(backfill::Taken { progress, ..backfill::Taken::default() }),
        }
    }

    pub fn progress(&self) -> &Progress {
        match self {
            Self::Clone(taken, _) => &taken.progress,
            Self::Ship(taken) => &taken.progress,
            Self::Backfill(taken) => &taken.progress,
        }
    }

    /// Sets the number of requests in flight to zero, after an engine was dropped.
    pub fn land(&mut self) {
        match self {
            Self::Clone(taken, _) => taken.progress.in_flight = 0,
            Self::Ship(taken) => taken.progress.in_flight = 0,
            Self::Backfill(taken) => taken.progress.in_flight = 0,
        }
    }

    pub fn failures(&self) -> &[Failure] {
        match self {
            Self::Clone(taken, _) => &taken.failures,
            Self::Ship(taken) => &taken.failures,
            Self::Backfill(_) => &[],
        }
    }

    pub fn mended(&self) -> &[Key] {
        match self {
            Self::Clone(taken, _) => &taken.mended,
            Self::Ship(taken) => &taken.mended,
            Self::Backfill(_) => &[],
        }
    }

    /// The new copies on record of a clone, one after another, and the name of its places.
    pub fn copies(&self) -> Option<([u8; 16], Vec<u8>)> {
        match self {
            Self::Clone(taken, places) if !taken.records.is_empty() => {
                Some((*places, taken.records.iter().flat_map(|record| record.to_bytes()).collect()))
            }
            Self::Clone(..) | Self::Ship(_) | Self::Backfill(_) => None,
        }
    }

    /// The new lines of a clone's completion report, compressed: a gzip member.
    pub fn report(&self) -> Option<Vec<u8>> {
        match self {
            Self::Clone(taken, _) if !taken.report.is_empty() => Some(clone::compress_completions(&taken.report)),
            Self::Clone(..) | Self::Ship(_) | Self::Backfill(_) => None,
        }
    }

    /// Forgets the lines of the report once they are stored, so that they are not stored again with what must be put back.
    pub fn report_is_stored(&mut self) {
        if let Self::Clone(taken, _) = self {
            taken.report.clear();
        }
    }

    /// The runs of a reprocess, as they are recorded.
    pub fn runs(&self, job: &Job, db: &Db) -> Vec<NewRun> {
        match (self, &job.spec) {
            (Self::Ship(taken), Spec::Reprocess(spec)) => {
                let of_bucket = spec.dead_letters_of.is_none();
                let run = |ran: &ship::Ran| NewRun {
                    run: Run {
                        pipeline: spec.pipeline.clone(),
                        job: Some(job.id),
                        store: of_bucket.then(|| spec.source.store.clone()),
                        bucket: of_bucket.then(|| spec.source.bucket.clone()),
                        ..run_of(ran, db)
                    },
                    sink: spec.sink.clone(),
                    window: spec.window,
                };
                taken.runs.iter().map(run).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Strings and numbers always serialise. If they did not, the empty text would be refused on resuming, never
    /// misread.
    pub fn checkpoint(&self) -> String {
        match self {
            Self::Clone(taken, _) => serde_json::to_string(&taken.checkpoint),
            Self::Ship(taken) => serde_json::to_string(&taken.checkpoint),
            Self::Backfill(taken) => serde_json::to_string(&taken.checkpoint),
        }
        .unwrap_or_default()
    }
}

/// Replaces the path of a file by its name.
fn named(mut taken: ship::Taken, name: &Key) -> ship::Taken {
    let failures = taken.failures.iter_mut().map(|failure| &mut failure.key);
    let keys = failures.chain(&mut taken.mended).chain(taken.runs.iter_mut().map(|ran| &mut ran.key));
    keys.for_each(|key| *key = name.clone());
    taken
}

/// A run by Logyard, without pipeline and bucket yet.
pub fn run_of(ran: &ship::Ran, db: &Db) -> Run {
    Run {
        id: db.new_run_id(),
        pipeline: None,
        source: RunSource::Logyard,
        request_id: None,
        job: None,
        outcome: ran.outcome,
        reason: ran.reason.clone(),
        started_at: ran.started_at,
        duration_ms: ran.summary.duration_ms,
        memory_mb: None,
        invocation: None,
        store: None,
        bucket: None,
        key: Some(ran.key.clone()),
        etag: ran.etag.clone(),
        size: Some(ran.size),
        summary: Some(ran.summary.clone()),
        logged: None,
        accepted: None,
    }
}
