//! A trigger that is configured twice, from bucket to webhook: objects, runs, the reconciler that compares
//! them, the evaluation, and the delivery.

use logyard::tasks::reconciler::Reconciler;
use model::{Outcome, Pipeline};
use serde_json::json;
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    alerts::delivery::{Receiver, alerts, server_notifying_of, told},
    http::pages::page,
    runs::health::{invoked, record},
    runs::reconciler::{context, deliver, lambda, over, record_as, until},
    support::server::TestServer,
};

/// A pipeline without an interval, so that no other alert opens.
fn quiet() -> Pipeline {
    Pipeline { every_s: None, ..lambda() }
}

/// Puts four objects of a function's pipeline; two runs each deliver the first `doubled` of them.
async fn four_objects(server: &TestServer, doubled: usize) {
    let (db, name) = (&server.app.db, quiet().name);
    // A log reader holds its log group; its first run makes the reconciler count the objects.
    db.watch(&name, "test", 600_000, db.now()).await.unwrap().unwrap();
    record(server, &[invoked(server, 60, Outcome::Sent)]).await;
    for number in 0..4 {
        let key = deliver(server, 10, &format!("object-{number}"), 1).await;
        let minutes = i64::try_from(number).unwrap() * 2 + 1;
        record_as(server, "a", &over(server, minutes, &key, Outcome::Sent)).await;
        if number < doubled {
            record_as(server, "b", &over(server, minutes + 1, &key, Outcome::Sent)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_deliveries_alert_with_keys_and_runs() {
    let receiver = Receiver::listen(Vec::new()).await;
    let server = server_notifying_of(&receiver, quiet()).await;
    four_objects(&server, 3).await;
    let (reconciler, alerts) = (Reconciler::start(context(&server).await), alerts(&server, "one").await);
    let message = told(&receiver.heard(1).await[0]);
    reconciler.stop().await;
    alerts.stop().await;
    let alert = &message["alert"];
    assert_eq!(
        (&message["what"], &alert["kind"], &alert["pipeline"]),
        (&json!("opened"), &json!("twice"), &json!("api"))
    );
    let reason = "3 of 4 objects of the last day were sent by more than one run (75 %).";
    assert_eq!(alert["reason"], reason, "{message}");
    assert_eq!((alert["keys"].as_array().unwrap().len(), alert["runs"].as_array().unwrap().len()), (3, 3));
    for run in alert["runs"].as_array().unwrap() {
        let run = server.json(&format!("/api/v1/runs/{}", run.as_str().unwrap())).await;
        assert!(alert["keys"].as_array().unwrap().contains(&run["key"]), "{run}");
    }
    let html = page(&server, "/pipelines/api").await;
    assert!(html.contains("Duplicate deliveries") && html.contains(reason), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn few_duplicates_are_shown_without_an_alert() {
    let receiver = Receiver::listen(Vec::new()).await;
    let server = server_notifying_of(&receiver, quiet()).await;
    four_objects(&server, 2).await;
    let twice = |found: &model::Reconciliation| found.intervals.iter().map(|interval| interval.twice).sum::<u64>();
    until(&server, context(&server).await, |found| twice(found) == 2).await;
    let (db, alerts) = (&server.app.db, alerts(&server, "one").await);
    let evaluated = || async { db.evaluated_at().await.unwrap() };
    let first = eventually_async("an evaluation", within(2.mins()), evaluated).await;
    let next = || async { seen(db.evaluated_at().await.unwrap(), |at| *at > Some(first)) };
    eventually_async("another evaluation", within(2.mins()), next).await;
    alerts.stop().await;
    assert_eq!(server.json("/api/v1/alerts?kind=twice").await["items"], json!([]));
}
