//! Receivers and stores that fail during a reprocess: no run claims an event that did not arrive, dead letters contain
//! the others, and a later attempt sends whatever is missing.

use std::{collections::BTreeSet, path::Path, time::Duration};

use engine::ship::{
    Checkpoint, Shipment, Tracker, resend, run,
    sink::{Settings, Sink},
};
use model::{Outcome, Progress, Proof, Reason};
use serde_json::Value;
use testing::{Span as _, eventually, seen, within};
use tokio_util::sync::CancellationToken;

use self::tcp_receiver::{Manner, TcpReceiver};
use super::dock::{Came, Dock, adds_up, all_of, go_on, number, options, records, reprocess};
use crate::{
    proxy::{Fate, Kind, Proxy},
    support::connect_as_anyone,
};

#[path = "../../ship/sinks/tcp_receiver.rs"]
#[expect(dead_code, reason = "some of its faults are for the tests of the sinks alone")]
mod tcp_receiver;

const OBJECTS: usize = 12;
const RECORDS: usize = 300;
/// Longer than any receiver takes that is well, however busy the machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// With objects in `elb/` whose records are numbered throughout.
async fn dock() -> Dock {
    let dock = Dock::new().await;
    for object in 0..OBJECTS {
        dock.put(&key(object), records(object * RECORDS, RECORDS)).await;
    }
    dock
}

fn key(object: usize) -> String {
    format!("elb/{object:02}.log")
}

async fn sink(receiver: &TcpReceiver, patience: Duration) -> Sink {
    let settings = Settings::new(receiver.url.parse().unwrap());
    Sink::open(Settings { patience, ..settings }).await.unwrap()
}

/// To a receiver that is waited for.
async fn shipment(dock: &Dock, receiver: &TcpReceiver) -> Shipment {
    Shipment { sink: Some(sink(receiver, PATIENCE).await), ..dock.shipment(all_of("source/elb/")).await }
}

/// To a receiver that is given up soon.
async fn hasty(dock: &Dock, receiver: &TcpReceiver) -> Shipment {
    let sink = sink(receiver, Duration::from_millis(300)).await;
    Shipment { sink: Some(sink), ..dock.shipment(all_of("source/elb/")).await }
}

/// The numbers of the records whose events arrived.
fn arrived(lines: &BTreeSet<String>) -> BTreeSet<usize> {
    lines.iter().map(|line| number(&serde_json::from_str(line).unwrap())).collect()
}

/// Those in dead letters.
fn given_up(dock: &Dock) -> BTreeSet<usize> {
    dock.letters().iter().map(|letter| number(&letter["event"])).collect()
}

/// Every run adds up and says that nobody acknowledged anything; what it does not give up has arrived, and the totals
/// are those of the runs.
#[track_caller]
fn claims_only(came: &Came, dock: &Dock, arrived: &BTreeSet<usize>) {
    let given_up = given_up(dock);
    let (mut sent, mut failed) = (0, 0);
    for run in &came.taken.runs {
        adds_up(&run.summary);
        assert!(!run.summary.acknowledged && run.summary.lines.acknowledged == 0, "{run:?}");
        let object: usize = run.key.as_str()["elb/".len()..][..2].parse().unwrap();
        let numbers: BTreeSet<usize> = (object * RECORDS..(object + 1) * RECORDS).collect();
        let claimed: BTreeSet<usize> = numbers.difference(&given_up).copied().collect();
        assert_eq!(claimed.len() as u64, run.summary.lines.sent, "{run:?}");
        assert!(claimed.is_subset(arrived), "{} claims what did not arrive", run.key);
        assert_eq!(run.outcome, if claimed == numbers { Outcome::Sent } else { Outcome::Partial });
        sent += run.summary.lines.sent;
        failed += u64::from(run.outcome == Outcome::Partial);
    }
    assert_eq!(came.taken.checkpoint.totals.lines.sent, sent);
    assert_eq!((came.taken.failures.len() as u64, came.taken.progress.failed), (failed, failed));
    assert!(came.taken.failures.iter().all(|failure| failure.reason == Reason::Sending), "{:?}", came.taken.failures);
}

/// Sends what dead letters hold to a receiver that is well; answers what it got.
async fn resent(letters: &Path) -> BTreeSet<usize> {
    let receiver = TcpReceiver::start(Manner::Good).await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let sink = sink(&receiver, PATIENCE).await;
    let sent = resend(letters, Some(&sink), &options(), &tracker, &CancellationToken::new()).await;
    let Ok(Proof::Shipped(proof)) = sent else { panic!("{sent:?}") };
    assert!(proof.adds_up() && proof.failed == 0 && !proof.acknowledged, "{proof:?}");
    let arrived = arrived(&receiver.kill().await);
    assert_eq!(proof.lines.sent, arrived.len() as u64);
    arrived
}

/// Goes on with what was taken last, to a receiver that is well; answers what it got.
async fn gone_on(dock: &Dock, came: Came, retry: &[&str]) -> BTreeSet<usize> {
    let receiver = TcpReceiver::start(Manner::Good).await;
    let (shipment, before) = (shipment(dock, &receiver).await, came.taken.checkpoint.totals.lines.sent);
    let retry = retry.iter().map(|key| key.parse().unwrap()).collect();
    let rest = go_on(&shipment, came.taken.progress, came.taken.checkpoint, retry).await;
    let proof = rest.proof();
    assert_eq!((proof.failed, proof.shipped, proof.acknowledged), (0, OBJECTS as u64, false), "{proof:?}");
    let arrived = arrived(&receiver.kill().await);
    assert_eq!(proof.lines.sent, before + arrived.len() as u64);
    arrived
}

