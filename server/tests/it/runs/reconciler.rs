//! Reconciliation: objects not processed, failed or delivered twice; and how a gap is closed.

use db::NewRun;
use logyard::{
    connections::stores::Stores,
    tasks::reconciler::{Context, Reconciler},
};
use model::{Function, Key, Outcome, Pipeline, Reconciliation, Run, Time};
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    runs::health::{invoked, record},
    support::server::{TestServer, pipeline},
};

const MINUTE_MS: i64 = 60_000;

/// A pipeline shipped by a function, whose runs the tests record.
pub fn lambda() -> Pipeline {
    let (log_group, region, logs_endpoint_url) = ("/aws/lambda/api".to_owned(), None, None);
    let function = Function { log_group, region, logs_endpoint_url, timeout_s: 1 };
    Pipeline { function: Some(function), every_s: Some(1), ..pipeline() }
}

async fn server() -> TestServer {
    TestServer::with(|config| config.pipelines = vec![lambda()]).await
}

pub async fn context(server: &TestServer) -> Context {
    Context {
        db: server.app.db.clone(),
        stores: Stores::connect(&server.app.config).await,
        holder: "one".into(),
        lease_ms: 15_000,
        pipelines: server.app.config.pipelines.clone(),
    }
}

/// Puts a log object of this many minutes ago; returns its key.
pub async fn deliver(server: &TestServer, minutes: i64, name: &str, records: usize) -> Key {
    let at = Time(server.app.db.now().0 - minutes * MINUTE_MS);
    let (date, clock) = (at.date(), at.clock());
    let key = format!(
        "AWSLogs/1/elasticloadbalancing/eu-west-1/{}/1_elasticloadbalancing_eu-west-1_api_{}T{}Z_10.0.0.1_{name}.log",
        date.replace('-', "/"),
        date.replace('-', ""),
        clock[..5].replace(':', "")
    );
    let record = format!(
        "{date}T{clock}.000001Z api 10.0.0.9:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
         \"GET http://api.example.com:80/{name} HTTP/1.1\" \"curl/8.0\" - -\n"
    );
    server.s3.put("logs", &key, record.repeat(records)).await.unwrap();
    key.parse().unwrap()
}

/// A run over an object, without its size and `ETag`, as functions report it.
pub fn over(server: &TestServer, minutes: i64, key: &Key, outcome: Outcome) -> NewRun {
    let new = invoked(server, minutes, outcome);
    let summary = new.run.summary.filter(|_| outcome == Outcome::Sent);
    let run = Run { key: Some(key.clone()), outcome, started_at: server.app.db.now(), summary, ..new.run };
    NewRun { run, ..new }
}

/// Reconciles until the result is as described; returns it.
pub async fn until(server: &TestServer, context: Context, what: impl Fn(&Reconciliation) -> bool) -> Reconciliation {
    let probe = || async {
        let began = server.app.db.now();
        let one = Reconciler::start(context.clone()); // its first round begins at once
        let new = |found: &Option<Reconciliation>| {
            found.as_ref().is_some_and(|found| found.listed_at >= began || found.error.is_some())
        };
        let read = || async {
            let found = server.json("/api/v1/pipelines/api/reconciliation").await;
            seen(serde_json::from_value(found).unwrap(), new)
        };
        let found = eventually_async("a new reconciliation", within(1.mins()), read).await.unwrap();
        one.stop().await;
        for interval in &found.intervals {
            let gaps = interval.never + interval.failed + interval.partial;
            assert_eq!(interval.objects, interval.whole + gaps, "{interval:?}");
        }
        seen(found, &what)
    };
    eventually_async("the reconciliation is as expected", within(2.mins()), probe).await
}

fn sum(found: &Reconciliation) -> [u64; 6] {
    let of = |count: fn(&model::Reconciled) -> u64| found.intervals.iter().map(count).sum();
    [of(|i| i.objects), of(|i| i.whole), of(|i| i.never), of(|i| i.failed), of(|i| i.partial), of(|i| i.twice)]
}

