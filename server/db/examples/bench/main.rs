//! Measures the database with a million jobs and a million runs, on SQLite and PostgreSQL:
//! `cargo run --release -p db --example bench [JOBS] [RUNS]`.
//!
//! Times cover whole calls of [`Db`], as a request makes them: statement, transfer and decoding. PostgreSQL runs with
//! its default durability on a server of its own over a socket; SQLite runs with Logyard's settings.

mod runs;

use std::{env, error::Error, time::Instant};

use db::{
    Db, JobHeartbeat, NewJob, Terms,
    testing::{Cluster, Durability, Scratch, Software, fill},
};
use model::{CloneSpec, Filter, JobId, Progress, Selection, Spec, State, StoreName, Time};
use tokio::task::JoinSet;

const WORKERS: usize = 8;
const CLAIMS: usize = 2_000;
const BEATS: usize = 250;
const DAY_MS: i64 = 24 * 3_600_000;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let many = |argument| env::args().nth(argument).map_or(Ok(1_000_000), |many| many.parse());
    let (jobs, runs) = (many(1)?, many(2)?);
    if jobs > 0 {
        bench(&Scratch::sqlite(), jobs).await?;
    }
    if runs > 0 {
        runs::bench(&Scratch::sqlite(), runs).await?;
    }
    let cluster = Cluster::own(Software::Postgres, Durability::Full);
    if jobs > 0 {
        bench(&Scratch::within(&cluster).await, jobs).await?;
    }
    if runs > 0 {
        runs::bench(&Scratch::within(&cluster).await, runs).await?;
    }
    Ok(())
}

async fn bench(scratch: &Scratch, jobs: u64) -> Outcome<()> {
    let db = scratch.open().await;
    let started = Instant::now();
    fill(&db, jobs).await?;
    println!("\n{}, {jobs} jobs (inserted in {:.0} s)", db.describe(), started.elapsed().as_secs_f64());
    println!("{:<44} {:>10} {:>10} {:>10}", "", "median ms", "p99 ms", "a second");
    lists(&db).await?;
    work(scratch, &db).await
}

/// Measures lists one after the other, as a page requests them.
async fn lists(db: &Db) -> Outcome<()> {
    let now = db.now();
    let month = Filter { from: Some(Time(now.0 - 60 * DAY_MS)), to: Some(Time(now.0 - 30 * DAY_MS)), ..all() };
    let filters = [
        ("first page", all()),
        ("one state", states(&[State::Failed])),
        ("three states", states(&[State::Failed, State::Cancelled, State::Paused])),
        ("author of two jobs in five", Filter { author: Some("engineer-00".to_owned()), ..all() }),
        ("author who never was", Filter { author: Some("nobody".to_owned()), ..all() }),
        ("store", Filter { store: Some("aws".parse()?), ..all() }),
        ("bucket", Filter { bucket: Some("bucket-017".parse()?), ..all() }),
        (
            "bucket, author",
            Filter { bucket: Some("bucket-017".parse()?), author: Some("engineer-07".to_owned()), ..all() },
        ),
        (
            "bucket, author, store, state: nothing",
            Filter {
                bucket: Some("bucket-017".parse()?),
                author: Some("engineer-00".to_owned()),
                store: Some("elsewhere".parse()?),
                ..states(&[State::Succeeded])
            },
        ),
        ("a month", month.clone()),
        ("a month, store, state", Filter { store: Some("aws".parse()?), states: vec![State::Failed], ..month.clone() }),
        ("text in the newest 50,000: nothing", Filter { text: Some("no such text".to_owned()), ..all() }),
        ("text in a month: nothing", Filter { text: Some("no such text".to_owned()), ..month.clone() }),
        ("text in a month: a full page", Filter { text: Some("LOGS/07".to_owned()), ..month }),
    ];
    for (name, filter) in &filters {
        measure(&format!("page: {name}"), async || Ok(db.jobs(filter, None, 50).await?)).await?;
    }
    let middle = db.jobs(&Filter { to: Some(Time(now.0 - 180 * DAY_MS)), ..all() }, None, 1).await?;
    let middle: Option<JobId> = middle.items.first().map(|job| job.id);
    measure("page: after half a million", async || Ok(db.jobs(&all(), middle, 50).await?)).await?;
    for (name, filter) in &filters {
        measure(&format!("count: {name}"), async || Ok(db.count(filter).await?)).await?;
    }
    measure("counts", async || Ok(db.counts().await?)).await?;
    measure("active", async || Ok(db.active(20).await?)).await?;
    measure("recently ended", async || Ok(db.recently_ended(&[], None, 10).await?)).await?;
    let week = Some(Time(now.0 - 7 * DAY_MS));
    measure("recently ended, failed", async || Ok(db.recently_ended(&[State::Failed], week, 10).await?)).await?;
    measure("changed", async || Ok(db.changed(Time(now.0 - 3_000), 500).await?)).await?;
    if let Some(id) = middle {
        measure("job", async || Ok(db.job(id).await?)).await?;
    }
    Ok(())
}

