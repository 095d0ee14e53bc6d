//! Health of pipelines: tiles and figures, computed from sums that are updated with each run.

use db::NewRun;
use model::{Invocation, Outcome, Run, RunSource, Summary, Time, Window};

use crate::support::server::{TestServer, pipeline};

const HOUR_MS: i64 = 3_600_000;

/// A function's run of ten records, this many minutes ago.
pub fn invoked(server: &TestServer, minutes: i64, outcome: Outcome) -> NewRun {
    let db = &server.app.db;
    let mut summary = Summary { sink: Some("tcp://sink".to_owned()), ..Summary::default() };
    (summary.lines.encountered, summary.lines.parsed) = (10, 10);
    summary.lines.sent = if outcome == Outcome::Suspicious { 0 } else { 10 };
    let run = Run {
        id: db.new_run_id(),
        pipeline: Some(pipeline().name),
        source: RunSource::Lambda,
        request_id: Some(format!("request-{minutes}")),
        job: None,
        outcome,
        reason: "as it went".to_owned(),
        started_at: Time(db.now().0 - minutes * 60_000),
        duration_ms: 1_000,
        memory_mb: Some(100),
        invocation: Some(Invocation {
            memory_limit_mb: Some(1_024),
            billed_ms: Some(1_000),
            init_ms: (minutes == 1).then_some(300),
            attempts: 1,
            ..Invocation::default()
        }),
        store: None,
        bucket: None,
        key: Some(format!("k{minutes}").parse().unwrap()),
        etag: None,
        size: None,
        summary: Some(summary),
        logged: None,
        accepted: None,
    };
    NewRun { run, sink: "file".parse().unwrap(), window: None }
}

pub async fn record(server: &TestServer, runs: &[NewRun]) {
    let (db, name) = (&server.app.db, pipeline().name);
    db.follow(&name, "test", 60_000).await.unwrap().unwrap();
    assert!(db.record_followed(&name, "test", runs).await.unwrap());
}

#[tokio::test]
async fn tile_shows_worst_outcome_and_trend() {
    let server = TestServer::open().await;
    let backend = &server.app.backend;
    let day = |server: &TestServer| {
        let now = server.app.db.now().0 + 1;
        Window::new(Time(now - 24 * HOUR_MS), Time(now)).unwrap()
    };
    let [tile] = &backend.list_tiles(day(&server)).await.unwrap()[..] else { panic!("one pipeline, one tile") };
    assert_eq!((tile.worst, tile.sums.runs, tile.last_run.is_none()), (None, 0, true));

    let runs = [(1, Outcome::Sent), (30, Outcome::Suspicious), (61, Outcome::Crashed), (600, Outcome::Sent)];
    record(&server, &runs.map(|(minutes, outcome)| invoked(&server, minutes, outcome))).await;
    let [tile] = &backend.list_tiles(day(&server)).await.unwrap()[..] else { panic!("one pipeline, one tile") };
    assert_eq!(tile.worst, Some(Outcome::Suspicious), "the crash is more than an hour ago");
    assert_eq!((tile.sums.runs, tile.sums.parsed, tile.sums.delivered), (2, 20, 10));
    assert_eq!(tile.trend.iter().map(|sum| sum.runs).sum::<u64>(), 4);
    assert_eq!(tile.last_run.as_ref().unwrap().key.as_ref().unwrap().as_str(), "k1");
}

#[tokio::test]
async fn health_reports_percentiles_and_exact_cost() {
    let server = TestServer::open().await;
    record(&server, &[1, 2, 90].map(|minutes| invoked(&server, minutes, Outcome::Sent))).await;
    let health = server.json("/api/v1/pipelines/api/health").await;
    assert_eq!((&health["runs"], &health["billed_ms"], &health["cold_starts"]), (&3.into(), &3_000.into(), &1.into()));
    assert_eq!((&health["duration_ms"]["p99"], &health["memory_limit_mb"]), (&1_000.into(), &1_024.into()));
    // Three GB-seconds at 16.6667 millionths and three requests at 0.2: 50.6, rounded up once.
    assert_eq!(health["cost"], "0.000051");
    let from = Time(server.app.db.now().0 - HOUR_MS);
    let hour = server.json(&format!("/api/v1/pipelines/api/health?from={from}")).await;
    assert_eq!((&hour["runs"], &hour["billed_ms"]), (&2.into(), &2_000.into()));

    for (query, field) in [
        ("?from=yesterday", "from"),
        ("?since=1", "since"),
        ("?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
    ] {
        let response = server.get(&format!("/api/v1/pipelines/api/health{query}")).await;
        assert_eq!(response.status(), 422, "{query}");
        assert_eq!(crate::http::api::problem(response).await["field"], field);
    }
    assert_eq!(server.get("/api/v1/pipelines/none/health").await.status(), 404);
}

#[tokio::test]
async fn loss_of_small_objects_is_explained_with_figures() {
    let server = TestServer::open().await;
    let runs: Vec<NewRun> = (1..200)
        .map(|minutes| {
            let small = minutes % 20 == 0;
            let new = invoked(&server, minutes, if small { Outcome::Suspicious } else { Outcome::Sent });
            let size = Some(if small { 700 } else { 20_000 + minutes.unsigned_abs() });
            NewRun { run: Run { size, ..new.run }, ..new }
        })
        .collect();
    record(&server, &runs).await;
    let health = server.json("/api/v1/pipelines/api/health").await;
    let sentence = "Objects under 800 B lose everything: 9 of 9; others 0 of 190.";
    assert_eq!(health["losses"][0]["sentence"], sentence, "{health}");
    assert!(health["losses"][0]["p_value"].as_f64().unwrap() < 0.001);
}
