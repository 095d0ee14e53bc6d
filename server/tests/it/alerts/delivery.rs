//! Evaluation, outbox and receivers, against a receiver over HTTP and moto's SNS.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use db::NewRun;
use engine::{
    alerts::Debounce,
    notify::{Secret, sign},
};
use logyard::{
    config::{self, Config, Format},
    connections::{receivers::Receivers, sinks::Sinks, stores::Stores},
    tasks::{
        alerts::{Alerts, Context, Rhythm},
        leased::Started,
    },
};
use model::{Outcome, Pipeline, Run, RunSource, Time};
use serde_json::{Value, json};
use testing::{Span as _, eventually, eventually_async, seen, within};
use tokio::net::TcpListener;

use crate::{
    support::moto::Moto,
    support::server::{TestServer, pipeline},
};

const SECRET: &str = "a secret of both sides";

/// One request to the receiver.
#[derive(Clone, Debug)]
pub struct Heard {
    pub delivery: String,
    signature: Option<String>,
    pub body: String,
}

/// A webhook receiver on loopback: gives the configured answers and records every request.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    heard: Mutex<Vec<Heard>>,
    /// The next answers, the last first; after them, success. `None`: no answer ever.
    answers: Mutex<Vec<Option<StatusCode>>>,
}

impl Receiver {
    /// `answers`: the next ones, the last first.
    pub async fn listen(answers: Vec<Option<StatusCode>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/path", listener.local_addr().unwrap());
        let inner = Arc::new(Inner { answers: Mutex::new(answers), ..Inner::default() });
        let router = Router::new().fallback(take).with_state(Arc::clone(&inner));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, inner }
    }

    /// Waits for `count` requests; returns all.
    pub async fn heard(&self, count: usize) -> Vec<Heard> {
        let heard = || seen(self.inner.heard.lock().unwrap().clone(), |heard| heard.len() >= count);
        eventually(format!("the webhook receives {count} messages"), within(150.secs()), heard).await
    }

    pub fn webhook(&self) -> config::Webhook {
        config::Webhook {
            name: "ops".to_owned(),
            url: self.url.parse().unwrap(),
            format: Format::Json,
            secret: Some(Secret::new(SECRET.to_owned())),
            allow_private: true,
            ca: None,
        }
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let delivery = header("x-logyard-delivery").unwrap_or_default();
    inner.heard.lock().unwrap().push(Heard { delivery, signature: header("x-logyard-signature"), body });
    let answer = inner.answers.lock().unwrap().pop();
    match answer {
        Some(None) => std::future::pending().await,
        Some(Some(status)) => status,
        None => StatusCode::NO_CONTENT,
    }
}

/// The usual rhythm with short intervals.
fn quick() -> Rhythm {
    Rhythm {
        evaluate: Duration::from_millis(50),
        deliver: Duration::from_millis(50),
        hold: Duration::from_millis(500),
        again: Duration::from_millis(20),
        debounce: Some(Debounce { open_unknown_after_ms: 0, resolve_after_ms: 0 }),
    }
}

pub async fn alerts(server: &TestServer, holder: &str) -> Started {
    let config = &server.app.config;
    let stores = Stores::connect(config).await;
    Alerts::start(&Context {
        db: server.app.db.clone(),
        sinks: Sinks::new(&config.sinks),
        receivers: Receivers::open(&config.alerts, &stores, Some("https://logyard.example.com".to_owned())).await,
        config: Arc::clone(config),
        holder: holder.into(),
        hub: None,
        rhythm: quick(),
    })
}

async fn server_notifying(receiver: &Receiver) -> TestServer {
    server_notifying_of(receiver, pipeline()).await
}

pub async fn server_notifying_of(receiver: &Receiver, pipeline: Pipeline) -> TestServer {
    let webhook = receiver.webhook();
    TestServer::with(|config: &mut Config| {
        config.alerts.webhooks = vec![webhook];
        config.pipelines = vec![pipeline];
    })
    .await
}

/// Records a run of the pipeline `api` over this object, begun now.
async fn ran(server: &TestServer, key: &str, outcome: Outcome) {
    let (db, pipeline) = (&server.app.db, pipeline().name);
    db.follow(&pipeline, "shipper", 60_000).await.unwrap().unwrap();
    let run = Run {
        id: db.new_run_id(),
        pipeline: Some(pipeline.clone()),
        source: RunSource::Logyard,
        request_id: None,
        job: None,
        outcome,
        reason: "As its figures say.".to_owned(),
        started_at: db.now(),
        duration_ms: 0,
        memory_mb: None,
        invocation: None,
        store: Some("demo".parse().unwrap()),
        bucket: Some("logs".parse().unwrap()),
        key: Some(key.parse().unwrap()),
        etag: None,
        size: Some(9),
        summary: None,
        logged: None,
        accepted: None,
    };
    let run = NewRun { run, sink: "file".parse().unwrap(), window: None };
    assert!(db.record_followed(&pipeline, "shipper", &[run]).await.unwrap());
}

pub fn told(heard: &Heard) -> Value {
    serde_json::from_str(&heard.body).unwrap()
}