fn everything(parts: [BTreeSet<usize>; 2]) {
    let [mut all, rest] = parts;
    all.extend(rest);
    assert!(all.into_iter().eq(0..OBJECTS * RECORDS));
}

#[tokio::test]
async fn unreachable_receiver_fails_run_which_resumes_later() {
    let dock = dock().await;
    let receiver = TcpReceiver::start(Manner::Good).await;
    let shipment = hasty(&dock, &receiver).await;
    let arrived = arrived(&receiver.kill().await);
    let came = reprocess(&shipment).await;
    assert_eq!(came.result.as_ref().unwrap_err().code(), "sink_unreachable");
    claims_only(&came, &dock, &arrived);
    assert_eq!((came.taken.progress.done, came.taken.checkpoint.done), (0, false));
    assert_eq!(gone_on(&dock, came, &[]).await.len(), OBJECTS * RECORDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_receiver_gets_the_rest_later() {
    let dock = dock().await;
    let receiver = TcpReceiver::start(Manner::Good).await;
    let shipment = hasty(&dock, &receiver).await;
    let tracker = Tracker::resume(Progress::default(), Checkpoint::default());
    let killing = async {
        let arrived_lines = || seen(receiver.lines().len(), |lines| *lines >= 3 * RECORDS);
        eventually("three objects have arrived", within(1.mins()).every(1.millis()), arrived_lines).await;
        arrived(&receiver.kill().await)
    };
    let stop = CancellationToken::new();
    let (result, before) = tokio::join!(run(&shipment, None, &tracker, &stop), killing);
    let came = Came { result, taken: tracker.take() };
    assert_eq!(came.result.as_ref().unwrap_err().code(), "sink_unreachable");
    claims_only(&came, &dock, &before);
    // Of what was in flight some may be in dead letters: those objects are settled as failed, and are tried again.
    let failed: Vec<_> = came.taken.failures.iter().map(|failure| failure.key.to_string()).collect();
    let failed: Vec<&str> = failed.iter().map(String::as_str).collect();
    let after = gone_on(&dock, came, &failed).await;
    assert!(!before.is_empty() && !after.is_empty());
    everything([before, after]);
}

#[tokio::test]
async fn unreading_receiver_counts_nothing_as_sent() {
    let dock = dock().await;
    let receiver = TcpReceiver::start(Manner::NeverReads).await;
    let came = reprocess(&hasty(&dock, &receiver).await).await;
    let proof = came.proof();
    assert_eq!((proof.failed, proof.shipped, proof.lines.sent), (OBJECTS as u64, 0, 0), "{proof:?}");
    claims_only(&came, &dock, &BTreeSet::new());
    assert!(came.taken.failures.iter().all(|failure| failure.message.contains("did not close its half")));
    everything([BTreeSet::new(), resent(&dock.dead()).await]);
}

#[tokio::test]
async fn unconfirmed_events_become_dead_letters() {
    let dock = dock().await;
    // These pass between two resets, and only these.
    for object in 0..3 {
        dock.put(&key(object), records(object * RECORDS, 90)).await;
    }
    let receiver = TcpReceiver::start(Manner::ResetsAfter(100)).await;
    let came = reprocess(&shipment(&dock, &receiver).await).await;
    let proof = came.proof();
    assert_eq!((proof.shipped, proof.failed), (3, OBJECTS as u64 - 3), "{proof:?}");
    let (arrived, letters) = (arrived(&receiver.kill().await), given_up(&dock));
    assert_eq!(letters.len(), (OBJECTS - 3) * RECORDS);
    assert_eq!((proof.lines.sent, arrived.difference(&letters).count()), (270, 270));
    for run in &came.taken.runs {
        let broke = run.summary.failures.sockets.total;
        assert_eq!(broke > 0, run.outcome == Outcome::Partial, "{run:?}");
    }
    assert_eq!(resent(&dock.dead()).await, letters);
}

#[tokio::test]
async fn partially_read_object_is_completed_by_retry() {
    let dock = dock().await;
    let last = OBJECTS - 1;
    let proxy = Proxy::before(&dock.yard.store.url(), move |seen| async move {
        let first = seen.headers.get("range").is_none();
        match seen.kind {
            Kind::Other if !seen.target.contains(&key(last)) => Fate::Forward,
            Kind::Other if first => Fate::CutOff,
            Kind::Other => Fate::Refuse(500, "InternalError"),
            _ => Fate::Forward,
        }
    })
    .await;
    let receiver = TcpReceiver::start(Manner::Good).await;
    let through = Shipment { store: connect_as_anyone(proxy.url()).await, ..shipment(&dock, &receiver).await };
    let came = reprocess(&through).await;
    let failure = came.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), (key(last).as_str(), Reason::Store));
    let (lines, before) = (came.lines(), arrived(&receiver.kill().await));
    assert!((last * RECORDS + 1..OBJECTS * RECORDS).contains(&before.len()), "{}", before.len());
    assert_eq!((lines.sent, dock.letters()), (before.len() as u64, Vec::<Value>::new()));
    let after = gone_on(&dock, came, &[&key(last)]).await;
    assert_eq!(after.len(), RECORDS, "the object is sent again whole, and no other");
    everything([before, after]);
}
