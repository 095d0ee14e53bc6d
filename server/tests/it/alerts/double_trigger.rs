//! A trigger that is configured twice, from the bucket to who is told: objects, runs over them, the reconciler that holds
//! them against each other, the evaluation, and a webhook.

use logyard::tasks::reconciler::Reconciler;
use model::{Outcome, Pipeline};
use serde_json::json;
use testing::{Span as _, eventually_async, seen, within};

use crate::{
    alerts::delivery::{Receiver, alerts, site_telling_of, told},
    http::pages::page,
    runs::health::{invoked, record},
    runs::reconciler::{context, deliver, lambda, over, record_as, until},
    support::server::Site,
};

/// Nobody says how often an object comes, so that nothing else is told.
fn quiet() -> Pipeline {
    Pipeline { every_s: None, ..lambda() }
}

/// Four objects of a function's pipeline; the first `doubled` of them are delivered by two runs each.
async fn four_objects(site: &Site, doubled: usize) {
    let (db, name) = (&site.app.db, quiet().name);
    // Its log group is read by somebody; its first run makes the objects the business of whoever reconciles.
    db.watch(&name, "test", 600_000, db.now()).await.unwrap().unwrap();
    record(site, &[invoked(site, 60, Outcome::Sent)]).await;
    for number in 0..4 {
        let key = deliver(site, 10, &format!("object-{number}"), 1).await;
        let minutes = i64::try_from(number).unwrap() * 2 + 1;
        record_as(site, "a", &over(site, minutes, &key, Outcome::Sent)).await;
        if number < doubled {
            record_as(site, "b", &over(site, minutes + 1, &key, Outcome::Sent)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_two_runs_delivered_are_told_with_both_their_keys_and_their_runs() {
    let receiver = Receiver::listen(Vec::new()).await;
    let site = site_telling_of(&receiver, quiet()).await;
    four_objects(&site, 3).await;
    let (reconciler, alerts) = (Reconciler::start(context(&site).await), alerts(&site, "one").await);
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
        let run = site.json(&format!("/api/v1/runs/{}", run.as_str().unwrap())).await;
        assert!(alert["keys"].as_array().unwrap().contains(&run["key"]), "{run}");
    }
    let html = page(&site, "/pipelines/api").await;
    assert!(html.contains("Delivered more than once") && html.contains(reason), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_objects_that_came_twice_are_drawn_and_told_to_nobody() {
    let receiver = Receiver::listen(Vec::new()).await;
    let site = site_telling_of(&receiver, quiet()).await;
    four_objects(&site, 2).await;
    let twice = |found: &model::Reconciliation| found.intervals.iter().map(|interval| interval.twice).sum::<u64>();
    until(&site, context(&site).await, |found| twice(found) == 2).await;
    let (db, alerts) = (&site.app.db, alerts(&site, "one").await);
    let evaluated = || async { db.evaluated_at().await.unwrap() };
    let first = eventually_async("an evaluation", within(2.mins()), evaluated).await;
    let next = || async { seen(db.evaluated_at().await.unwrap(), |at| *at > Some(first)) };
    eventually_async("another evaluation", within(2.mins()), next).await;
    alerts.stop().await;
    assert_eq!(site.json("/api/v1/alerts?kind=twice").await["items"], json!([]));
}
