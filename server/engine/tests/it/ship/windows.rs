//! Selection of objects and records by a window.

use std::time::Duration;

use engine::ship::preview;
use model::Outcome;

use super::dock::{Dock, FOLDER, all_of, gzip, log_key, nothing, record, records, window};

const FROM: &str = "2026-03-09T14:00:00Z";
const TO: &str = "2026-03-09T15:00:00Z";

#[tokio::test]
async fn window_includes_start_and_excludes_end() {
    let dock = Dock::new().await;
    let edges = [
        record("2026-03-09T13:59:59.999999Z", 0),
        record("2026-03-09T14:00:00.000000Z", 1),
        record("2026-03-09T14:59:59.999999Z", 2),
        record("2026-03-09T15:00:00.000000Z", 3),
    ];
    dock.put("elb/custom.log", edges.concat()).await;
    let came = dock.reprocess(model::ReprocessSpec { window: Some(window(FROM, TO)), ..all_of("source/elb/") }).await;
    came.delivered(2);
    assert_eq!((came.lines().filtered, dock.numbers()), (2, vec![1, 2]));
    assert_eq!(came.only_run().outcome, Outcome::Delivered);
}

#[tokio::test]
async fn window_selects_files_and_lists_neighbouring_days() {
    let dock = Dock::new().await;
    for (number, end) in
        ["2026-03-09T13:55", "2026-03-09T14:00", "2026-03-09T14:05", "2026-03-09T15:00", "2026-03-09T15:05"]
            .iter()
            .enumerate()
    {
        dock.put(&log_key(end), gzip(record("2026-03-09T14:00:00Z", number))).await;
    }
    // Delivered after midnight, into the next day's folder.
    let late = log_key("2026-03-09T14:10").replace("2026/03/09", "2026/03/10");
    dock.put(&late, gzip(record("2026-03-09T14:07:00Z", 9))).await;
    dock.put(&log_key("2026-03-09T14:30").replace("/111122223333_", "/health_check_log_111122223333_"), "unhealthy")
        .await;
    for day in 1..=28 {
        dock.put(&format!("{FOLDER}2025/02/{day:02}/x"), "old").await;
        dock.put(&format!("{FOLDER}2027/02/{day:02}/x"), "new").await;
    }
    for place in ["source", "source/elb/", &format!("source/{FOLDER}"), &format!("source/{FOLDER}2026/03/")] {
        std::fs::remove_file(dock.out()).ok();
        let spec = model::ReprocessSpec { window: Some(window(FROM, TO)), ..all_of(place) };
        let came = dock.reprocess(spec).await;
        came.delivered(4);
        assert_eq!(came.proof().left_out, 1);
        let mut numbers = dock.numbers();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 9], "{place}");
    }
}

#[tokio::test]
async fn objects_without_window_are_sent_in_order() {
    let dock = Dock::new().await;
    for object in 0..20 {
        let text = records(object * 1_000, 1_000);
        let body = if object % 2 == 0 { gzip(text) } else { text.into_bytes() };
        dock.put(&format!("logs/{object:02}"), body).await;
    }
    let came = dock.reprocess(all_of("source/logs/")).await;
    came.delivered(20_000);
    let events = dock.events();
    for object in 0..20 {
        let key = format!("logs/{object:02}");
        let of_object = events.iter().filter(|event| event["log"]["key"] == *key).map(super::dock::number);
        assert!(of_object.eq(object * 1_000..(object + 1) * 1_000), "{key}");
    }
}

#[tokio::test]
async fn empty_object_is_empty_run() {
    let dock = Dock::new().await;
    dock.put("elb/a.log.gz", "").await;
    let came = dock.reprocess(all_of("source/elb/")).await;
    came.delivered(0);
    let run = came.only_run();
    assert_eq!((run.outcome, run.reason.as_str()), (Outcome::Empty, "The object holds no records."));
    assert_eq!(run.summary.connections.created, 0);
}

