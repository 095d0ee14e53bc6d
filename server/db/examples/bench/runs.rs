//! A million runs of twenty pipelines over ninety days, and the queries of each page.

use std::time::Instant;

use db::{Db, INTERVAL_MS, Missing, NewRun, ReconciliationRound, testing::Scratch};
use model::{
    GapKind, Invocation, Key, Outcome as Fared, PipelineName, Run, RunCursor, RunFilter, RunSource, Summary, Time,
    Window,
};

use super::{DAY_MS, Outcome, measure};

const PIPELINES: u64 = 20;
const DAYS: i64 = 90;
const BATCH: u64 = 2_000;
const HOLDER: &str = "bench";

pub async fn bench(scratch: &Scratch, runs: u64) -> Outcome<()> {
    let db = scratch.open().await;
    let started = Instant::now();
    fill(&db, runs).await?;
    println!("\n{}, {runs} runs (recorded in {:.0} s)", db.describe(), started.elapsed().as_secs_f64());
    println!("{:<44} {:>10} {:>10} {:>10}", "", "median ms", "p99 ms", "a second");
    lists(&db).await?;
    charts(&db).await?;
    health(&db).await
}

fn pipeline(number: u64) -> Outcome<PipelineName> {
    Ok(format!("pipeline-{number:02}").parse()?)
}

/// Records runs like a follower: with their sums, in transactions of the lease's holder.
async fn fill(db: &Db, runs: u64) -> Outcome<()> {
    let now = db.now();
    for number in 0..PIPELINES {
        let name = pipeline(number)?;
        db.follow(&name, HOLDER, 3_600_000).await?.ok_or("the pipeline is held")?;
        let of_it = runs / PIPELINES;
        let mut first = 0;
        while first < of_it {
            let batch = first..of_it.min(first + BATCH);
            let batch = batch.map(|index| sample(db, &name, number, index, of_it, now)).collect::<Outcome<Vec<_>>>()?;
            db.record_followed(&name, HOLDER, &batch).await?;
            first += BATCH;
        }
        db.reconcile(&name, HOLDER, 3_600_000).await?.ok_or("the pipeline is held")?;
        db.record_reconciliation(&name, HOLDER, &round(number, now)?, None).await?;
    }
    db::testing::analyze(db).await;
    Ok(())
}

