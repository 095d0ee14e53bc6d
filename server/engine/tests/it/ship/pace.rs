//! Rate limits in events per second: of a run, of its sink, and of both. The clock is paused and advances only while
//! the limiter waits, so the elapsed time is the limiter's alone. That works only with files: over a network, a clock
//! that runs ahead would time out requests. So the test with a store uses real time.

use std::{num::NonZeroU32, time::Duration};

use engine::ship::{
    Checkpoint, Options, Tracker, resend,
    sink::{Settings, Sink},
};
use model::{Progress, Proof};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::dock::{Dock, all_of, records, reprocess};

const EVENTS: u32 = 1_000;

/// How long so many events take from a file of letters to a file of events.
async fn lasts(of_run: Option<u32>, of_sink: Option<u32>) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let (letters, out) = (folder.path().join("letters"), folder.path().join("events"));
    let letter = |number: u32| {
        format!(r#"{{"reason":"sending","message":"","line":1,"offset":{number},"event":{{"number":{number}}}}}"#)
            + "\n"
    };
    std::fs::write(&letters, (0..EVENTS).map(letter).collect::<String>()).unwrap();
    let settings = Settings::new(format!("file:{}", out.display()).parse().unwrap());
    let ceiling = |events: Option<u32>| events.and_then(NonZeroU32::new);
    let sink = Sink::open(Settings { max_events_per_second: ceiling(of_sink), ..settings }).await.unwrap();
    let options = Options { max_events_per_second: ceiling(of_run), ..Options::default() };
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let began = Instant::now();
    let sent = resend(&letters, Some(&sink), &options, &tracker, &CancellationToken::new()).await;
    let lasted = began.elapsed();
    let Ok(Proof::Shipped(proof)) = sent else { panic!("{sent:?}") };
    assert_eq!((proof.lines.acknowledged, proof.failed), (EVENTS.into(), 0));
    assert_eq!(std::fs::read_to_string(out).unwrap().lines().count(), EVENTS as usize);
    lasted
}

/// As long as the events take at that rate, but for the first piece, which goes at once: a tenth of a second's.
#[track_caller]
fn at(rate: u32, lasted: Duration) {
    let (all, piece) = (Duration::from_secs(1) * EVENTS / rate, Duration::from_millis(100));
    assert!(lasted <= all && all <= lasted + piece, "{lasted:?} at {rate} a second");
}

#[tokio::test(start_paused = true)]
async fn run_keeps_its_rate_limit() {
    at(100, lasts(Some(100), None).await);
}

#[tokio::test(start_paused = true)]
async fn sink_keeps_its_rate_limit() {
    at(50, lasts(None, Some(50)).await);
}

#[tokio::test(start_paused = true)]
async fn lower_rate_limit_applies() {
    at(40, lasts(Some(40), Some(400)).await);
    at(40, lasts(Some(400), Some(40)).await);
}

#[tokio::test(start_paused = true)]
async fn run_without_limit_does_not_wait() {
    assert_eq!(lasts(None, None).await, Duration::ZERO);
}

/// Five objects at once take as long as one that holds all their events, but for the first piece.
#[tokio::test]
async fn objects_of_a_run_share_its_limit() {
    const OBJECTS: usize = 5;
    const EACH: usize = 200;
    let dock = Dock::new().await;
    for object in 0..OBJECTS {
        dock.put(&format!("elb/{object}.log"), records(object * EACH, EACH)).await;
    }
    let mut shipment = dock.shipment(all_of("source/elb/")).await;
    shipment.options.objects_at_once = OBJECTS;
    shipment.options.max_events_per_second = NonZeroU32::new(1_000);
    let began = Instant::now();
    let came = reprocess(&shipment).await;
    let lasted = began.elapsed();
    let Ok(Proof::Shipped(proof)) = &came.result else { panic!("{came:?}") };
    assert_eq!((proof.lines.acknowledged, dock.events().len()), ((OBJECTS * EACH) as u64, OBJECTS * EACH));
    assert!(lasted >= Duration::from_millis(900), "{lasted:?} for a thousand at a thousand a second");
}
