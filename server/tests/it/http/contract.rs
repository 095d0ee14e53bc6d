//! Compares the `OpenAPI` description with the router, in both directions.

use std::collections::BTreeSet;

use logyard::config;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{http::roles::routes, support::server::TestServer};

fn described(description: &Value) -> BTreeSet<(String, String)> {
    let paths = description["paths"].as_object().unwrap();
    let methods = |(path, methods): (&String, &Value)| -> Vec<_> {
        methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())).collect()
    };
    paths.iter().flat_map(methods).collect()
}

#[tokio::test]
async fn openapi_matches_routes_in_both_directions() {
    let server = TestServer::with(|config| {
        let (url, format) = ("http://127.0.0.1:9/".parse().unwrap(), config::Format::Json);
        let (name, secret) = ("demo".to_owned(), None);
        config.alerts.webhooks = vec![config::Webhook { name, url, format, secret, allow_private: false, ca: None }];
    })
    .await;
    let description = server.json("/api/v1/openapi.json").await;
    let routed: BTreeSet<_> = routes().into_iter().filter(|(_, path)| path.contains("/v1")).collect();
    assert_eq!(described(&description), routed);

    let (job, run) = server.job_that_left_everything().await;
    let alert = server.alert().await;
    let reported = json!({"source": "s3://source", "destination": "s3://target", "report": {}});
    let reported: Value = server.post("/api/v1/clones", &reported).await.json().await.unwrap();
    server.agent_reports("theirs").await;
    for (number, (method, path)) in described(&description).into_iter().enumerate() {
        // A schedule of its own for each, as one of them is deleted.
        let id = if path.contains("schedules") { server.schedule(&number.to_string()).await } else { job.clone() };
        let id = if path.contains("/runs/") { run.clone() } else { id };
        let id = if path.ends_with("/report") { reported["id"].as_str().unwrap().to_owned() } else { id };
        let id = if path.contains("/alerts/") { alert.clone() } else { id };
        let name = if path.contains("pipelines") { "api" } else { "demo" };
        let path = path.replace("{id}", &id).replace("{name}", name).replace("{table}", "theirs");
        let response = server.request(Method::from_bytes(method.as_bytes()).unwrap(), &path).send().await.unwrap();
        // A handler's refusal of an empty body or a state is an answer; a missing route or method is none.
        assert!(![404, 405, 500].contains(&response.status().as_u16()), "{method} {path}: {}", response.status());
    }
}

#[tokio::test]
async fn openapi_references_resolve() {
    let server = TestServer::open().await;
    let description = server.json("/api/v1/openapi.json").await;
    let mut references = Vec::new();
    collect(&description, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => (),
    }
}

/// A job has every described field, and no other.
#[tokio::test]
async fn job_has_the_fields_in_openapi() {
    let server = TestServer::open().await;
    let description = server.json("/api/v1/openapi.json").await;
    let job = serde_json::to_value(server.clone_number(1).await).unwrap();
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let schema = |name: &str| fields(&description["components"]["schemas"][name]["properties"]);
    assert_eq!(fields(&job), schema("Job"));
    let mut of_a_clone = schema("Progress");
    assert!(of_a_clone.remove("lines"), "of a reprocess only");
    assert_eq!(fields(&job["progress"]), of_a_clone);
    let schedule = server.json(&format!("/api/v1/schedules/{}", server.schedule("nightly").await)).await;
    let mut of_a_schedule = schema("Schedule");
    assert!(of_a_schedule.remove("verify_cron"), "left out where there is none");
    assert_eq!(fields(&schedule), of_a_schedule);
    let run = server.json(&format!("/api/v1/runs/{}", server.job_that_left_everything().await.1)).await;
    let mut of_a_view = schema("Run");
    of_a_view.extend(fields(&description["components"]["schemas"]["RunView"]["allOf"][1]["properties"]));
    assert_eq!(fields(&run), of_a_view);
    assert_eq!(fields(&server.json("/api/v1/runs").await["items"][0]), schema("Run"));
    let alert = server.json(&format!("/api/v1/alerts/{}", server.alert().await)).await;
    assert_eq!(fields(&alert), schema("Alert"));
    server.agent_reports("theirs").await;
    let view = server.json("/api/v1/syncs/theirs").await;
    assert_eq!(fields(&view), schema("SyncView"));
    assert_eq!(fields(&view["sync"]), schema("SyncStatus"));
    assert_eq!(fields(&view["minutes"][0]), schema("SyncMinute"));
    assert_eq!(fields(&view["sync"]["verified"]), schema("Verified"));
    let report = serde_json::to_value(model::SyncReport::default()).unwrap();
    assert_eq!(fields(&report), schema("SyncReport"));
    let pipelines = server.json("/api/v1/pipelines").await;
    assert_eq!(fields(&pipelines["items"][0]), schema("PipelineStatus"));
    let index = server.json("/api/v1").await;
    assert_eq!(index["limits"]["body_bytes"], json!(65_536));
    assert_eq!(index["endpoints"].as_array().unwrap().len(), described(&description).len());
}
