//! Dead letters of jobs are offered only while they stand for something that is not delivered.

use engine::ship::sink::Settings;
use model::State;
use serde_json::json;

use crate::{
    http::pages::page,
    reprocess::{
        api::{ended, start},
        kill_nine::bulk_receiver::{BulkReceiver, Manner},
    },
    support::server::TestServer,
};

const OFFER: &str = "Reprocess the dead letters";

fn record(path: &str) -> String {
    format!(
        "2026-03-09T14:02:11.123456Z api 10.0.0.1:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
         \"GET http://api.example.com:80/{path} HTTP/1.1\" \"curl/8.0\" - -\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn sent_dead_letters_are_offered_no_more() {
    let receiver = BulkReceiver::start(Manner::RefusesMarked).await;
    let server = TestServer::with(|config| {
        config.sinks[0].settings = Settings::new(receiver.url().parse().unwrap());
    })
    .await;
    server.s3.put("logs", "a.log", record("good") + &record("refused")).await.unwrap();
    let runner = server.runner().await;
    let first = start(&server, &json!({"pipeline": "api", "extent": "all"})).await;
    runner.nudge().nudge();
    assert_eq!(ended(&server, &first).await.state, State::Failed);
    assert!(page(&server, &format!("/jobs/{}", first.id)).await.contains(OFFER));

    // The receiver refuses it once more: now it is a dead letter of the second job.
    let second = start(&server, &json!({"pipeline": "api", "dead_letters_of": first.id, "extent": "all"})).await;
    runner.nudge().nudge();
    assert_eq!(ended(&server, &second).await.state, State::Failed);
    assert!(!page(&server, &format!("/jobs/{}", first.id)).await.contains(OFFER));
    assert!(page(&server, &format!("/jobs/{}", second.id)).await.contains(OFFER));
    assert_eq!(receiver.events(), 3, "the letter alone was sent again");
    runner.stop().await;
}
