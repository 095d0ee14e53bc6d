//! Helpers that create and claim jobs.

use db::{Claimed, Db, End, JobHeartbeat, NewJob, Terms, testing::Scratch};
use model::{
    CloneSpec, Comparison, Job, JobError, JobId, Location, Mode, Phase, Progress, Proof, Selection, Spec, StoreName,
    Time,
};
use sqlx::Connection;

pub const LEASE_MS: i64 = 60_000;

/// `store/bucket` or `store/bucket/prefix`.
pub fn location(text: &str) -> Location {
    let mut parts = text.splitn(3, '/');
    let mut part = || parts.next().unwrap_or_default();
    Location { store: name(part()), bucket: part().parse().unwrap(), prefix: part().parse().unwrap() }
}

pub fn name(text: &str) -> StoreName {
    text.parse().unwrap()
}

pub fn clone(source: &str, destination: &str) -> Spec {
    let (source, destination) = (location(source), location(destination));
    Spec::Clone(CloneSpec {
        source,
        destination,
        mode: Mode::Copy,
        dry_run: false,
        name: None,
        selection: Selection::default(),
        fidelity: model::Fidelity::default(),
        limits: model::Limits::default(),
        plan: None,
        report: None,
        consent: None,
    })
}

pub fn new_job() -> NewJob {
    NewJob { spec: clone("demo/assets", "demo/copy"), author: "operator".to_owned(), idempotency: None }
}

pub async fn insert(db: &Db) -> Job {
    db.insert(new_job()).await.unwrap().0
}

pub async fn insert_between(db: &Db, source: &str, destination: &str) -> Job {
    db.insert(NewJob { spec: clone(source, destination), ..new_job() }).await.unwrap().0
}

pub fn limits(limits: &[(&str, u32)]) -> Vec<(StoreName, u32)> {
    limits.iter().map(|(store, limit)| (name(store), *limit)).collect()
}

pub async fn claim(db: &Db, holder: &str) -> Option<Claimed> {
    claim_for(db, holder, LEASE_MS).await
}

/// Claims with this lease; with 0 the job can be taken over at once.
pub async fn claim_for(db: &Db, holder: &str, lease_ms: i64) -> Option<Claimed> {
    let limits = limits(&[("demo", 1_000)]);
    db.claim(&Terms { holder, lease_ms, limits: &limits }).await.unwrap()
}

pub fn progress(found: u64, failed: u64) -> Progress {
    Progress { phase: Phase::Copying, found, done: found - failed, failed, ..Progress::default() }
}

pub fn beat(id: JobId, attempt: i64, progress: &Progress) -> JobHeartbeat<'_> {
    JobHeartbeat { id, attempt, lease_ms: LEASE_MS, progress, checkpoint: r#"{"ranges":[]}"#, history: &[] }
}

pub async fn end(db: &Db, job: &Job, end: End) -> bool {
    db.end(&beat(job.id, job.attempt, &progress(10, 0)), end, "worker").await.unwrap()
}

pub fn error(message: &str) -> JobError {
    JobError { code: "items_failed".to_owned(), message: message.to_owned(), advice: "Retry.".to_owned() }
}

/// A comparison of ten objects, `missing` of them missing.
pub fn proof(missing: u64) -> Proof {
    let comparison = Comparison {
        at: Time(0),
        mode: Mode::Copy,
        source_objects: 10,
        source_bytes: 100,
        destination_objects: 10 - missing,
        equal_by_etag: 10 - missing,
        equal_by_digest: 0,
        equal_by_content: 0,
        unverified: 0,
        equal_by_size: 0,
        unproven: 0,
        missing,
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

/// Runs every migration below `version`, as a process of that time did, and then `rows`.
pub async fn previous_schema(scratch: &Scratch, version: i64, rows: &'static str) {
    let migrator = sqlx::migrate::Migrator::new(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"));
    let mut migrator = migrator.await.unwrap();
    migrator.migrations.to_mut().retain(|migration| migration.version < version);
    if scratch.url.starts_with("sqlite:") {
        let url = format!("{}?mode=rwc", scratch.url);
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        migrator.run(&mut connection).await.unwrap();
        sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
    } else {
        let mut connection = sqlx::PgConnection::connect(&scratch.url).await.unwrap();
        migrator.run(&mut connection).await.unwrap();
        sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
    }
}
