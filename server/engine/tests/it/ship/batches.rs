//! Requests and windows are as large as the settings of the sink allow.

use engine::ship::{
    Shipment,
    sink::{Settings, Sink},
};

use self::{bulk_receiver::BulkReceiver, lumberjack_receiver::LumberjackReceiver};
use super::dock::{Dock, all_of, gzip, records, reprocess};

#[path = "../../ship/sinks/bulk_receiver.rs"]
#[expect(dead_code, reason = "its faults are for the tests of the sinks")]
mod bulk_receiver;
#[path = "../../ship/sinks/lumberjack_receiver.rs"]
#[expect(dead_code, reason = "its faults are for the tests of the sinks")]
mod lumberjack_receiver;

const RECORDS: usize = 6_000;

/// Ships one object to a sink.
async fn ship(settings: Settings) {
    let dock = Dock::new().await;
    dock.put("elb/a.log.gz", gzip(records(0, RECORDS))).await;
    let sink = Some(Sink::open(settings).await.unwrap());
    let shipment = Shipment { sink, ..dock.shipment(all_of("source/elb/")).await };
    reprocess(&shipment).await.delivered(RECORDS as u64);
}

#[tokio::test]
async fn bulk_requests_are_as_large_as_set() {
    for (batch_events, batch_bytes, requests) in
        [(2_000, 10 << 20, 3..4), (10_000, 1 << 20, 3..5), (500, 1 << 20, 12..13)]
    {
        let receiver = BulkReceiver::start(bulk_receiver::Manner::Good).await;
        ship(Settings { batch_events, batch_bytes, ..Settings::new(receiver.url().parse().unwrap()) }).await;
        let made = usize::try_from(receiver.requests()).unwrap();
        assert!(requests.contains(&made), "{made} requests of {batch_events} events or {batch_bytes} bytes");
    }
}

#[tokio::test]
async fn lumberjack_windows_are_as_large_as_set() {
    let receiver = LumberjackReceiver::start(lumberjack_receiver::Manner::Good).await;
    ship(Settings { batch_bytes: 10 << 20, ..Settings::new(receiver.url().parse().unwrap()) }).await;
    assert_eq!(receiver.windows(), [2_000, 2_000, 2_000]);
}

/// Small objects, whose requests are all under way when the delivery ends.
#[tokio::test]
async fn sink_that_takes_nothing_leaves_objects_unsettled() {
    let dock = Dock::new().await;
    for object in 0..20 {
        dock.put(&format!("elb/{object:02}"), records(object, 3)).await;
    }
    let receiver = BulkReceiver::start(bulk_receiver::Manner::NoIndex).await;
    let sink = Some(Sink::open(Settings::new(receiver.url().parse().unwrap())).await.unwrap());
    let shipment = Shipment { sink, ..dock.shipment(all_of("source/elb/")).await };
    let came = reprocess(&shipment).await;
    assert_eq!(came.result.unwrap_err().code(), "sink_refused");
    assert_eq!((came.taken.runs.len(), came.taken.failures.len(), dock.letters().len()), (0, 0, 0));
    assert!(receiver.requests() <= 4, "{} requests", receiver.requests());
}
