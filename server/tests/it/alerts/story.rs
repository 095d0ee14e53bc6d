//! From a function's log to a webhook, by real processes: boto3 fills the log group in moto, Logyard
//! finds moto by `AWS_ENDPOINT_URL` alone, notifies the webhook, is killed, and resumes.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    alerts::delivery::Receiver,
    runs::log_reader::{GROUP, WORDS},
    support::moto::Moto,
    support::process::{TestProcess, logyard},
};

/// A configuration without an endpoint of AWS.
fn configuration(folder: &Path, hook: &str) -> std::path::PathBuf {
    let file = folder.join("logyard.toml");
    let text = format!(
        "[runner]\nlease_ms = 3000\n[[stores]]\nname = \"aws\"\nregion = \"us-east-1\"\npath_style = true\n\
         [[sinks]]\nname = \"file\"\nurl = \"file:{}\"\n\
         [[pipelines]]\nname = \"api\"\nsource = \"s3://logs\"\nsink = \"file\"\nlog_group = {GROUP:?}\n\
         [[webhooks]]\nname = \"ops\"\nurl = {hook:?}\nallow_private = true\n",
        folder.join("out.ndjson").display()
    );
    std::fs::write(&file, text).unwrap();
    file
}

fn start(config: &Path, folder: &Path, moto: &Moto) -> TestProcess {
    let mut command = logyard();
    command.env("AWS_ENDPOINT_URL", &moto.url);
    TestProcess::start_as(command, config, &folder.join("data"))
}

/// Waits for `count` items of the answer; returns them.
async fn items(server: &TestProcess, path: &str, count: usize) -> Vec<Value> {
    let probe = || async {
        let answer: Value = reqwest::get(format!("{}{path}", server.url)).await.unwrap().json().await.unwrap();
        let items = answer["items"].as_array().unwrap().clone();
        assert!(items.len() <= count, "{items:?}");
        seen(items, |items| items.len() == count)
    };
    eventually_async(format!("{count} items of {path}"), within(5.mins()), probe).await
}

#[tokio::test(flavor = "multi_thread")]
async fn webhook_receives_alert_once_despite_sigkill() {
    let (moto, receiver, folder) = (Moto::start(), Receiver::listen(Vec::new()).await, TempDir::new().unwrap());
    let config = configuration(folder.path(), &receiver.url);
    let fill = "s3.create_bucket(Bucket='logs')\n\
                put('/aws/lambda/api-prod-elb', 'one', succeed('11111111-1111-4111-8111-111111111111', 'a.log'))\n\
                put('/aws/lambda/api-prod-elb', 'two', succeed('22222222-2222-4222-8222-222222222222', 'b.log', 20,\n\
                    (10, 10, 0)))";
    moto.python(&format!("{WORDS}\n{fill}")).await;

    let server = start(&config, folder.path(), &moto);
    let runs = items(&server, "/api/v1/runs", 2).await;
    let outcome = |key: &str| runs.iter().find(|run| run["key"] == key).unwrap()["outcome"].clone();
    assert_eq!((outcome("a.log"), outcome("b.log")), ("sent".into(), "suspicious".into()), "{runs:?}");
    let heard = receiver.heard(1).await;
    let message: Value = serde_json::from_str(&heard[0].body).unwrap();
    assert_eq!((&message["alert"]["pipeline"], &message["alert"]["kind"]), (&"api".into(), &"suspicious".into()));
    server.kill();

    let more = "put('/aws/lambda/api-prod-elb', 'three', succeed('33333333-3333-4333-8333-333333333333', 'c.log', 5))";
    moto.python(&format!("{WORDS}\n{more}")).await;
    let server = start(&config, folder.path(), &moto);
    let runs = items(&server, "/api/v1/runs", 3).await;
    assert_eq!(runs.iter().filter(|run| run["outcome"] == "suspicious").count(), 1, "{runs:?}");
    let alerts = items(&server, "/api/v1/alerts", 1).await;
    let deliveries: Vec<_> = receiver.heard(1).await.into_iter().map(|heard| heard.delivery).collect();
    let opened = deliveries.iter().filter(|delivery| **delivery == deliveries[0]).count();
    // Killed between the answer and its record, it may say the same again, under the same id.
    assert!(deliveries.len() == opened, "{deliveries:?} of {alerts:?}");
    assert!(server.terminate().await.success());
}
