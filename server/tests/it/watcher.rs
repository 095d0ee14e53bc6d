//! Log groups of functions, filled in moto by boto3, and read by watchers: each invocation is a run, once, and a group
//! that cannot be read is never taken for one that is silent.

use std::time::Duration;

use logyard::{
    config::Config,
    groups::LogGroups,
    stores::Stores,
    watcher::{Context, Watcher},
};
use model::{Function, Pipeline, PipelineName};
use serde_json::{Value, json};

use crate::{
    moto::Moto,
    site::{Site, pipeline},
};

pub const GROUP: &str = "/aws/lambda/api-prod-elb";

/// `put(group, stream, [(seconds ago, text)])` logs lines; `succeed(request, key)` are those of a run without a fault.
pub const WORDS: &str = r#"
import time
now = int(time.time() * 1000)
def put(group, stream, lines):
    try:
        logs.create_log_group(logGroupName=group)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    try:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    events = [{'timestamp': now - int(ago * 1000), 'message': text} for ago, text in lines]
    answer = logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    assert not answer.get('rejectedLogEventsInfo'), answer
def summary(encountered, parsed, sent, created=4):
    none = {'total': 0, 'lastFew': []}
    return json.dumps({'lines': {'encountered': encountered, 'parsed': parsed, 'sent': sent},
                       'connections': {'created': created, 'destroyed': created},
                       'failures': {'parsing': none, 'sending': none}}, indent=4)
def begin(request, key, ago):
    return [(ago, f'START RequestId: {request} Version: $LATEST\n'),
            (ago, f'2026-01-01T00:00:00.000Z\t{request}\tRetrieving ELK log file from S3 bucket/key specified in the '
                  f'initiating event. Bucket: [logs], Key: [{key}]\n')]
def end(request, ago):
    return [(ago, f'END RequestId: {request}\n'),
            (ago, f'REPORT RequestId: {request}\tDuration: 1500.25 ms\tBilled Duration: 1600 ms\tMemory Size: 192 MB\t'
                  'Max Memory Used: 165 MB\t\n')]
def succeed(request, key, ago=30, figures=(10, 10, 10)):
    said = f'2026-01-01T00:00:01.000Z\t{request}\tAll processing complete. Summary follows\n'
    told = f'2026-01-01T00:00:01.000Z\t{request}\t{summary(*figures)}\n'
    return begin(request, key, ago) + [(ago - 1.4, said), (ago - 1.4, told)] + end(request, ago - 1.5)
"#;

/// A pipeline whose function logs to a group at moto.
pub fn shipped_by(name: &str, group: &str, endpoint: &str) -> Pipeline {
    let function = Function {
        log_group: group.to_owned(),
        region: Some("us-east-1".to_owned()),
        logs_endpoint_url: Some(endpoint.to_owned()),
        timeout_s: 60,
    };
    Pipeline { name: name.parse().unwrap(), function: Some(function), ..pipeline() }
}

pub async fn site(endpoint: &str) -> Site {
    let pipeline = shipped_by("api", GROUP, endpoint);
    Site::with(|config| config.pipelines = vec![pipeline]).await
}

pub async fn watcher(site: &Site, holder: &str) -> Watcher {
    watcher_as(site, &site.app.config, holder).await
}

pub async fn watcher_as(site: &Site, config: &Config, holder: &str) -> Watcher {
    let groups = LogGroups::new(config, &Stores::connect(config).await);
    Watcher::start(Context { store: site.app.store.clone(), groups, holder: holder.into() })
}

/// The runs of a query, as soon as they are as described.
pub async fn until_runs(site: &Site, query: &str, what: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    loop {
        let page = site.json(&format!("/api/v1/runs?{query}")).await;
        let items = page["items"].as_array().unwrap();
        if what(items) {
            return items.clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn watching(site: &Site, what: impl Fn(&store::Watching) -> bool) -> store::Watching {
    let name: PipelineName = "api".parse().unwrap();
    loop {
        if let Some(watching) = site.app.store.watching(&name).await.unwrap()
            && what(&watching)
        {
            return watching;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn put(moto: &Moto, script: &str) {
    moto.python(&format!("{WORDS}\ngroup = '{GROUP}'\n{script}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_logged_is_a_run_with_its_outcome() {
    let moto = Moto::start();
    put(&moto, "put(group, 'one', succeed('r-1', 'AWSLogs/a b+é.log'))").await;
    let site = site(&moto.url).await;
    let watcher = watcher(&site, "one").await;
    let run = until_runs(&site, "pipeline=api", |runs| runs.len() == 1).await.remove(0);
    assert_eq!((&run["source"], &run["request_id"]), (&json!("lambda"), &json!("r-1")));
    assert_eq!((&run["outcome"], &run["memory_mb"]), (&json!("sent"), &json!(165)), "{run}");
    assert_eq!((&run["bucket"], &run["key"]), (&json!("logs"), &json!("AWSLogs/a b+é.log")));
    assert_eq!(run["duration_ms"], 1500);
    assert!(run["reason"].as_str().unwrap().contains("10"), "{run}");
    // As the function logged it: without what it does not know of.
    let none = json!({"total": 0, "lastFew": []});
    let logged = json!({
        "lines": {"encountered": 10, "parsed": 10, "sent": 10},
        "connections": {"created": 4, "destroyed": 4},
        "failures": {"parsing": none, "sending": none},
    });
    assert_eq!(run["summary"], logged);
    put(&moto, "put(group, 'one', succeed('r-2', 'b.log', 5, (10, 10, 0)))").await;
    until_runs(&site, "outcome=suspicious", |runs| runs.len() == 1 && runs[0]["request_id"] == "r-2").await;
    watcher.stop().await;
}
