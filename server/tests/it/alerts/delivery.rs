//! From what goes wrong to who is told: evaluation, outbox and receivers, against a receiver over HTTP and moto's SNS.

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
    tasks::alerts::{Alerts, Context, Rhythm},
};
use model::{Outcome, Pipeline, Run, RunSource, Time};
use serde_json::{Value, json};
use testing::{Span as _, eventually, eventually_async, seen, within};
use tokio::net::TcpListener;

use crate::{
    support::moto::Moto,
    support::server::{Site, pipeline},
};

const SECRET: &str = "a secret of both sides";

/// One request to the receiver.
#[derive(Clone, Debug)]
pub struct Heard {
    pub delivery: String,
    signature: Option<String>,
    pub body: String,
}

/// A webhook's receiver on loopback: answers as it is told to, and remembers what it heard.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    heard: Mutex<Vec<Heard>>,
    /// The answers to come; then it takes what it gets. `None`: it never answers.
    answers: Mutex<Vec<Option<StatusCode>>>,
}

impl Receiver {
    /// `answers`: those to come, the last first.
    pub async fn listen(answers: Vec<Option<StatusCode>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/path", listener.local_addr().unwrap());
        let inner = Arc::new(Inner { answers: Mutex::new(answers), ..Inner::default() });
        let router = Router::new().fallback(take).with_state(Arc::clone(&inner));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, inner }
    }

    /// As soon as there are so many.
    pub async fn heard(&self, count: usize) -> Vec<Heard> {
        let heard = || seen(self.inner.heard.lock().unwrap().clone(), |heard| heard.len() >= count);
        eventually(format!("the webhook receives {count} messages"), within(150.secs()), heard).await
    }

    fn webhook(&self) -> config::Webhook {
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

/// As usual, but for how long things take.
fn quick() -> Rhythm {
    Rhythm {
        evaluate: Duration::from_millis(50),
        deliver: Duration::from_millis(50),
        hold: Duration::from_millis(500),
        again: Duration::from_millis(20),
        debounce: Some(Debounce { open_unknown_after_ms: 0, resolve_after_ms: 0 }),
        ..Rhythm::default()
    }
}

pub async fn alerts(site: &Site, holder: &str) -> Alerts {
    let config = &site.app.config;
    let stores = Stores::connect(config).await;
    Alerts::start(&Context {
        db: site.app.db.clone(),
        sinks: Sinks::new(&config.sinks),
        receivers: Receivers::open(&config.alerts, &stores, Some("https://logyard.example.com".to_owned())).await,
        config: Arc::clone(config),
        holder: holder.into(),
        hub: None,
        rhythm: quick(),
    })
}

async fn site_telling(receiver: &Receiver) -> Site {
    site_telling_of(receiver, pipeline()).await
}

pub async fn site_telling_of(receiver: &Receiver, pipeline: Pipeline) -> Site {
    let webhook = receiver.webhook();
    Site::with(|config: &mut Config| {
        config.alerts.webhooks = vec![webhook];
        config.pipelines = vec![pipeline];
    })
    .await
}

/// Records a run of the pipeline `api` over this object, that began just now.
async fn ran(site: &Site, key: &str, outcome: Outcome) {
    let (db, pipeline) = (&site.app.db, pipeline().name);
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
    };
    let run = NewRun { run, sink: "file".parse().unwrap(), window: None };
    assert!(db.record_followed(&pipeline, "shipper", &[run]).await.unwrap());
}

pub fn told(heard: &Heard) -> Value {
    serde_json::from_str(&heard.body).unwrap()
}