#[tokio::test]
async fn only_listed_keys_are_sent() {
    let dock = Dock::new().await;
    let early = log_key("2026-03-01T00:00");
    dock.put(&early, gzip(record("2026-03-09T14:00:00Z", 1))).await;
    dock.put("elb/b.log", record("2026-03-09T14:00:00Z", 2)).await;
    let keys = [early.as_str(), "elb/gone.log", early.as_str()].map(|key| key.parse().unwrap()).to_vec();
    let spec = model::ReprocessSpec { keys, window: Some(window(FROM, TO)), ..all_of("source") };
    let came = dock.reprocess(spec).await;
    assert_eq!((came.only_failure().key.as_str(), came.only_failure().reason), ("elb/gone.log", model::Reason::Gone));
    assert_eq!((came.proof().shipped, dock.numbers()), (1, vec![1]));
    let run = came.taken.runs.iter().find(|run| run.key.as_str() == "elb/gone.log").unwrap();
    assert_eq!((run.outcome, run.summary.failures.reading.total), (Outcome::Partial, 1));
    assert!(run.reason.starts_with("The object could not be read: "), "{}", run.reason);
}

#[tokio::test]
async fn preview_matches_the_run() {
    let dock = Dock::new().await;
    for end in ["2026-03-09T14:05", "2026-03-09T14:15"] {
        dock.put(&log_key(end), gzip(record("2026-03-09T14:03:00Z", 1))).await;
    }
    let spec = model::ReprocessSpec { window: Some(window(FROM, TO)), ..all_of("source/elb/") };
    let store = dock.yard.engine().await;
    let seen = preview(&spec, &store, &nothing(), 1_000, Duration::from_mins(1)).await.unwrap();
    assert!(seen.complete);
    assert_eq!((seen.objects, seen.to_send, seen.delivered, seen.examples.len()), (2, 2, 0, 2));
    assert_eq!(seen.covers, Some(window(FROM, "2026-03-09T14:15:00Z")));
    assert_eq!(seen.intervals.iter().map(|interval| interval.objects).collect::<Vec<_>>(), [1, 0, 1]);
    dock.reprocess(model::ReprocessSpec { plan: seen.plan.clone(), ..spec.clone() }).await.delivered(2);

    let short = preview(&spec, &store, &nothing(), 1, Duration::from_mins(1)).await.unwrap();
    assert_eq!((short.complete, short.plan), (false, None));
}

#[tokio::test]
async fn dry_run_parses_all_sends_nothing() {
    let dock = Dock::new().await;
    dock.put("elb/a.log", records(0, 10) + "bad\n").await;
    let mut shipment = dock.shipment(all_of("source/elb/")).await;
    shipment.sink = None;
    let came = super::dock::reprocess(&shipment).await;
    assert_eq!((came.lines().parsed, came.proof().unparsed, came.proof().sink.as_ref()), (10, 1, None));
    assert_eq!((came.only_failure().reason, came.taken.runs.len()), (model::Reason::Parsing, 0));
    assert_eq!(dock.events().len(), 0);
}

#[tokio::test]
async fn window_up_to_the_last_year_finds_objects() {
    let dock = Dock::new().await;
    dock.put(&log_key("2026-03-09T14:05"), gzip(record("2026-03-09T14:03:00Z", 1))).await;
    let spec = model::ReprocessSpec { window: Some(window(FROM, "9999-12-31T23:59:59Z")), ..all_of("source/elb/") };
    dock.reprocess(spec).await.delivered(1);
}

/// The test object that AWS writes into every log bucket, and what other services write into a shared one.
#[tokio::test]
async fn what_is_no_log_is_left_out() {
    let dock = Dock::new().await;
    dock.put(&log_key("2026-03-09T14:05"), gzip(record("2026-03-09T14:03:00Z", 1))).await;
    dock.put("elb/AWSLogs/111122223333/ELBAccessLogTestFile", "Enable AccessLog for ELB: shop at 2026-03-09T14:00:00Z")
        .await;
    dock.put("elb/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/09/a.json.gz", gzip(r#"{"Records":[]}"#)).await;
    dock.put("elb/AWSLogs/", "").await;
    // By its content alone.
    dock.put("elb/moved", "Enable AccessLog for ELB: shop at 2026-03-09T14:00:00Z").await;
    let spec = all_of("source/elb/");
    let store = dock.yard.engine().await;
    let seen = preview(&spec, &store, &nothing(), 1_000, Duration::from_mins(1)).await.unwrap();
    assert_eq!((seen.objects, seen.left_out), (2, 3));
    let came = dock.reprocess(model::ReprocessSpec { plan: seen.plan, ..spec }).await;
    came.delivered(1);
    assert_eq!((came.proof().objects, came.proof().left_out), (1, 4));
    let run = came.taken.runs.iter().find(|run| run.key.as_str() == "elb/moved").unwrap();
    assert_eq!((run.outcome, dock.letters().len()), (Outcome::Empty, 0));
    assert!(run.reason.starts_with("Left out: it is the test object"), "{}", run.reason);
}