/// Waits until the answer of the API is as described; returns it.
pub async fn until(server: &TestServer, path: &str, what: impl Fn(&Value) -> bool) -> Value {
    server.json_once(path, what).await
}

#[tokio::test(flavor = "multi_thread")]
async fn alert_is_delivered_once_signed_and_later_resolved() {
    let receiver = Receiver::listen(Vec::new()).await;
    let server = server_notifying(&receiver).await;
    let (one, two) = (alerts(&server, "one").await, alerts(&server, "two").await);
    ran(&server, "logs/a", Outcome::Suspicious).await;

    let heard = receiver.heard(1).await.remove(0);
    let (signature, message) = (heard.signature.clone().unwrap(), told(&heard));
    let at = signature["t=".len()..].split(',').next().unwrap().parse::<i64>().unwrap();
    let secret = Secret::new(SECRET.to_owned());
    assert_eq!(signature, sign(&secret, Time(at * 1_000), heard.body.as_bytes()));
    assert_eq!((&message["what"], &message["alert"]["kind"]), (&json!("opened"), &json!("suspicious")), "{message}");
    assert_eq!(message["alert"]["keys"], json!(["logs/a"]));
    assert_eq!(message["delivery"], json!(heard.delivery));
    let link = message["link"].as_str().unwrap();
    assert!(link.starts_with("https://logyard.example.com/pipelines/api?from=20"), "{link}");

    // Shipped again, and whole.
    ran(&server, "logs/a", Outcome::Delivered).await;
    ran(&server, "logs/b", Outcome::Delivered).await;
    let heard = receiver.heard(2).await;
    let message = told(&heard[1]);
    assert_eq!((&message["what"], &message["alert"]["state"]), (&json!("resolved"), &json!("resolved")));
    assert_ne!(heard[0].delivery, heard[1].delivery);
    let id = message["alert"]["id"].as_str().unwrap();
    until(&server, "/api/v1/deliveries", |log| log["items"].as_array().unwrap().len() == 2).await;
    assert_eq!(server.json(&format!("/api/v1/alerts/{id}")).await["state"], "resolved");
    let refused = server.post(&format!("/api/v1/alerts/{id}/acknowledge"), &json!({})).await;
    assert_eq!(refused.status(), 409);
    one.stop().await;
    two.stop().await;
    assert_eq!(receiver.heard(2).await.len(), 2, "by two processes each was told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_delivery_is_retried_under_the_same_id() {
    let receiver = Receiver::listen(vec![Some(StatusCode::BAD_GATEWAY), Some(StatusCode::FOUND)]).await;
    let server = server_notifying(&receiver).await;
    let alerts = alerts(&server, "one").await;
    ran(&server, "logs/a", Outcome::Suspicious).await;
    let heard = receiver.heard(3).await;
    assert!(heard.iter().all(|again| again.delivery == heard[0].delivery));
    let log = until(&server, "/api/v1/deliveries", |log| log["items"].as_array().unwrap().len() == 3).await;
    let attempts: Vec<_> =
        log["items"].as_array().unwrap().iter().map(|item| (&item["attempt"], &item["status"])).collect();
    let expected = [(&json!(3), &json!(204)), (&json!(2), &json!(502)), (&json!(1), &json!(302))];
    assert_eq!(attempts, expected);
    assert_eq!(log["items"][0]["error"], Value::Null);
    assert!(log["items"][2]["error"].as_str().unwrap().contains("redirects are not followed"), "{log}");
    assert!(!log.to_string().contains("/hooks/path"), "the path of a webhook may be its secret");
    alerts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_delivery_is_finished_by_the_next_process() {
    let receiver = Receiver::listen(vec![None]).await;
    let server = server_notifying(&receiver).await;
    let first = alerts(&server, "one").await;
    ran(&server, "logs/a", Outcome::Suspicious).await;
    let unanswered = receiver.heard(1).await.remove(0);
    // Cut off in the middle of the request: nothing of the attempt is recorded, as if it had been killed.
    first.stop().await;
    let log = server.json("/api/v1/deliveries").await;
    assert_eq!(log["items"], json!([]));
    let second = alerts(&server, "two").await;
    let heard = receiver.heard(2).await;
    assert_eq!(
        (&heard[1].delivery, &told(&heard[1])["alert"]["id"]),
        (&unanswered.delivery, &told(&unanswered)["alert"]["id"])
    );
    let log = until(&server, "/api/v1/deliveries", |log| log["items"].as_array().unwrap().len() == 1).await;
    assert_eq!(log["items"][0]["attempt"], 2);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_pipeline_is_unknown_and_silence_is_kept() {
    let server = TestServer::with(|config| {
        let source = model::Location { bucket: "gone".parse().unwrap(), ..pipeline().source };
        config.pipelines = vec![Pipeline { follow: true, source, ..pipeline() }];
    })
    .await;
    let alerts = alerts(&server, "one").await;
    let follower = crate::reprocess::follower::follower(&server, "one").await;
    let list =
        until(&server, "/api/v1/alerts?pipeline=api&state=open", |list| list["items"].as_array().unwrap().len() == 1)
            .await;
    assert_eq!(list["items"][0]["kind"], "unknown", "{list}");
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();

    let acknowledged = server.post(&format!("/api/v1/alerts/{id}/acknowledge"), &json!({})).await;
    assert_eq!(acknowledged.status(), 200);
    let past = json!({"until": "2020-01-01T00:00:00Z"});
    assert_eq!(server.post(&format!("/api/v1/alerts/{id}/silence"), &past).await.status(), 422);
    let until_then = Time(server.app.db.now().0 + 3_600_000).to_string();
    let silenced = server.post(&format!("/api/v1/alerts/{id}/silence"), &json!({"until": until_then})).await;
    assert_eq!(silenced.json::<Value>().await.unwrap()["state"], "silenced");
    let before = server.app.db.evaluated_at().await.unwrap();
    let next = || async { seen(server.app.db.evaluated_at().await.unwrap(), |at| *at != before) };
    eventually_async("another evaluation", within(2.mins()), next).await;
    assert_eq!(server.json(&format!("/api/v1/alerts/{id}")).await["silenced_until"], json!(until_then));
    follower.stop().await;
    alerts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn test_delivery_reaches_receiver_and_refuses_private_addresses() {
    let receiver = Receiver::listen(Vec::new()).await;
    let (ops, inside) = (receiver.webhook(), receiver.webhook());
    let inside = config::Webhook { name: "inside".to_owned(), allow_private: false, ..inside };
    let slack = config::Webhook { name: "chat".to_owned(), format: Format::Slack, secret: None, ..receiver.webhook() };
    let server = TestServer::with(|config| config.alerts.webhooks = vec![ops, inside, slack]).await;
    let test = async |name: &str| {
        let response = server.post(&format!("/api/v1/webhooks/{name}/test"), &json!({})).await;
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, notice) = test("ops").await;
    assert_eq!(
        (status, &notice["what"], &notice["status"], &notice["error"]),
        (200, &json!("test"), &json!(204), &Value::Null)
    );
    let (_, notice) = test("inside").await;
    assert!(notice["error"].as_str().unwrap().contains("which is this machine"), "{notice}");
    test("chat").await;
    let heard = receiver.heard(2).await;
    assert_eq!(heard.len(), 2, "the one inside was not asked");
    assert!(told(&heard[1])["text"].is_string() && heard[1].signature.is_none(), "Slack's shape: {heard:?}");
    let (status, problem) = test("nobody").await;
    assert_eq!(status, 404, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("`ops`"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sns_subscribers_receive_the_alert() {
    let moto = Moto::start();
    let arn = moto
        .python(
            "arn = sns.create_topic(Name='alerts')['TopicArn']\n\
             url = sqs.create_queue(QueueName='told')['QueueUrl']\n\
             queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']\n\
             sns.subscribe(TopicArn=arn, Protocol='sqs', Endpoint=queue)\n\
             print(arn)",
        )
        .await;
    let topic = config::Topic {
        name: "pager".to_owned(),
        arn: arn.parse().unwrap(),
        endpoint_url: Some(moto.url.clone()),
        store: "demo".parse().unwrap(),
    };
    let server = TestServer::with(|config| config.alerts.topics = vec![topic]).await;
    let alerts = alerts(&server, "one").await;
    ran(&server, "logs/a", Outcome::Suspicious).await;
    let log = until(&server, "/api/v1/deliveries", |log| log["items"].as_array().unwrap().len() == 1).await;
    assert_eq!(log["items"][0]["error"], Value::Null, "{log}");
    alerts.stop().await;
    let received = moto
        .python(
            "url = sqs.get_queue_url(QueueName='told')['QueueUrl']\n\
             print(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)['Messages'][0]['Body'])",
        )
        .await;
    let envelope: Value = serde_json::from_str(&received).unwrap();
    assert_eq!(envelope["Subject"], "Logyard: api suspicious opened");
    let message: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
    assert_eq!(message["alert"]["pipeline"], "api", "{envelope}");
    assert_eq!(envelope["MessageAttributes"]["kind"]["Value"], "suspicious");
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeat_is_sent_only_while_alerts_are_evaluated() {
    let receiver = Receiver::listen(Vec::new()).await;
    let heartbeat =
        config::Heartbeat { url: receiver.url.parse().unwrap(), every: Duration::from_millis(1), allow_private: true };
    let server = TestServer::with(|config| config.alerts.heartbeat = Some(heartbeat)).await;
    // Another process evaluates, and this one says nothing.
    assert!(server.app.db.acquire(db::task::EVALUATE, db::task::ALL, "another", 60_000).await.unwrap());
    let beating = alerts(&server, "one").await;
    server.json("/api/v1/alerts").await;
    assert!(receiver.inner.heard.lock().unwrap().is_empty());
    server.app.db.release(db::task::EVALUATE, db::task::ALL, "another").await.unwrap();
    let heard = receiver.heard(2).await;
    assert!(heard.iter().all(|ping| ping.body.is_empty() && ping.signature.is_none()));
    beating.stop().await;
}
