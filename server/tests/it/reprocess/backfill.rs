//! Backfills: a job that reads the log of a window again, can be paused, and ends with a proof.

use std::num::NonZeroU32;

use model::{Job, Proof, State, Time, Window};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    runs::log_reader::{GROUP, WORDS, shipped_by},
    runs::log_reader_faults::Layer,
    support::moto::Moto,
    support::server::TestServer,
};

/// A run a minute, from an hour before to an hour after three days ago.
const THREE_DAYS_AGO: &str = "
for n in range(120):
    put(group, 'one', succeed(f'r-{n:03}', f'{n}.log', 3 * 86_400 + 3_600 - n * 60))
";

/// A server that reads the log slowly and in small pages.
async fn server(moto: &Moto) -> TestServer {
    let layer = Layer::new(moto, 0.0, 0.1, 50).start().await;
    TestServer::with(|config| {
        config.pipelines = vec![shipped_by("api", GROUP, &layer)];
        config.logs.requests_per_second = NonZeroU32::new(4).unwrap();
    })
    .await
}

async fn until(server: &TestServer, job: &Value, what: impl Fn(&Job) -> bool) -> Job {
    let id = job["id"].as_str().unwrap().parse().unwrap();
    let probe = || async {
        let job = seen(server.app.db.job(id).await.unwrap(), &what);
        assert!(!job.as_ref().is_err_and(|job| job.state == State::Failed), "{job:?}");
        job
    };
    eventually_async("the job is as expected", within(2.mins()), probe).await
}

async fn count(server: &TestServer) -> usize {
    let page = server.json("/api/v1/runs?limit=200").await;
    page["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_backfill_reads_its_whole_window() {
    let moto = Moto::start();
    let now = moto.python(&format!("{WORDS}\ngroup = '{GROUP}'\n{THREE_DAYS_AGO}\nprint(now)")).await;
    let middle = Time(now.parse::<i64>().unwrap() - 3 * 86_400_000);
    let server = server(&moto).await;
    let runner = server.runner().await;
    // From r-030 to r-089, which ends after the window does.
    let (from, to) = (Time(middle.0 - 30 * 60_000), Time(middle.0 + 29 * 60_000 + 500));
    let window = Window::new(from, to).unwrap();
    let response = server.post("/api/v1/pipelines/api/backfill", &json!({"from": from, "to": to})).await;
    assert_eq!(response.status(), 202);
    let job: Value = response.json().await.unwrap();
    assert_eq!((&job["kind"], &job["spec"]["pipeline"]), (&json!("backfill"), &json!("api")));

    until(&server, &job, |job| job.progress.done > 0).await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(server.request(Method::POST, &format!("{path}/pause")).send().await.unwrap().status(), 200);
    until(&server, &job, |job| job.state == State::Paused).await;
    let some = count(&server).await;
    assert!((1..60).contains(&some), "{some}");
    assert_eq!(server.get(&path.replace("/api/v1", "")).await.status(), 200);
    assert_eq!(server.request(Method::POST, &format!("{path}/resume")).send().await.unwrap().status(), 200);
    let done = until(&server, &job, |job| job.state == State::Succeeded).await;
    let Some(Proof::Backfilled(proof)) = done.proof else { panic!("{done:?}") };
    assert_eq!((proof.window, proof.runs, count(&server).await), (window, 60, 60));
    let page = server.get(&path.replace("/api/v1", "")).await.text().await.unwrap();
    assert!(page.contains("read to the end"), "{page}");
    let runs = server.json("/api/v1/runs?outcome=sent&limit=200").await;
    let keys: Vec<_> = runs["items"].as_array().unwrap().iter().map(|run| run["key"].as_str().unwrap()).collect();
    assert_eq!((keys.len(), keys[0], keys[59]), (60, "89.log", "30.log"), "each whole");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn impossible_backfill_fails_with_reason() {
    let moto = Moto::start();
    let server = server(&moto).await;
    let ask = async |body: Value| server.post("/api/v1/pipelines/api/backfill", &body).await;
    let now = server.app.db.now();
    let (hour_ago, hour_ahead) = (Time(now.0 - 3_600_000), Time(now.0 + 3_600_000));
    let ahead = ask(json!({"from": hour_ahead, "to": Time(hour_ahead.0 + 1)})).await;
    assert_eq!(ahead.status(), 422);
    assert_eq!(ahead.json::<Value>().await.unwrap()["field"], "from");
    let other = server.post("/api/v1/pipelines/other/backfill", &json!({"from": hour_ago, "to": now})).await;
    assert_eq!(other.status(), 404);
    let job: Value = ask(json!({"from": hour_ago, "to": hour_ahead})).await.json().await.unwrap();
    let runner = server.runner().await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let probe = || async { seen(server.json(&path).await, |job| job["state"] == "failed") };
    let failed = eventually_async("the job fails", within(2.mins()), probe).await;
    assert_eq!(failed["error"]["code"], "no_log_group", "{failed}");
    runner.stop().await;
}
