//! Resending dead letters sends exactly their events.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use engine::ship::{Checkpoint, Options, Standing, Tracker, resend, resend_standing};
use model::{Key, Progress, Proof, Time};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::dock::{Came, Dock, adds_up, all_of, options, record, records};

async fn again(dock: &Dock, letters: &std::path::Path, options: &Options) -> Came {
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let sink = dock.sink().await;
    let result = resend(letters, Some(&sink), options, &tracker, &CancellationToken::new()).await;
    Came { result, taken: tracker.take() }
}

/// A dead letter as the engine writes it for an event that a sink gave up.
fn letter(event: &str) -> String {
    format!(
        r#"{{"reason":"sending","message":"refused","bucket":"source","key":"elb/a","etag":"e","line":1,"offset":0,"event":{event}}}"#
    ) + "\n"
}

#[tokio::test]
async fn resend_sends_exactly_the_files_events() {
    let dock = Dock::new().await;
    dock.put("elb/a", records(0, 5)).await;
    dock.reprocess(all_of("source/elb/")).await.delivered(5);
    let sent = std::fs::read_to_string(dock.out()).unwrap();
    std::fs::remove_file(dock.out()).unwrap();

    let letters = dock.folder.path().join("letters.ndjson");
    std::fs::write(&letters, sent.lines().map(letter).collect::<String>()).unwrap();
    let came = again(&dock, &letters, &options()).await;
    came.delivered(5);
    adds_up(&came.only_run().summary);
    assert_eq!(std::fs::read_to_string(dock.out()).unwrap(), sent);
}

#[tokio::test]
async fn dead_letter_without_event_stays_dead() {
    let dock = Dock::new().await;
    dock.put("elb/a", records(0, 2) + "bad\n").await;
    dock.reprocess(all_of("source/elb/")).await;
    std::fs::remove_file(dock.out()).unwrap();
    let first = std::fs::read_to_string(dock.dead()).unwrap();
    let left = dock.folder.path().join("left.ndjson");
    let options = Options { dead_letters: Some(left.clone()), ..options() };
    let came = again(&dock, &dock.dead(), &options).await;
    let Ok(Proof::Shipped(proof)) = &came.result else { panic!("{came:?}") };
    assert_eq!((proof.lines.encountered, proof.unparsed, proof.failed), (1, 1, 1));
    assert_eq!(std::fs::read_to_string(left).unwrap(), first);
    assert_eq!(dock.events().len(), 0);
}

#[tokio::test]
async fn invalid_line_is_reported_as_failure() {
    let dock = Dock::new().await;
    let letters = dock.folder.path().join("letters.ndjson");
    std::fs::write(&letters, "{}\n\nnonsense").unwrap();
    let came = again(&dock, &letters, &options()).await;
    assert_eq!(came.lines().encountered, 2);
    assert!(came.only_failure().message.contains("not a dead letter"), "{came:?}");
    let missing = again(&dock, &dock.folder.path().join("none"), &options()).await;
    assert_eq!(missing.result.unwrap_err().code(), "dead_letters");
}

/// The object's last run began at the second minute.
struct SecondRun;

impl Standing for SecondRun {
    fn stands<'a>(
        &'a self,
        _: &'a Key,
        started_at: Option<Time>,
    ) -> futures::future::BoxFuture<'a, Result<bool, engine::ship::LedgerError>> {
        Box::pin(std::future::ready(Ok(started_at == Some(Time(120_000)))))
    }
}

#[tokio::test]
async fn letters_of_replaced_runs_are_not_sent() {
    let dock = Dock::new().await;
    let letters = dock.folder.path().join("letters.ndjson");
    let of_run = |number: u8| {
        let event = letter(&format!(r#"{{"number":{number}}}"#));
        event.replacen('{', &format!(r#"{{"started_at":"1970-01-01T00:0{number}:00Z","#), 1)
    };
    std::fs::write(&letters, of_run(1) + &of_run(2)).unwrap();
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let (sink, stop) = (dock.sink().await, CancellationToken::new());
    let result = resend_standing(&letters, Some(&sink), &options(), (&tracker, &SecondRun), &stop).await;
    Came { result, taken: tracker.take() }.delivered(1);
    assert_eq!(dock.events()[0]["number"], 2);
}

/// Records that an earlier version could not parse, one of them with bytes that are not UTF-8.
#[tokio::test]
async fn record_that_parses_by_now_is_sent() {
    let dock = Dock::new().await;
    let letters = dock.folder.path().join("letters.ndjson");
    let odd = [record("2026-03-09T14:00:00Z", 2).replace("curl", "cu").trim_end().as_bytes(), b"\xff"].concat();
    let lines = [
        json!({"raw": record("2026-03-09T14:00:00Z", 1).trim_end(), "line": 7, "offset": 900}),
        json!({"raw_base64": BASE64_STANDARD.encode(odd), "line": 8, "offset": 1_100}),
        json!({"raw": "what is this", "cut": "what is this", "line": 9, "offset": 1_300}),
    ];
    let lines = lines.map(|mut letter| {
        for (name, value) in
            [("reason", "parsing"), ("message", "unknown"), ("bucket", "source"), ("key", "elb/a"), ("etag", "\"e\"")]
        {
            letter[name] = value.into();
        }
        letter.to_string() + "\n"
    });
    std::fs::write(&letters, lines.concat()).unwrap();
    let came = again(&dock, &letters, &options()).await;
    let Ok(Proof::Shipped(proof)) = &came.result else { panic!("{came:?}") };
    assert_eq!((proof.lines.encountered, proof.lines.acknowledged, proof.unparsed), (3, 2, 1));
    assert_eq!(dock.numbers(), [1, 2]);
    let event = &dock.events()[0];
    assert_eq!((&event["log"]["key"], &event["log"]["offset"]), (&json!("elb/a"), &json!(900)));
    assert_eq!(event["@metadata"]["_id"].as_str().unwrap().len(), 32);
}