/// What the API says as soon as it is as described.
pub async fn until(site: &Site, path: &str, what: impl Fn(&Value) -> bool) -> Value {
    site.json_once(path, what).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_once_and_signed_and_its_end_is_told_too() {
    let receiver = Receiver::listen(Vec::new()).await;
    let site = site_telling(&receiver).await;
    let (one, two) = (alerts(&site, "one").await, alerts(&site, "two").await);
    ran(&site, "logs/a", Outcome::Suspicious).await;

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
    ran(&site, "logs/a", Outcome::Delivered).await;
    ran(&site, "logs/b", Outcome::Delivered).await;
    let heard = receiver.heard(2).await;
    let message = told(&heard[1]);
    assert_eq!((&message["what"], &message["alert"]["state"]), (&json!("resolved"), &json!("resolved")));
    assert_ne!(heard[0].delivery, heard[1].delivery);
    let id = message["alert"]["id"].as_str().unwrap();
    until(&site, "/api/v1/deliveries", |log| log["items"].as_array().unwrap().len() == 2).await;
    assert_eq!(site.json(&format!("/api/v1/alerts/{id}")).await["state"], "resolved");
    let refused = site.post(&format!("/api/v1/alerts/{id}/acknowledge"), &json!({})).await;
    assert_eq!(refused.status(), 409);
    one.stop().await;
    two.stop().await;
    assert_eq!(receiver.heard(2).await.len(), 2, "by two processes each was told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_down_is_told_when_it_is_up_and_can_tell_the_repeats() {
    let receiver = Receiver::listen(vec![Some(StatusCode::BAD_GATEWAY), Some(StatusCode::FOUND)]).await;
    let site = site_telling(&receiver).await;
    let alerts = alerts(&site, "one").await;
    ran(&site, "logs/a", Outcome::Suspicious).await;
    let heard = receiver.heard(3).await;
    assert!(heard.iter().all(|again| again.delivery == heard[0].delivery));
    let log = until(&site, "/api/v1/deliveries", |log| log["items"].as_array().unwrap().len() == 3).await;
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
async fn what_was_being_told_when_a_process_ended_is_told_by_the_next() {
    let receiver = Receiver::listen(vec![None]).await;
    let site = site_telling(&receiver).await;
    let first = alerts(&site, "one").await;
    ran(&site, "logs/a", Outcome::Suspicious).await;
    let unanswered = receiver.heard(1).await.remove(0);
    // Cut off in the middle of the request: nothing of the attempt is recorded, as if it had been killed.
    first.stop().await;
    let log = site.json("/api/v1/deliveries").await;
    assert_eq!(log["items"], json!([]));
    let second = alerts(&site, "two").await;
    let heard = receiver.heard(2).await;
    assert_eq!(
        (&heard[1].delivery, &told(&heard[1])["alert"]["id"]),
        (&unanswered.delivery, &told(&unanswered)["alert"]["id"])
    );
    let log = until(&site, "/api/v1/deliveries", |log| log["items"].as_array().unwrap().len() == 1).await;
    assert_eq!(log["items"][0]["attempt"], 2);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_nobody_can_look_at_is_unknown_and_what_people_do_is_kept() {
    let site = Site::with(|config| {
        let source = model::Location { bucket: "gone".parse().unwrap(), ..pipeline().source };
        config.pipelines = vec![Pipeline { follow: true, source, ..pipeline() }];
    })
    .await;
    let alerts = alerts(&site, "one").await;
    let follower = crate::reprocess::follower::follower(&site, "one").await;
    let list =
        until(&site, "/api/v1/alerts?pipeline=api&state=open", |list| list["items"].as_array().unwrap().len() == 1)
            .await;
    assert_eq!(list["items"][0]["kind"], "unknown", "{list}");
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();

    let acknowledged = site.post(&format!("/api/v1/alerts/{id}/acknowledge"), &json!({})).await;
    assert_eq!(acknowledged.status(), 200);
    let past = json!({"until": "2020-01-01T00:00:00Z"});
    assert_eq!(site.post(&format!("/api/v1/alerts/{id}/silence"), &past).await.status(), 422);
    let until_then = Time(site.app.db.now().0 + 3_600_000).to_string();
    let silenced = site.post(&format!("/api/v1/alerts/{id}/silence"), &json!({"until": until_then})).await;
    assert_eq!(silenced.json::<Value>().await.unwrap()["state"], "silenced");
    let before = site.app.db.evaluated_at().await.unwrap();
    let next = || async { seen(site.app.db.evaluated_at().await.unwrap(), |at| *at != before) };
    eventually_async("another evaluation", within(2.mins()), next).await;
    assert_eq!(site.json(&format!("/api/v1/alerts/{id}")).await["silenced_until"], json!(until_then));
    follower.stop().await;
    alerts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_tried_out_and_one_in_our_own_network_is_refused() {
    let receiver = Receiver::listen(Vec::new()).await;
    let (ops, inside) = (receiver.webhook(), receiver.webhook());
    let inside = config::Webhook { name: "inside".to_owned(), allow_private: false, ..inside };
    let slack = config::Webhook { name: "chat".to_owned(), format: Format::Slack, secret: None, ..receiver.webhook() };
    let site = Site::with(|config| config.alerts.webhooks = vec![ops, inside, slack]).await;
    let test = async |name: &str| {
        let response = site.post(&format!("/api/v1/webhooks/{name}/test"), &json!({})).await;
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
async fn a_topic_is_told_as_its_subscribers_see() {
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
    let site = Site::with(|config| config.alerts.topics = vec![topic]).await;
    let alerts = alerts(&site, "one").await;
    ran(&site, "logs/a", Outcome::Suspicious).await;
    let log = until(&site, "/api/v1/deliveries", |log| log["items"].as_array().unwrap().len() == 1).await;
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
async fn the_heart_beats_only_where_conditions_are_looked_at() {
    let receiver = Receiver::listen(Vec::new()).await;
    let heartbeat =
        config::Heartbeat { url: receiver.url.parse().unwrap(), every: Duration::from_millis(1), allow_private: true };
    let site = Site::with(|config| config.alerts.heartbeat = Some(heartbeat)).await;
    // Another process evaluates, and this one says nothing.
    assert!(site.app.db.hold_evaluation("another", 60_000).await.unwrap());
    let beating = alerts(&site, "one").await;
    site.json("/api/v1/alerts").await;
    assert!(receiver.inner.heard.lock().unwrap().is_empty());
    site.app.db.release_evaluation("another").await.unwrap();
    let heard = receiver.heard(2).await;
    assert!(heard.iter().all(|ping| ping.body.is_empty() && ping.signature.is_none()));
    beating.stop().await;
}
