//! Inserts many jobs quickly, as after some years of use, for benchmarks.

use model::{
    CloneSpec, Comparison, Job, JobError, JobId, Location, Mode, Phase, Progress, Proof, Selection, Spec, State, Time,
};

use crate::{Db, DbError, clock::id_at, jobs::insert_statement};

/// Rows per statement, 24 values each: SQLite parses a statement in quadratic time of its values.
const BATCH: usize = 8;
const BATCHES_A_TRANSACTION: usize = 1_250;

/// Inserts [`sample`] jobs spread over the last year; a million takes about a minute.
pub async fn fill(db: &Db, jobs: u64) -> Result<(), DbError> {
    let now = db.now();
    let mut next = 0;
    while next < jobs {
        let upto = jobs.min(next + (BATCH * BATCHES_A_TRANSACTION) as u64);
        let batch: Vec<Job> = (next..upto).map(|index| sample(index, jobs, now)).collect();
        insert_jobs(db, &batch).await?;
        next = upto;
    }
    db.database().write(crate::database::Statement::new("ANALYZE")).await?;
    Ok(())
}

/// Inserts jobs in their given state, without events, in one transaction.
pub async fn insert_jobs(db: &Db, jobs: &[Job]) -> Result<(), DbError> {
    let mut transaction = db.database().begin().await?;
    for batch in jobs.chunks(BATCH) {
        transaction.run(insert_statement(batch, None)?).await?;
    }
    transaction.commit().await
}

/// A deterministic job number `index` of `of`. Of 1,000 jobs 900 succeeded, 60 failed, 39 were cancelled and 1 is
/// paused; 3 stores, 200 buckets, 40 authors, one of whom created two of five jobs.
pub fn sample(index: u64, of: u64, now: Time) -> Job {
    const YEAR_MS: u64 = 365 * 24 * 3_600_000;
    let random = scattered(index);
    let created_at = now.0 - i64::try_from(YEAR_MS - YEAR_MS / of.max(1) * index).unwrap_or_default();
    let ended_at = Time(created_at + 60_000 + i64::try_from(random % 600_000).unwrap_or_default());
    let state = match random % 1_000 {
        0..900 => State::Succeeded,
        900..960 => State::Failed,
        960..999 => State::Cancelled,
        _ => State::Paused,
    };
    let found = 1_000 + random % 100_000;
    let failed = if state == State::Failed && random & 1 == 0 { random % 40 + 1 } else { 0 };
    let location = |salt: u64| Location {
        store: ["aws", "backup", "archive"][pick(random, salt, 3)].parse().expect("a name"),
        bucket: format!("bucket-{:03}", pick(random, salt + 1, 200)).parse().expect("a name"),
        prefix: format!("logs/{:02}/", pick(random, salt + 2, 50)).parse().expect("a prefix"),
    };
    let spec = CloneSpec {
        source: location(1),
        destination: location(5),
        mode: Mode::Copy,
        dry_run: false,
        name: None,
        selection: Selection::default(),
        fidelity: model::Fidelity::default(),
        limits: model::Limits::default(),
        plan: None,
        report: None,
        consent: None,
    };
    let author = if pick(random, 9, 5) < 2 { 0 } else { pick(random, 10, 40) };
    Job {
        id: JobId(id_at(created_at.unsigned_abs(), 0)),
        kind: model::Kind::Clone,
        state,
        spec: Spec::Clone(spec),
        attempt: 1,
        author: format!("engineer-{author:02}"),
        created_at: Time(created_at),
        started_at: Some(Time(created_at + 1_000)),
        ended_at: state.ended().then_some(ended_at),
        updated_at: ended_at,
        revision: 1,
        stopping: None,
        holder: None,
        progress: Progress {
            phase: Phase::Finished,
            found,
            found_bytes: found * 4_096,
            found_final: true,
            done: found - failed,
            failed,
            bytes: (found - failed) * 4_096,
            compared: found,
            requests: found * 2,
            active_ms: 60_000,
            ..Progress::default()
        },
        proof: (state == State::Succeeded).then(|| proof(found, ended_at)),
        error: (state == State::Failed).then(|| JobError {
            code: "items_failed".to_owned(),
            message: format!("{failed} objects could not be copied; the first is part-{index:08}.gz"),
            advice: "Look at the failures, then retry what failed.".to_owned(),
        }),
    }
}

fn proof(found: u64, at: Time) -> Proof {
    let comparison = Comparison {
        at,
        mode: Mode::Copy,
        source_objects: found,
        source_bytes: found * 4_096,
        destination_objects: found,
        equal_by_etag: found,
        equal_by_digest: 0,
        equal_by_content: 0,
        unverified: 0,
        equal_by_size: 0,
        unproven: 0,
        missing: 0,
        different: 0,
        extra: 0,
        left_out: 0,
        equal: false,
        nothing: false,
        selection: Selection::default(),
        compare: model::Compare::default(),
        unreadable_tags: model::UnreadableTags::default(),
    };
    Proof::Compared(comparison.judged())
}

/// Deterministic pseudo-random number: splitmix64.
fn scattered(index: u64) -> u64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick(random: u64, salt: u64, of: u64) -> usize {
    usize::try_from(scattered(random ^ (salt << 32)) % of).unwrap_or_default()
}
