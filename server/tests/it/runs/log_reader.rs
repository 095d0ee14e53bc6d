//! Log readers on log groups that boto3 fills in moto: each invocation is one run, and an unreadable group
//! is never taken for a silent one.

use logyard::{
    config::Config,
    connections::{log_groups::LogGroups, stores::Stores},
    tasks::{
        leased::Started,
        log_reader::{Context, LogReader},
    },
};
use model::{Function, Pipeline, PipelineName};
use serde_json::{Value, json};
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    support::moto::Moto,
    support::server::{TestServer, pipeline},
};

pub const GROUP: &str = "/aws/lambda/api-prod-elb";

/// `put(group, stream, [(seconds ago, text)])` logs lines; `succeed(request, key)` returns those of a successful run.
pub const WORDS: &str = r"
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
";

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

pub async fn server(endpoint: &str) -> TestServer {
    let pipeline = shipped_by("api", GROUP, endpoint);
    TestServer::with(|config| config.pipelines = vec![pipeline]).await
}

pub async fn watcher(server: &TestServer, holder: &str) -> Started {
    watcher_as(server, &server.app.config, holder).await
}

pub async fn watcher_as(server: &TestServer, config: &Config, holder: &str) -> Started {
    let groups = LogGroups::new(config, &Stores::connect(config).await);
    LogReader::start(Context { db: server.app.db.clone(), groups, holder: holder.into(), lease_ms: 15_000 })
}

/// Waits until the runs of a query are as described; returns them.
pub async fn until_runs(server: &TestServer, query: &str, what: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let items = |page: &Value| page["items"].as_array().unwrap().clone();
    items(&server.json_once(&format!("/api/v1/runs?{query}"), |page| what(&items(page))).await)
}

async fn watching(server: &TestServer, what: impl Fn(&db::Watching) -> bool) -> db::Watching {
    let name: PipelineName = "api".parse().unwrap();
    let probe = || async {
        let watching = server.app.db.watching(&name).await.unwrap();
        seen(watching, |watching| watching.as_ref().is_some_and(&what))
    };
    eventually_async("the log reader is as expected", within(2.mins()), probe).await.unwrap()
}

async fn put(moto: &Moto, script: &str) {
    moto.python(&format!("{WORDS}\ngroup = '{GROUP}'\n{script}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn function_log_becomes_run_with_outcome() {
    let moto = Moto::start();
    put(&moto, "put(group, 'one', succeed('r-1', 'AWSLogs/a b+é.log'))").await;
    let server = server(&moto.url).await;
    let watcher = watcher(&server, "one").await;
    let run = until_runs(&server, "pipeline=api", |runs| runs.len() == 1).await.remove(0);
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
    until_runs(&server, "outcome=suspicious", |runs| runs.len() == 1 && runs[0]["request_id"] == "r-2").await;
    watcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_log_group_is_an_error_until_readable() {
    let moto = Moto::start();
    let server = server(&moto.url).await;
    let watcher = watcher(&server, "one").await;
    let failing = watching(&server, |watching| watching.error.is_some()).await;
    let error = failing.error.unwrap();
    assert!(error.contains("/aws/lambda/api-prod-elb: it does not exist") && error.contains("log_group"), "{error}");
    assert!(failing.failing_since.is_some() && failing.behind_ms > 0, "nothing is known of the day before");
    put(&moto, "put(group, 'one', succeed('r-1', 'a.log'))").await;
    until_runs(&server, "pipeline=api", |runs| runs.len() == 1).await;
    let reading = watching(&server, |watching| watching.error.is_none()).await;
    assert_eq!((reading.failing_since, reading.behind_ms), (None, 0));
    watcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn log_reader_resumes_and_late_lines_correct_runs() {
    let moto = Moto::start();
    put(&moto, "put(group, 'one', begin('r-1', 'a.log', 1_200))").await;
    let server = server(&moto.url).await;
    let first = watcher(&server, "one").await;
    until_runs(&server, "outcome=unknown", |runs| runs.len() == 1).await;
    let second = watcher(&server, "two").await;
    first.stop().await;
    watching(&server, |watching| watching.holder == "two").await;
    // Twenty minutes late: long before the start of a read.
    put(&moto, "put(group, 'one', succeed('r-1', 'a.log', 1_200)[2:])").await;
    let run = until_runs(&server, "pipeline=api", |runs| runs[0]["outcome"] == "sent").await.remove(0);
    assert_eq!(run["key"], "a.log");
    assert_eq!(until_runs(&server, "", |runs| !runs.is_empty()).await.len(), 1);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn run_log_is_paged_and_summarised() {
    let moto = Moto::start();
    put(
        &moto,
        "
noise = [(29, f'2026-01-01T00:00:00.500Z\\tr-1\\tsent record {n} of \"GET /{n}\"\\n') for n in range(300)]
lines = succeed('r-1', 'a.log')
put(group, 'one', succeed('r-0', 'z.log', 40) + lines[:2] + noise + lines[2:] + succeed('r-2', 'b.log', 20))
",
    )
    .await;
    let server = server(&moto.url).await;
    let watcher = watcher(&server, "one").await;
    until_runs(&server, "pipeline=api", |runs| runs.len() == 3).await;
    let run = until_runs(&server, "request_id=r-1", |runs| runs.len() == 1).await.remove(0);
    let path = format!("/api/v1/runs/{}", run["id"].as_str().unwrap());
    let (mut texts, mut after) = (Vec::new(), String::new());
    loop {
        let log = server.json(&format!("{path}/log?limit=150&after={after}")).await;
        let items = log["page"]["items"].as_array().unwrap();
        texts.extend(items.iter().map(|line| line["text"].as_str().unwrap().to_owned()));
        assert_eq!((&log["lines"], &log["whole"]), (&json!(306), &json!(true)), "{log}");
        assert_eq!(log["templates"][0]["count"], 300);
        assert_eq!(log["templates"][0]["text"], "… … sent record … of \"…\"");
        match log["page"]["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(texts.len(), 306);
    assert!(
        texts[0].starts_with("START RequestId: r-1") && texts[305].starts_with("REPORT RequestId: r-1"),
        "{texts:?}"
    );
    assert!((0..300).all(|n| texts[2 + n].contains(&format!("record {n} "))), "each once, in order");

    let view = server.json(&path).await;
    assert_eq!(view["summary"]["lines"]["sent"], 10);
    assert!(view["evidence"].as_array().unwrap().iter().any(|line| line["text"].as_str().unwrap().contains("REPORT")));
    let beside: Vec<_> = view["beside"].as_array().unwrap().iter().map(|run| run["request_id"].clone()).collect();
    assert_eq!(beside, [json!("r-0"), json!("r-2")]);
    let console = view["console"].as_str().unwrap();
    assert!(console.contains("log-group/$252Faws$252Flambda$252Fapi-prod-elb/log-events/one$3Fstart$3D"), "{console}");
    assert_eq!(server.get(&format!("{path}/log?after=here")).await.status(), 422);
    watcher.stop().await;
}