/// Of a hundred runs 96 are delivered, 2 partial, 1 timed out and 1 suspicious; half of the pipelines are functions.
fn sample(db: &Db, name: &PipelineName, number: u64, index: u64, of: u64, now: Time) -> Outcome<NewRun> {
    let random = (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let span = (DAYS * DAY_MS).unsigned_abs();
    let started_at = Time(now.0 - i64::try_from(span - span / of.max(1) * index)?);
    let outcome = match random % 100 {
        0..96 => Fared::Delivered,
        96..98 => Fared::Partial,
        98 => Fared::TimedOut,
        _ => Fared::Suspicious,
    };
    let lambda = number.is_multiple_of(2);
    let lines = 1_000 + random % 50_000;
    let mut summary = Summary { sink: Some("tcp://logs.internal:5000".to_owned()), ..Summary::default() };
    (summary.lines.encountered, summary.lines.parsed) = (lines, lines);
    summary.acknowledged = true;
    summary.lines.acknowledged = if outcome == Fared::Delivered { lines } else { 0 };
    let run = Run {
        id: db.new_run_id(),
        pipeline: Some(name.clone()),
        source: if lambda { RunSource::Lambda } else { RunSource::Logyard },
        request_id: lambda.then(|| format!("{number:08x}-{index:08x}")),
        job: None,
        outcome,
        reason: format!("The sink acknowledged all {lines} events."),
        started_at,
        duration_ms: 500 + random % 60_000,
        memory_mb: Some(80 + random % 100),
        invocation: lambda.then(|| Invocation {
            memory_limit_mb: Some(192),
            billed_ms: Some(500 + random % 60_000),
            attempts: 1,
            ..Invocation::default()
        }),
        store: Some("aws".parse()?),
        bucket: Some("elb-logs".parse()?),
        key: Some(key(number, index)?),
        etag: Some(format!("\"{random:032x}\"")),
        size: Some(4_096 + random % 5_000_000),
        summary: Some(summary),
        logged: None,
        accepted: None,
    };
    Ok(NewRun { run, sink: "logstash".parse()?, window: None })
}

fn key(number: u64, index: u64) -> Outcome<Key> {
    let folder = "AWSLogs/111122223333/elasticloadbalancing/us-east-1/2026/03/09";
    let file = format!("111122223333_elasticloadbalancing_us-east-1_app.shop-{number:02}_{index:08}.log.gz");
    Ok(format!("{folder}/{file}").parse()?)
}

/// Two objects per interval of five minutes, and a gap in every fiftieth interval.
fn round(number: u64, now: Time) -> Outcome<ReconciliationRound> {
    let from = Time((now.0 - DAYS * DAY_MS) / INTERVAL_MS * INTERVAL_MS);
    let mut round = ReconciliationRound { from, ..ReconciliationRound::default() };
    for index in 0..(DAYS * DAY_MS / INTERVAL_MS).unsigned_abs() {
        let start_at = Time(from.0 + i64::try_from(index)? * INTERVAL_MS);
        round.intervals.insert(start_at, db::IntervalCounts { objects: 2, ..db::IntervalCounts::default() });
        if index % 50 == 0 {
            let (key, kind) = (key(number, index)?, if index % 100 == 0 { GapKind::Never } else { GapKind::Failed });
            let (etag, written_at) = (None, Time(start_at.0 + INTERVAL_MS));
            let gap = Missing { key: key.clone(), start_at, etag, size: 700, written_at, kind, run: None };
            round.gaps.insert(key, gap);
        }
    }
    Ok(round)
}

async fn lists(db: &Db) -> Outcome<()> {
    let now = db.now();
    let one = RunFilter { pipeline: Some(pipeline(7)?), ..all() };
    let week = RunFilter { from: Some(Time(now.0 - 40 * DAY_MS)), to: Some(Time(now.0 - 33 * DAY_MS)), ..all() };
    let filters = [
        ("first page", all()),
        ("a pipeline", one.clone()),
        ("an outcome", RunFilter { outcomes: vec![Fared::TimedOut], ..all() }),
        ("an outcome that never was", RunFilter { outcomes: vec![Fared::Crashed], ..all() }),
        ("three outcomes", RunFilter { outcomes: vec![Fared::Suspicious, Fared::TimedOut, Fared::Crashed], ..all() }),
        ("a pipeline, an outcome", RunFilter { outcomes: vec![Fared::Suspicious], ..one.clone() }),
        ("a pipeline, an outcome that never was", RunFilter { outcomes: vec![Fared::Crashed], ..one.clone() }),
        (
            "a pipeline, three outcomes",
            RunFilter { outcomes: vec![Fared::Crashed, Fared::TimedOut, Fared::Unknown], ..one },
        ),
        ("a key", RunFilter { key: Some(key(7, 1_000)?), ..all() }),
        ("a key that never was", RunFilter { key: Some("no/such/key".parse()?), ..all() }),
        ("a request id", RunFilter { request_id: Some(format!("{:08x}-{:08x}", 6, 1_000)), ..all() }),
        ("a week", week.clone()),
        ("a week, a pipeline", RunFilter { pipeline: Some(pipeline(7)?), ..week.clone() }),
        ("a week, an outcome that never was", RunFilter { outcomes: vec![Fared::Crashed], ..week.clone() }),
        (
            "a week, everything: nothing",
            RunFilter { outcomes: vec![Fared::Crashed, Fared::Unknown], pipeline: Some(pipeline(3)?), ..week },
        ),
    ];
    for (name, filter) in &filters {
        measure(&format!("runs: {name}"), async || Ok(db.runs(filter, None, 50).await?)).await?;
    }
    let middle = RunFilter { to: Some(Time(now.0 - 45 * DAY_MS)), ..all() };
    let middle: Option<RunCursor> = db.runs(&middle, None, 1).await?.items.first().map(Run::cursor);
    measure("runs: after half a million", async || Ok(db.runs(&all(), middle, 50).await?)).await?;
    if let Some(RunCursor { id, .. }) = middle {
        measure("run, with what it rests on", async || Ok(db.run(id).await?)).await?;
    }
    Ok(())
}

async fn charts(db: &Db) -> Outcome<()> {
    let now = db.now();
    let last = |ms: i64| Window::new(Time(now.0 - ms), Time(now.0 + 1));
    let one = RunFilter { pipeline: Some(pipeline(6)?), ..all() };
    for (name, filter, window) in [
        ("an hour", all(), last(DAY_MS / 24)?),
        ("a day", all(), last(DAY_MS)?),
        ("a day, a pipeline", one.clone(), last(DAY_MS)?),
        ("a day, an outcome", RunFilter { outcomes: vec![Fared::Suspicious], ..all() }, last(DAY_MS)?),
        ("a week", all(), last(7 * DAY_MS)?),
        ("30 days", all(), last(30 * DAY_MS)?),
        ("90 days", all(), last(90 * DAY_MS)?),
        ("90 days, a pipeline", one.clone(), last(90 * DAY_MS)?),
        ("90 days, a key", RunFilter { key: Some(key(7, 1_000)?), ..all() }, last(90 * DAY_MS)?),
    ] {
        measure(&format!("chart: {name}"), async || Ok(db.run_sums(&filter, window, 96).await?)).await?;
    }
    let hour = last(DAY_MS / 24)?;
    measure("tile: last hour", async || Ok(db.run_totals(&one, hour).await?)).await?;
    let name = pipeline(6)?;
    measure("tile: last run", async || Ok(db.last_run(&name).await?)).await?;
    let day = last(DAY_MS)?;
    measure("tile: trend of a day", async || Ok(db.run_sums(&one, day, 48).await?)).await
}

async fn health(db: &Db) -> Outcome<()> {
    let now = db.now();
    let (name, one) = (pipeline(6)?, RunFilter { pipeline: Some(pipeline(6)?), ..all() });
    for (days, said) in [(1, "a day"), (7, "a week"), (90, "90 days")] {
        let window = Window::new(Time(now.0 - days * DAY_MS), Time(now.0 + 1))?;
        measure(&format!("health: totals, {said}"), async || Ok(db.run_totals(&one, window).await?)).await?;
        measure(&format!("health: percentiles, {said}"), async || Ok(db.run_measures(&name, window).await?)).await?;
        measure(&format!("health: object outcomes, {said}"), async || {
            Ok(db.object_outcomes(&name, window, 2_000).await?)
        })
        .await?;
        measure(&format!("reconciliation, {said}"), async || Ok(db.reconciliation(&name, window).await?)).await?;
    }
    measure("oldest unhandled", async || Ok(db.oldest_unhandled(&name).await?)).await
}

fn all() -> RunFilter {
    RunFilter::default()
}