fn all() -> Filter {
    Filter::default()
}

fn states(states: &[State]) -> Filter {
    Filter { states: states.to_vec(), ..all() }
}

/// Measures inserts, claims and heartbeats, the last two with eight concurrent workers: tasks of one server on SQLite,
/// separate servers on PostgreSQL.
async fn work(scratch: &Scratch, db: &Db) -> Outcome<()> {
    let location = |bucket: &str| -> Outcome<_> {
        Ok(model::Location { store: "aws".parse()?, bucket: bucket.parse()?, prefix: "".parse()? })
    };
    let spec = Spec::Clone(CloneSpec {
        source: location("assets")?,
        destination: location("copy")?,
        mode: model::Mode::Copy,
        dry_run: false,
        name: None,
        selection: Selection::default(),
        fidelity: model::Fidelity::default(),
        limits: model::Limits::default(),
        plan: None,
        report: None,
        consent: None,
    });
    let new = || NewJob { spec: spec.clone(), author: "operator".to_owned(), idempotency: None };
    report("insert", timed(CLAIMS, async || Ok(db.insert(new()).await?)).await?, 1);
    let mut stores = vec![db.clone(); WORKERS];
    if scratch.url.starts_with("postgres") {
        for store in &mut stores {
            *store = scratch.open().await;
        }
    }
    let mut workers: JoinSet<Outcome<Vec<f64>>> = stores.iter().cloned().map(claims).collect();
    report("claim, 8 workers", together(&mut workers).await?, WORKERS);
    let running = db.jobs(&states(&[State::Running]), None, u32::try_from(WORKERS)?).await?.items;
    let mut workers: JoinSet<Outcome<Vec<f64>>> =
        stores.into_iter().zip(running).map(|(store, job)| beats(store, job.id)).collect();
    report("heartbeat, 8 workers", together(&mut workers).await?, WORKERS);
    Ok(())
}

async fn claims(db: Db) -> Outcome<Vec<f64>> {
    let limits: [(StoreName, u32); 1] = [("aws".parse()?, u32::MAX)];
    let terms = Terms { holder: "worker", lease_ms: 3_600_000, limits: &limits };
    let mut times = Vec::new();
    for _ in 0..CLAIMS / WORKERS {
        let started = Instant::now();
        db.claim(&terms).await?.ok_or("no job left to claim")?;
        times.push(milliseconds(started));
    }
    Ok(times)
}

async fn beats(db: Db, id: JobId) -> Outcome<Vec<f64>> {
    let progress = Progress::default();
    let mut times = Vec::new();
    for _ in 0..BEATS {
        let beat =
            JobHeartbeat { id, attempt: 1, lease_ms: 3_600_000, progress: &progress, checkpoint: "{}", history: &[] };
        let started = Instant::now();
        db.heartbeat(&beat).await?.ok_or("the lease is lost")?;
        times.push(milliseconds(started));
    }
    Ok(times)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

/// Collects the times of all workers, in milliseconds.
async fn together(workers: &mut JoinSet<Outcome<Vec<f64>>>) -> Outcome<Vec<f64>> {
    let mut all = Vec::new();
    while let Some(times) = workers.join_next().await {
        all.extend(times??);
    }
    Ok(all)
}

async fn timed<T>(times: usize, mut run: impl AsyncFnMut() -> Outcome<T>) -> Outcome<Vec<f64>> {
    let mut all = Vec::with_capacity(times);
    for _ in 0..times {
        let started = Instant::now();
        run().await?;
        all.push(milliseconds(started));
    }
    Ok(all)
}

/// Measures after ten warm-up runs.
async fn measure<T>(name: &str, mut run: impl AsyncFnMut() -> Outcome<T>) -> Outcome<()> {
    timed(10, &mut run).await?;
    report(name, timed(100, &mut run).await?, 1);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a handful of workers, a few thousand times")]
fn report(name: &str, mut times: Vec<f64>, workers: usize) {
    times.sort_unstable_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    println!("{name:<44} {:>10.2} {:>10.2} {:>10.0}", at(50), at(99), 1_000.0 / mean * workers as f64);
}
