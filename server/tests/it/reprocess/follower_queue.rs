//! A pipeline with a queue, against S3, SNS and SQS of moto: each notified object is shipped once, and its message is
//! deleted afterwards, not before.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use engine::ship::{queue::Queue, sink::Settings};
use logyard::{config::Config, connections::stores::Stores};
use model::{Pipeline, QueueUrl};
use serde_json::Value;
use testing::{Span as _, eventually, seen, within};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::{
    reprocess::follower::{follower, follower_that_holds, until},
    support::moto::Moto,
    support::server::{TestServer, pipeline},
};

/// Creates a bucket and a queue; the bucket sends a message for each object under `direct/`.
const SETUP: &str = "
s3.create_bucket(Bucket='logs')
url = sqs.create_queue(QueueName='elb-logs')['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
rule = {'Key': {'FilterRules': [{'Name': 'prefix', 'Value': 'direct/'}]}}
s3.put_bucket_notification_configuration(Bucket='logs', NotificationConfiguration={'QueueConfigurations': [
    {'QueueArn': arn, 'Events': ['s3:ObjectCreated:*'], 'Filter': rule}]})
print(url)
";

/// `deliver(key)` writes a log with one record, `told(bucket, key)` returns the notification that S3 would send.
const WORDS: &str = r#"
import datetime, urllib.parse
url = sqs.get_queue_url(QueueName='elb-logs')['QueueUrl']
def deliver(key):
    now = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%fZ')
    s3.put_object(Bucket='logs', Key=key, Body=f'{now} api 10.0.0.9:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 '
        '200 0 29 "GET http://api.example.com:80/ HTTP/1.1" "curl/8.0" - -\n')
def told(bucket, key):
    return json.dumps({'Records': [{'eventName': 'ObjectCreated:Put', 's3': {
        'bucket': {'name': bucket}, 'object': {'key': urllib.parse.quote_plus(key)}}}]})
def send(body):
    sqs.send_message(QueueUrl=url, MessageBody=body)
"#;

struct QueueSetup {
    moto: Moto,
    server: TestServer,
}

impl QueueSetup {
    async fn lay() -> Self {
        Self::lay_with(|_| ()).await
    }

    async fn lay_with(change: impl FnOnce(&mut Config)) -> Self {
        let moto = Moto::start();
        let queue: QueueUrl = moto.python(SETUP).await.parse().unwrap();
        let server = TestServer::with(|config| {
            config.stores[0].endpoint_url = Some(moto.url.clone());
            config.stores[0].region = Some("us-east-1".to_owned());
            config.pipelines = vec![Pipeline { follow: true, sqs_queue_url: Some(queue), ..pipeline() }];
            change(config);
        });
        Self { server: server.await, moto }
    }

    async fn python(&self, script: &str) {
        self.moto.python(&format!("{WORDS}{script}")).await;
    }

    /// Waits until this many messages are left in the queue, including received ones.
    async fn until_messages(&self, count: u64) {
        self.python(&format!(
            "
import time
names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible']
def messages():
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)['Attributes'].values()))
over = time.monotonic() + 60
while messages() != {count}:
    assert time.monotonic() < over, f'never {count} messages; last seen: {{messages()}}'
    time.sleep(0.05)
"
        ))
        .await;
    }
}

/// A receiver that reads events and closes the connection only when allowed: until then, no delivery is confirmed. No
/// real receiver can be told to do so.
#[derive(Clone, Default)]
struct Reluctant {
    willing: Arc<AtomicBool>,
    /// Every event received, repeats included.
    events: Arc<Mutex<Vec<Value>>>,
}

impl Reluctant {
    async fn take(self, listener: TcpListener) {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let Self { willing, events } = self.clone();
            tokio::spawn(async move {
                let mut text = String::new();
                stream.read_to_string(&mut text).await.unwrap();
                events.lock().unwrap().extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
                if !willing.load(SeqCst) {
                    std::future::pending::<()>().await;
                }
            });
        }
    }

    async fn until_sent(&self, times: usize) {
        let sent = || seen(self.events.lock().unwrap().len(), |sent| *sent >= times);
        eventually(format!("the event is sent {times} times"), within(2.mins()), sent).await;
    }
}

fn runs(view: &Value) -> usize {
    view["runs"].as_array().unwrap().len()
}

/// Whether the first listing is over: from then on, only messages announce objects.
fn looked(view: &Value) -> bool {
    view["status"]["following"]["queue"].is_object()
}

