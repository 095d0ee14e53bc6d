//! Backfills: the log of a window read again as a job, stopped and gone on with, and proven by its end.

use std::num::NonZeroU32;

use model::{Job, Proof, State, Time, Window};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    runs::log_reader::{GROUP, WORDS, shipped_by},
    runs::log_reader_faults::Layer,
    support::moto::Moto,
    support::server::Site,
};

/// A run a minute, from an hour before to an hour after three days ago.
const THREE_DAYS_AGO: &str = "
for n in range(120):
    put(group, 'one', succeed(f'r-{n:03}', f'{n}.log', 3 * 86_400 + 3_600 - n * 60))
";

/// A site with a runner's stores, slow to ask, small pages.
async fn site(moto: &Moto) -> Site {
    let layer = Layer::new(moto, 0.0, 0.1, 50).start().await;
    Site::with(|config| {
        config.pipelines = vec![shipped_by("api", GROUP, &layer)];
        config.logs.requests_per_second = NonZeroU32::new(4).unwrap();
    })
    .await
}

async fn until(site: &Site, job: &Value, what: impl Fn(&Job) -> bool) -> Job {
    let id = job["id"].as_str().unwrap().parse().unwrap();
    let probe = || async {
        let job = seen(site.app.db.job(id).await.unwrap(), &what);
        assert!(!job.as_ref().is_err_and(|job| job.state == State::Failed), "{job:?}");
        job
    };
    eventually_async("the job is as expected", within(2.mins()), probe).await
}

async fn count(site: &Site) -> usize {
    let page = site.json("/api/v1/runs?limit=200").await;
    page["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_read_to_its_end_though_somebody_pauses_in_the_middle() {
    let moto = Moto::start();
    let now = moto.python(&format!("{WORDS}\ngroup = '{GROUP}'\n{THREE_DAYS_AGO}\nprint(now)")).await;
    let middle = Time(now.parse::<i64>().unwrap() - 3 * 86_400_000);
    let site = site(&moto).await;
    let runner = site.runner().await;
    // From r-030 to r-089, which ends after the window does.
    let (from, to) = (Time(middle.0 - 30 * 60_000), Time(middle.0 + 29 * 60_000 + 500));
    let window = Window::new(from, to).unwrap();
    let response = site.post("/api/v1/pipelines/api/backfill", &json!({"from": from, "to": to})).await;
    assert_eq!(response.status(), 202);
    let job: Value = response.json().await.unwrap();
    assert_eq!((&job["kind"], &job["spec"]["pipeline"]), (&json!("backfill"), &json!("api")));

    until(&site, &job, |job| job.progress.done > 0).await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(site.request(Method::POST, &format!("{path}/pause")).send().await.unwrap().status(), 200);
    until(&site, &job, |job| job.state == State::Paused).await;
    let some = count(&site).await;
    assert!((1..60).contains(&some), "{some}");
    assert_eq!(site.get(&path.replace("/api/v1", "")).await.status(), 200);
    assert_eq!(site.request(Method::POST, &format!("{path}/resume")).send().await.unwrap().status(), 200);
    let done = until(&site, &job, |job| job.state == State::Succeeded).await;
    let Some(Proof::Backfilled(proof)) = done.proof else { panic!("{done:?}") };
    assert_eq!((proof.window, proof.runs, count(&site).await), (window, 60, 60));
    let page = site.get(&path.replace("/api/v1", "")).await.text().await.unwrap();
    assert!(page.contains("read to its end"), "{page}");
    let runs = site.json("/api/v1/runs?outcome=sent&limit=200").await;
    let keys: Vec<_> = runs["items"].as_array().unwrap().iter().map(|run| run["key"].as_str().unwrap()).collect();
    assert_eq!((keys.len(), keys[0], keys[59]), (60, "89.log", "30.log"), "each whole");
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_again_is_refused_or_fails_with_its_reason() {
    let moto = Moto::start();
    let site = site(&moto).await;
    let ask = async |body: Value| site.post("/api/v1/pipelines/api/backfill", &body).await;
    let now = site.app.db.now();
    let (hour_ago, hour_ahead) = (Time(now.0 - 3_600_000), Time(now.0 + 3_600_000));
    let ahead = ask(json!({"from": hour_ahead, "to": Time(hour_ahead.0 + 1)})).await;
    assert_eq!(ahead.status(), 422);
    assert_eq!(ahead.json::<Value>().await.unwrap()["field"], "from");
    let other = site.post("/api/v1/pipelines/other/backfill", &json!({"from": hour_ago, "to": now})).await;
    assert_eq!(other.status(), 404);
    let job: Value = ask(json!({"from": hour_ago, "to": hour_ahead})).await.json().await.unwrap();
    let runner = site.runner().await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let probe = || async { seen(site.json(&path).await, |job| job["state"] == "failed") };
    let failed = eventually_async("the job fails", within(2.mins()), probe).await;
    assert_eq!(failed["error"]["code"], "no_log_group", "{failed}");
    runner.stop().await;
}