#[tokio::test(flavor = "multi_thread")]
async fn reconciliation_finds_gaps_and_reprocess_closes_them() {
    let server = server().await;
    let mut keys = Vec::new();
    for name in ["whole", "twice", "failed", "never"] {
        keys.push(deliver(&server, 10, name, 1).await);
    }
    // Its first run makes the reconciler count the objects.
    let first = invoked(&server, 60, Outcome::Sent);
    let runs = [first, over(&server, 1, &keys[0], Outcome::Sent), over(&server, 2, &keys[2], Outcome::TimedOut)];
    record(&server, &runs).await;
    record_as(&server, "a", &over(&server, 3, &keys[1], Outcome::Sent)).await;
    record_as(&server, "b", &over(&server, 4, &keys[1], Outcome::Sent)).await;
    // What nobody handled is counted once it is old enough to be missed; it waits until then.
    let context = context(&server).await;
    let found = until(&server, context.clone(), |found| {
        assert!(found.oldest_unhandled.is_some() && [3, 4].contains(&sum(found)[0]), "{found:?}");
        sum(found)[0] == 4
    })
    .await;
    assert_eq!(sum(&found), [4, 2, 1, 1, 0, 1]);
    assert_eq!((found.gap_count, found.error.clone()), (2, None));
    let mut gaps: Vec<&str> = found.gaps.iter().map(|gap| gap.key.as_str()).collect();
    gaps.sort_unstable();
    let mut missing = [keys[2].as_str(), keys[3].as_str()];
    missing.sort_unstable();
    assert_eq!(gaps, missing);
    // What the runs did not know of their objects they know now.
    let run = server.json(&format!("/api/v1/runs?key={}", keys[0])).await;
    assert!(run["items"][0]["etag"].is_string() && run["items"][0]["size"].as_u64().unwrap() > 50, "{run}");

    let runner = server.runner().await;
    let response = server.post("/api/v1/pipelines/api/reprocess-gaps", &json!({})).await;
    assert_eq!(response.status(), 202);
    let job: Value = response.json().await.unwrap();
    let mut asked: Vec<&str> =
        job["spec"]["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    asked.sort_unstable();
    assert_eq!(asked, missing, "exactly these");
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    server.json_once(&path, |job| job["state"] == "succeeded").await;
    assert_eq!(server.received().len(), 2);
    runner.stop().await;
    let found = until(&server, context, |found| found.gap_count == 0).await;
    assert_eq!((sum(&found), found.oldest_unhandled), ([4, 4, 0, 0, 0, 1], None), "delivered after all");
    let response = server.post("/api/v1/pipelines/api/reprocess-gaps", &json!({})).await;
    assert_eq!(response.status(), 409, "there is nothing left to do");
}

/// Records a second run over the same key, of another origin.
pub async fn record_as(server: &TestServer, pipeline: &str, new: &NewRun) {
    let (db, origin) = (&server.app.db, pipeline.parse().unwrap());
    db.follow(&origin, "test", 60_000).await.unwrap().unwrap();
    assert!(db.record_followed(&origin, "test", std::slice::from_ref(new)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn unlistable_bucket_is_unknown_not_empty() {
    let server = server().await;
    let key = deliver(&server, 10, "only", 1).await;
    record(&server, &[invoked(&server, 60, Outcome::Sent), over(&server, 1, &key, Outcome::TimedOut)]).await;
    let there = context(&server).await;
    let before = until(&server, there.clone(), |_| true).await;
    assert_eq!((sum(&before)[..4].to_vec(), &before.error), (vec![1, 0, 0, 1], &None));

    // The same pipeline, as if its bucket had gone.
    let source = model::Location { bucket: "gone".parse().unwrap(), ..lambda().source };
    let gone = Context { pipelines: vec![Pipeline { source, ..lambda() }], ..there };
    let after = until(&server, gone, |_| true).await;
    assert!(after.error.as_ref().unwrap().contains("gone"), "{:?}", after.error);
    assert_eq!((sum(&after), &after.gaps, after.listed_at), (sum(&before), &before.gaps, before.listed_at));
}

#[tokio::test(flavor = "multi_thread")]
async fn unlisted_pipeline_is_unknown() {
    let server = server().await;
    assert_eq!(server.json("/api/v1/pipelines/api/reconciliation").await, Value::Null);
    let health = server.json("/api/v1/pipelines/api/health").await;
    assert_eq!(health["reconciliation"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn run_with_too_few_records_becomes_suspicious() {
    let server = server().await;
    let mut usual = invoked(&server, 60, Outcome::Sent);
    usual.run.summary.as_mut().unwrap().lines.encountered = 400;
    // Forty objects of 20 kB with 400 lines each; then one as large of which one line was read.
    let known = (0..40).map(|number| {
        let key = format!("AWSLogs/1/known-{number}.log").parse().unwrap();
        let (id, size, etag) = (server.app.db.new_run_id(), Some(20_000), Some("\"e\"".to_owned()));
        let request_id = Some(format!("known-{number}"));
        NewRun { run: Run { id, request_id, key: Some(key), size, etag, ..usual.run.clone() }, ..usual.clone() }
    });
    record(&server, &known.collect::<Vec<_>>()).await;
    let key = deliver(&server, 10, "cut", 150).await;
    let mut cut = over(&server, 1, &key, Outcome::Sent);
    cut.run.summary.as_mut().unwrap().lines.encountered = 1;
    record(&server, &[cut]).await;
    until(&server, context(&server).await, |found| found.gap_count == 1).await;
    let run = server.json(&format!("/api/v1/runs?key={key}")).await["items"][0].clone();
    assert_eq!(run["outcome"], "suspicious", "{run}");
    assert!(run["reason"].as_str().unwrap().contains("usually hold about"), "{run}");
}

/// Sent again, all that was delivered of it would be there twice.
#[tokio::test(flavor = "multi_thread")]
async fn unparsable_record_leaves_its_object_complete() {
    let server = server().await;
    record(&server, &[invoked(&server, 60, Outcome::Sent)]).await;
    let key = deliver(&server, 10, "odd", 1).await;
    let good = server.s3.read("logs", key.as_str()).await.unwrap().unwrap();
    server.s3.put("logs", key.as_str(), [&good[..], b"no record\n"].concat()).await.unwrap();
    let context = context(&server).await;
    until(&server, context.clone(), |found| found.gap_count == 1).await;
    let runner = server.runner().await;
    let response = server.post("/api/v1/pipelines/api/reprocess-gaps", &json!({})).await;
    let job: Value = response.json().await.unwrap();
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let job = server.json_once(&path, |job| job["state"] == "succeeded").await;
    assert_eq!((&job["proof"]["excepted"], &job["proof"]["quarantined"]), (&json!(1), &json!(1)), "{job}");
    let found = until(&server, context, |found| found.gap_count == 0).await;
    let excepted: u64 = found.intervals.iter().map(|interval| interval.excepted).sum();
    assert_eq!((sum(&found), excepted), ([1, 1, 0, 0, 0, 0], 1), "complete but for one record");
    let response = server.post("/api/v1/pipelines/api/reprocess-gaps", &json!({})).await;
    assert_eq!((response.status().as_u16(), server.received().len()), (409, 1), "there is nothing to send again");
    runner.stop().await;
}

/// A balancer delivers minutes after the end that the name tells: the first interval of a pipeline that is followed since
/// just now is missing like any other, if nothing ships it.
#[tokio::test(flavor = "multi_thread")]
async fn interval_named_before_following_is_missed_too() {
    let followed = Pipeline { follow: true, every_s: Some(1), ..pipeline() };
    let server = TestServer::with(move |config| config.pipelines = vec![followed]).await;
    let name = "api".parse().unwrap();
    server.app.db.follow(&name, "somebody", 600_000).await.unwrap().unwrap();
    let key = deliver(&server, 20, "late", 1).await;
    let found = until(&server, context(&server).await, |found| found.gap_count == 1).await;
    assert_eq!(found.gaps[0].key, key.as_str());
    assert_eq!(sum(&found), [1, 0, 1, 0, 0, 0]);
}
