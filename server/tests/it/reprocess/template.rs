//! The index template of a sink: by the command, by the page of a pipeline and by the API, against a double.

use engine::ship::sink::Settings;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::cluster::TestCluster;
use crate::{
    http::pages::{leads_to, page, send},
    support::{process::logyard, server::TestServer},
};

#[path = "../../../engine/tests/it/ship/cluster.rs"]
#[expect(dead_code, reason = "one without simulation is for the engine's tests")]
mod cluster;

#[tokio::test(flavor = "multi_thread")]
async fn page_compares_template_and_puts_it() {
    let cluster = TestCluster::start().await;
    let url = format!("{}/elb/_bulk", cluster.url());
    let server = TestServer::with(move |config| {
        config.sinks[0].settings = Settings::new(url.parse().unwrap());
    })
    .await;
    assert!(page(&server, "/pipelines/api").await.contains("/pipelines/api/template"));
    let before = page(&server, "/pipelines/api/template").await;
    assert!(before.contains("not there") && before.contains("OpenSearch 2.19.6"), "{before}");
    assert_eq!(cluster.puts(), 0, "looking changes nothing");
    assert_eq!(leads_to(&send(&server, "put_template", "pipeline=api").await), "/pipelines/api/template");
    let after = page(&server, "/pipelines/api/template").await;
    assert!(after.contains("as wanted") && !after.contains("Put the template"), "{after}");
    let found = server.json("/api/v1/pipelines/api/template").await;
    assert_eq!((&found["state"], &found["template"]), (&json!("same"), &json!("logyard-file")));
    let again: Value = server.post("/api/v1/pipelines/api/template", &json!({})).await.json().await.unwrap();
    assert_eq!((&again["state"], cluster.puts()), (&json!("same"), 1), "put once");
}

#[tokio::test(flavor = "multi_thread")]
async fn sink_without_indexes_has_no_template() {
    let server = TestServer::open().await;
    assert!(!page(&server, "/pipelines/api").await.contains("/pipelines/api/template"));
    let refused = server.get("/api/v1/pipelines/api/template").await;
    assert_eq!(refused.status(), 409);
    assert!(refused.text().await.unwrap().contains("has no index"));
}

#[tokio::test(flavor = "multi_thread")]
async fn command_shows_compares_and_puts() {
    let cluster = TestCluster::start().await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("logyard.toml");
    let config = format!(
        "[[stores]]\nname = 'aws'\n[[sinks]]\nname = 'search'\nurl = '{}/_bulk'\nindex = 'elb-{{date}}'\n[[sinks]]\n\
         name = 'log'\nurl = 'tcp://127.0.0.1:5000'\n[[pipelines]]\nname = 'api'\nsource = 's3://logs/'\nsink = 'search'\n",
        cluster.url()
    );
    std::fs::write(&file, config).unwrap();
    let run = async |arguments: &'static [&'static str]| {
        let mut command = logyard();
        command.args(["--config", file.to_str().unwrap(), "template"]).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), text)
    };
    let (code, shown) = run(&["--sink", "search", "--show"]).await;
    let body: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((code, &body["index_patterns"]), (0, &json!(["elb-*"])));
    let (code, said) = run(&["--pipeline", "api"]).await;
    assert!(code == 1 && said.contains("logyard-search, OpenSearch 2.19.6: the cluster does not have it"), "{said}");
    let (code, said) = run(&["--sink", "search", "--put"]).await;
    assert!(code == 0 && said.contains("the cluster has it now"), "{said}");
    let (code, json) = run(&["--sink", "search", "--diff", "--json"]).await;
    assert_eq!((code, serde_json::from_str::<Value>(&json).unwrap()["state"].clone()), (0, json!("same")));
    assert_eq!(cluster.puts(), 1);
    let (code, said) = run(&["--sink", "log"]).await;
    assert!(code == 2 && said.contains("names no index"), "{said}");
    let (code, said) = run(&["--sink", "logs"]).await;
    assert!(code == 2 && said.contains("`search`, `log`"), "{said}");
}
