//! The index template: put once, compared by the cluster's own words, and what existing indexes lack.
//!
//! Each promise runs against a double, and with `make test-opensearch` against a real `OpenSearch`, whose URL is in
//! `LOGYARD_OPENSEARCH`.

use std::env;

use engine::ship::{
    Shipment,
    sink::{ClusterAnswer, Settings, Sink},
    template::{Template, compare_template, put_template},
};
use model::TemplateState;
use serde_json::{Value, json};

use super::{
    cluster::TestCluster,
    dock::{Dock, all_of, gzip, records, reprocess},
};

/// A sink whose indexes begin like this, and its template.
async fn sink(url: &str, name: &str) -> (Sink, Template) {
    let index = format!("{name}-{{date}}").parse().unwrap();
    let settings = Settings { index: Some(index), ..Settings::new(format!("{url}/_bulk").parse().unwrap()) };
    let template = Template::new(&format!("logyard-{name}"), &settings.index_patterns(), false, &[]);
    (Sink::open(settings).await.unwrap(), template)
}

fn acknowledged(answer: &ClusterAnswer) {
    assert!(answer.ok(), "{}", answer.words());
}

/// Put once it is there; a template that somebody changed is told by path; three spellings are no change.
async fn template_is_put_only_if_it_differs(url: &str) {
    let (sink, template) = sink(url, "once").await;
    let cluster = sink.cluster().unwrap();
    let first = compare_template(&cluster, &template).await.unwrap();
    assert_eq!((first.state, first.same(), first.index), (TemplateState::New, false, None));
    let put = put_template(&cluster, &template).await.unwrap();
    assert_eq!((put.state, put.same(), &put.changes), (TemplateState::Same, true, &vec![]));

    let spelt = |settings: Value, priority: u64| {
        let mut body = template.body.clone();
        body["template"]["settings"] = settings;
        body["priority"] = json!(priority);
        body
    };
    let path = "/_index_template/logyard-once";
    acknowledged(&cluster.put(path, &spelt(json!({"codec": "best_compression"}), 200)).await.unwrap());
    assert_eq!(compare_template(&cluster, &template).await.unwrap().state, TemplateState::Same, "another spelling");
    acknowledged(&cluster.put(path, &spelt(json!({"index.codec": "default"}), 150)).await.unwrap());
    let changed = compare_template(&cluster, &template).await.unwrap();
    let paths: Vec<&str> = changed.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!((changed.state, paths), (TemplateState::Changed, vec!["priority", "settings.index.codec"]));
    assert!(put_template(&cluster, &template).await.unwrap().same());
}

/// A template changes no index: fields are added to it, and another type is told.
async fn newest_index_gets_missing_fields(url: &str) {
    let (sink, template) = sink(url, "older").await;
    let cluster = sink.cluster().unwrap();
    let mapping = json!({"properties": {"sent_bytes": {"type": "keyword"}, "own": {"type": "keyword"}}});
    acknowledged(&cluster.put("/older-2026.03.09", &json!({ "mappings": mapping })).await.unwrap());
    let before = compare_template(&cluster, &template).await.unwrap().index.unwrap();
    assert!(before.missing.contains(&"client_ip".to_owned()) && before.missing.contains(&"log.offset".to_owned()));
    let put = put_template(&cluster, &template).await.unwrap();
    let index = put.index.clone().unwrap();
    assert_eq!((index.index.as_str(), index.missing.len()), ("older-2026.03.09", 0), "{index:?}");
    let conflict = &index.conflicts[0];
    assert_eq!((conflict.path.as_str(), conflict.there.as_deref()), ("sent_bytes", Some("keyword")));
    assert!(!put.same(), "the index still has another type");
}

/// Other templates for the same indexes are named: the one of the highest priority counts, and no other.
async fn overlapping_templates_are_named(url: &str) {
    let (sink, template) = sink(url, "shared").await;
    let cluster = sink.cluster().unwrap();
    for (name, priority) in [("wide", 10), ("narrow", 900)] {
        let body = json!({"index_patterns": ["shared-*"], "priority": priority, "template": {}});
        acknowledged(&cluster.put(&format!("/_index_template/{name}"), &body).await.unwrap());
    }
    let found = put_template(&cluster, &template).await.unwrap();
    assert!(found.hides.contains(&"wide".to_owned()), "{found:?}");
    assert_eq!((found.hidden_by.as_slice(), found.same()), (&["narrow".to_owned()][..], false));
}

#[tokio::test]
async fn template_promises_hold_with_a_double() {
    let cluster = TestCluster::start().await;
    template_is_put_only_if_it_differs(&cluster.url()).await;
    let cluster = TestCluster::start().await;
    newest_index_gets_missing_fields(&cluster.url()).await;
    let cluster = TestCluster::start().await;
    overlapping_templates_are_named(&cluster.url()).await;
}

#[tokio::test]
async fn second_put_changes_nothing() {
    for cluster in [TestCluster::start().await, TestCluster::start().await.without_simulation()] {
        let (sink, template) = sink(&cluster.url(), "elb").await;
        let of = sink.cluster().unwrap();
        assert!(put_template(&of, &template).await.unwrap().same());
        let puts = cluster.puts();
        assert!(puts == 1 && put_template(&of, &template).await.unwrap().same());
        assert_eq!(cluster.puts(), puts);
    }
}

#[tokio::test]
#[ignore = "needs a real OpenSearch: make test-opensearch"]
async fn template_promises_hold_with_opensearch() {
    let url = env::var("LOGYARD_OPENSEARCH").unwrap();
    template_is_put_only_if_it_differs(&url).await;
    newest_index_gets_missing_fields(&url).await;
    overlapping_templates_are_named(&url).await;
}

#[tokio::test]
#[ignore = "needs a real OpenSearch: make test-opensearch"]
async fn events_arrive_typed_in_opensearch() {
    let url = env::var("LOGYARD_OPENSEARCH").unwrap();
    let (sink, template) = sink(&url, "typed").await;
    let cluster = sink.cluster().unwrap();
    assert!(put_template(&cluster, &template).await.unwrap().same());
    let dock = Dock::new().await;
    dock.put("elb/a.log.gz", gzip(records(0, 6_000))).await;
    let shipment = Shipment { sink: Some(sink.clone()), ..dock.shipment(all_of("source/elb/")).await };
    reprocess(&shipment).await.delivered(6_000);
    let again = reprocess(&shipment).await;
    assert_eq!((again.lines().duplicate, again.lines().acknowledged), (6_000, 0), "each event is there once");

    acknowledged(&cluster.post("/typed-2026.03.09/_refresh", None).await.unwrap());
    let slow = json!({"query": {"bool": {"filter": [
        {"term": {"client_ip": "192.168.0.0/16"}},
        {"range": {"backend_processing_time": {"gt": 0.001}}},
        {"range": {"@timestamp": {"gte": "2026-03-09T14:00:03Z"}}}]}}});
    let found = cluster.post("/typed-*/_count", Some(&slow)).await.unwrap();
    assert_eq!(found.body["count"], 3_000, "{found:?}");
    let after = compare_template(&cluster, &template).await.unwrap();
    let index = after.index.as_ref().unwrap();
    assert_eq!((index.index.as_str(), after.same()), ("typed-2026.03.09", true), "{after:?}");
}