#[tokio::test(flavor = "multi_thread")]
async fn notified_objects_ship_once_and_other_messages_stay() {
    let setup = QueueSetup::lay().await;
    let server = &setup.server;
    let follower = follower(server, "one").await;
    until(server, looked).await;
    setup
        .python(
            "
deliver('direct/a b+é.log')
deliver('sns/one.log')
topic = sns.create_topic(Name='logs')['TopicArn']
sns.subscribe(TopicArn=topic, Protocol='sqs',
              Endpoint=sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn'])
sns.publish(TopicArn=topic, Message=told('logs', 'sns/one.log'))
deliver('bridge/a+b.log')
send(json.dumps({'detail-type': 'Object Created', 'source': 'aws.s3',
                 'detail': {'bucket': {'name': 'logs'}, 'object': {'key': 'bridge/a+b.log'}}}))
send(told('logs', 'sns/one.log'))
send('hello')
send(told('other', 'direct/a.log'))
",
        )
        .await;
    let view = until(server, |view| runs(view) == 3 && view["status"]["following"]["queue"]["left"] == 2).await;
    assert!(view["runs"].as_array().unwrap().iter().all(|run| run["outcome"] == "delivered"), "{view}");
    let because = view["status"]["following"]["queue"]["left_because"].as_str().unwrap();
    assert!(because.starts_with("not JSON") || because.contains("does not lie in s3://logs"), "{because}");
    setup.until_messages(2).await;

    setup.python("send(told('logs', 'sns/one.log'))\ndeliver('direct/last.log')").await;
    until(server, |view| runs(view) == 4).await;
    setup.until_messages(2).await;
    let view = until(server, |view| view["status"]["following"]["waiting"] == 0).await;
    assert_eq!((&view["status"]["lag_ms"], &view["status"]["following"]["error"]), (&0.into(), &Value::Null), "{view}");
    assert_eq!(server.received().len(), 4, "each record once");
    let page = server.get("/pipelines/api").await.text().await.unwrap();
    assert!(page.contains("/elb-logs") && page.contains("2 messages left in the queue"), "the page shows the queue");
    follower.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn object_without_message_is_found_by_listing() {
    let setup = QueueSetup::lay().await;
    setup.python("deliver('lost/one.log')").await;
    let follower = follower(&setup.server, "one").await;
    until(&setup.server, |view| runs(view) == 1).await;
    follower.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn message_stays_until_its_object_is_shipped() {
    let setup = QueueSetup::lay().await;
    let follower = follower(&setup.server, "one").await;
    until(&setup.server, looked).await;
    setup.python("deliver('sns/there.log')\nsend(told('logs', 'sns/there.log'))\nsend(told('logs', 'gone.log'))").await;
    // The object that a message names and that is gone has a run, which says so.
    let view = until(&setup.server, |view| runs(view) == 2 && view["status"]["following"]["waiting"] == 1).await;
    let gone = view["runs"].as_array().unwrap().iter().find(|run| run["key"] == "gone.log").unwrap();
    assert!(gone["reason"].as_str().unwrap().starts_with("The object could not be read: "), "{gone}");
    let view = until(&setup.server, |view| view["status"]["following"]["retrying"] == 1).await;
    assert!(view["status"]["following"]["retrying_because"].as_str().unwrap().starts_with("gone.log: "), "{view}");
    assert!(view["status"]["lag_ms"].as_u64().unwrap() > 0, "{view}");
    setup.until_messages(1).await;
    follower.stop().await;
    setup.until_messages(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_queue_is_reported_while_objects_still_ship() {
    let setup = QueueSetup::lay().await;
    setup.python("deliver('direct/one.log')\nsqs.delete_queue(QueueUrl=url)").await;
    let follower = follower(&setup.server, "one").await;
    let view = until(&setup.server, |view| view["status"]["following"]["error"].is_string()).await;
    let error = view["status"]["following"]["error"].as_str().unwrap();
    assert!(error.contains("/elb-logs: it does not exist"), "{error}");
    assert_eq!(runs(&view), 1, "{view}");
    follower.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn message_reappears_only_after_release() {
    let setup = QueueSetup::lay().await;
    let config = &setup.server.app.config;
    let stores = Stores::connect(config).await;
    let url = config.pipelines[0].sqs_queue_url.clone().unwrap();
    let queue = Queue::connect(url, stores.iter().next().unwrap().client.endpoint(), Queue::HELD).await;
    setup.python("sqs.purge_queue(QueueUrl=url)\nsend('hello')").await;
    let held = queue.receive(Duration::ZERO).await.unwrap();
    assert_eq!(held.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["hello"]);
    queue.hold(&held).await.unwrap();
    assert!(queue.receive(Duration::ZERO).await.unwrap().is_empty());
    queue.give_back(&held, true).await.unwrap();
    let again = queue.receive(Duration::ZERO).await.unwrap();
    assert_eq!(again[0].id, held[0].id);
    queue.delete(&again).await.unwrap();
    setup.until_messages(0).await;
}

/// A dropped follower releases nothing, like a killed process.
#[tokio::test(flavor = "multi_thread")]
async fn message_of_killed_process_is_redelivered() {
    const HELD: Duration = Duration::from_secs(5);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("tcp://{}", listener.local_addr().unwrap());
    let receiver = Reluctant::default();
    tokio::spawn(receiver.clone().take(listener));
    let setup = QueueSetup::lay_with(|config| config.sinks[0].settings = Settings::new(url.parse().unwrap())).await;

    let killed = follower_that_holds(&setup.server, "one", HELD).await;
    until(&setup.server, looked).await;
    setup.python("deliver('direct/one.log')").await;
    receiver.until_sent(1).await;
    // Real time: moto's own clock says when a message becomes visible again.
    setup
        .python(&format!(
            "
import time
names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible']
over = time.monotonic() + {}
while time.monotonic() < over:
    there = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)['Attributes']
    assert [there[name] for name in names] == ['0', '1'], there
    time.sleep(0.1)
",
            (HELD + HELD / 2).as_secs_f64()
        ))
        .await;
    drop(killed);
    setup.until_messages(1).await;
    let view = setup.server.json("/api/v1/pipelines/api").await;
    assert_eq!(runs(&view), 0, "nothing is known to have arrived: {view}");

    receiver.willing.store(true, SeqCst);
    let next = follower_that_holds(&setup.server, "one", HELD).await;
    let view = until(&setup.server, |view| runs(view) == 1).await;
    assert_eq!(view["runs"][0]["outcome"], "sent", "{view}");
    setup.until_messages(0).await; // only who receives a message can delete it: it came back
    receiver.until_sent(2).await;
    let events = receiver.events.lock().unwrap().clone();
    assert!(events.len() == 2 && events[0] == events[1], "sent again, with the same id: {events:?}");
    next.stop().await;
}
