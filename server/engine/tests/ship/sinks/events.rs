//! Test events, and the checks after every delivery.

use std::{collections::BTreeSet, time::Duration};

use engine::ship::sink::{Batch, Delivered, Mark, Settings, Sink, SinkError, Undelivered};

/// The result of a delivery.
pub struct Outcome {
    pub delivered: Delivered,
    pub undelivered: Vec<Undelivered>,
    /// Why the sink could not continue.
    pub error: Option<SinkError>,
    /// Events claimed as sent or acknowledged: all except the undelivered ones.
    pub claimed: BTreeSet<String>,
}

/// Different events, each with an id like the events of an object.
pub fn events(count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| {
            let url = format!("http://example.com:80/a path/{number}?\\u0001=\\\"ünï\\\"");
            format!(r#"{{"line":{number},"request_url":"{url}","@metadata":{{"_id":"{number:032x}"}}}}"#)
        })
        .collect()
}

/// Settings with a long patience time, for tests in which nothing is given up.
pub fn settings(url: &str) -> Settings {
    Settings { patience: Duration::from_secs(30), ..Settings::new(url.parse().unwrap()) }
}

/// Settings with a short patience time, for tests in which a receiver is given up.
pub fn hasty(url: &str) -> Settings {
    Settings { patience: Duration::from_millis(500), ..settings(url) }
}

pub async fn deliver(settings: Settings, events: &[String], per_batch: usize) -> Outcome {
    let sink = Sink::open(settings).await.unwrap();
    let outcome = deliver_to(&sink, events, per_batch).await;
    sink.close().await;
    outcome
}

/// Sends the events as those of one object, and checks that each is accounted for.
pub async fn deliver_to(sink: &Sink, events: &[String], per_batch: usize) -> Outcome {
    let mut delivery = sink.delivery().await.unwrap();
    let (mut batch, mut undelivered, mut error) = (Batch::default(), Vec::new(), None);
    let mut taken = 0;
    for (number, event) in (0..).zip(events) {
        add(&mut batch, number, event);
        taken += 1;
        if batch.marks.len() == per_batch || taken == events.len() {
            let sent = delivery.send(&mut batch, &mut undelivered).await;
            assert!(batch.is_empty());
            if let Err(why) = sent {
                error = Some(why);
                break;
            }
        }
    }
    let delivered = delivery.finish(&mut undelivered).await;
    let mut claimed: BTreeSet<String> = events[..taken].iter().cloned().collect();
    for Undelivered { event, line, offset, reason, .. } in &undelivered {
        let event = str::from_utf8(event).unwrap();
        assert!(claimed.remove(event), "given back twice, or never sent: {event}");
        assert_eq!(events[usize::try_from(*offset).unwrap()], event);
        assert!(*line == offset + 1 && !reason.is_empty());
    }
    let Delivered { sent, acknowledged, duplicate, .. } = delivered;
    if sink.acknowledges() {
        assert_eq!(acknowledged + duplicate, claimed.len() as u64);
        assert!((acknowledged + duplicate..=taken as u64).contains(&sent), "{sent} of {taken}");
    } else {
        assert_eq!((sent, acknowledged, duplicate), (claimed.len() as u64, 0, 0));
    }
    assert!(delivered.connections.destroyed <= delivered.connections.created);
    Outcome { delivered, undelivered, error, claimed }
}

pub fn add(batch: &mut Batch, offset: u64, event: &str) {
    batch.bytes.extend_from_slice(event.as_bytes());
    batch.bytes.push(b'\n');
    batch.marks.push(Mark { end: batch.bytes.len(), line: offset + 1, offset, id: None });
}

impl Outcome {
    /// Checks that every event was sent or acknowledged.
    pub fn whole(&self) -> &Self {
        assert_eq!(self.error, None);
        assert_eq!(self.undelivered, []);
        self
    }

    /// The distinct reasons of the undelivered events.
    pub fn reasons(&self) -> BTreeSet<&str> {
        self.undelivered.iter().map(|undelivered| undelivered.reason.as_str()).collect()
    }
}
