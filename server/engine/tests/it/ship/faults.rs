//! Broken, deleted and changed objects, and failing stores: records before the fault are shipped, and no more is
//! claimed.

use engine::ship::{Options, Shipment};
use model::{Outcome, Reason};

use super::dock::{Dock, all_of, gzip, records, reprocess};
use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{connect, connect_as_anyone},
};

#[tokio::test]
async fn truncated_gzip_ships_earlier_records() {
    let dock = Dock::new().await;
    let whole = gzip(records(0, 5_000));
    dock.put("elb/a.log.gz", &whole[..whole.len() / 2]).await;
    dock.put("elb/b.log.gz", gzip(records(5_000, 10))).await;
    let came = dock.reprocess(all_of("source/elb/")).await;
    let failure = came.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("elb/a.log.gz", Reason::Reading));
    assert!(
        failure.message.contains(&format!("at byte {}: the gzip stream is truncated", whole.len() / 2)),
        "{failure:?}"
    );
    let lines = came.lines();
    assert!(lines.acknowledged > 1_000, "{lines:?}");
    assert_eq!(dock.events().len() as u64, lines.acknowledged);
    let broken = came.taken.runs.iter().find(|run| run.key.as_str() == "elb/a.log.gz").unwrap();
    assert_eq!(broken.outcome, Outcome::Partial);
}

#[tokio::test]
async fn corrupt_gzip_ships_earlier_records() {
    let dock = Dock::new().await;
    let mut body = gzip(records(0, 5_000));
    let middle = body.len() / 2;
    body[middle..middle + 50].fill(0xFF);
    dock.put("elb/a.log.gz", body).await;
    let came = dock.reprocess(all_of("source/elb/")).await;
    assert_eq!(came.only_failure().reason, Reason::Reading);
    assert!(came.lines().acknowledged > 1_000);
}

#[tokio::test]
async fn unparsed_records_become_dead_letters() {
    let dock = Dock::new().await;
    let log = records(0, 3) + "what is this\n" + &records(3, 3);
    dock.put("elb/a.log", &log).await;
    let came = dock.reprocess(all_of("source/elb/")).await;
    let proof = came.proof();
    assert_eq!((proof.shipped, proof.failed, proof.unparsed), (1, 0, 1), "{came:?}");
    assert_eq!((proof.excepted, proof.quarantined), (1, 1), "complete except for a record that is kept whole");
    assert!(came.only_run().reason.contains("could not be parsed and are quarantined"), "{came:?}");
    assert_eq!(dock.numbers(), [0, 1, 2, 3, 4, 5]);
    let letters = dock.letters();
    assert_eq!(letters.len(), 1);
    let offset = log.find("what").unwrap();
    assert_eq!(letters[0]["reason"], "parsing");
    assert_eq!((&letters[0]["key"], &letters[0]["line"]), (&"elb/a.log".into(), &4.into()));
    assert_eq!((&letters[0]["offset"], &letters[0]["cut"]), (&offset.into(), &"what is this".into()));
    assert_eq!(letters[0]["raw"], "what is this");
}

/// Nothing of it arrived, or nothing of what is missing is kept: that is no complete object.
#[tokio::test]
async fn object_without_kept_records_stays_a_failure() {
    let dock = Dock::new().await;
    dock.put("elb/a.log", "what is this\n".repeat(3)).await;
    let came = dock.reprocess(all_of("source/elb/")).await;
    assert_eq!(came.only_failure().reason, Reason::Parsing);

    let dock = Dock::new().await;
    dock.put("elb/a.log", records(0, 3) + "what is this\n").await;
    let shipment = dock.shipment(all_of("source/elb/")).await;
    let options = Options { dead_letters: None, ..shipment.options.clone() };
    let came = reprocess(&Shipment { options, ..shipment }).await;
    assert_eq!(came.only_failure().reason, Reason::Parsing, "the record is kept nowhere");
}

#[tokio::test]
async fn deleted_object_fails_alone() {
    let dock = Dock::new().await;
    for (number, key) in ["elb/a", "elb/b", "elb/c"].into_iter().enumerate() {
        dock.put(key, records(number, 1)).await;
    }
    let store = dock.yard.store.clone();
    let proxy = Proxy::before(&dock.yard.store.url(), move |seen| {
        let store = store.clone();
        async move {
            if seen.target.contains("/elb/b") {
                store.delete("source", "elb/b").unwrap();
            }
            Fate::Forward
        }
    })
    .await;
    let shipment = dock.shipment_from(connect(proxy.url()).await, all_of("source/elb/")).await;
    let came = reprocess(&shipment).await;
    assert_eq!((came.only_failure().key.as_str(), came.only_failure().reason), ("elb/b", Reason::Gone));
    assert_eq!(came.lines().acknowledged, 2);
}

#[tokio::test]
async fn changed_object_fails_and_is_never_mixed() {
    let dock = Dock::new().await;
    dock.put("elb/a", records(0, 1)).await;
    let store = dock.yard.store.clone();
    let proxy = Proxy::before(&dock.yard.store.url(), move |seen| {
        let store = store.clone();
        async move {
            if seen.kind == Kind::Other && seen.number == 0 {
                store.put("source", "elb/a", records(7, 1)).await.unwrap();
            }
            Fate::Forward
        }
    })
    .await;
    let shipment = dock.shipment_from(connect(proxy.url()).await, all_of("source/elb/")).await;
    let came = reprocess(&shipment).await;
    assert_eq!(came.only_failure().reason, Reason::Changed);
    assert_eq!(dock.events().len(), 0);
    // Tried again, it is sent as it is now.
    let keys = vec!["elb/a".parse().unwrap()];
    let again = super::dock::go_on(&shipment, came.taken.progress, came.taken.checkpoint, keys).await;
    assert_eq!((again.taken.mended.len(), again.taken.failures.len(), dock.numbers()), (1, 0, vec![7]));
    assert_eq!((again.proof().failed, again.proof().shipped), (0, 1));
}

#[tokio::test]
async fn broken_body_resumes_at_its_byte() {
    let dock = Dock::new().await;
    dock.put("elb/a", records(0, 20_000)).await;
    // Each answer is cut in its middle, as long as there is much left of the object.
    let proxy = Proxy::before(&dock.yard.store.url(), |seen| async move {
        match seen.kind {
            Kind::Other if seen.number < 6 => Fate::CutOff,
            _ => Fate::Forward,
        }
    })
    .await;
    let shipment = dock.shipment_from(connect_as_anyone(proxy.url()).await, all_of("source/elb/")).await;
    let came = reprocess(&shipment).await;
    came.delivered(20_000);
    assert!(dock.numbers().into_iter().eq(0..20_000));
    assert!(came.taken.progress.requests >= 8, "{:?}", came.taken.progress);
}

#[tokio::test]
async fn failing_store_is_given_up_after_partial_shipping() {
    let dock = Dock::new().await;
    dock.put("elb/a", records(0, 20_000)).await;
    let proxy = Proxy::before(&dock.yard.store.url(), |seen| async move {
        match (seen.kind, seen.number) {
            (Kind::List, _) => Fate::Forward,
            (_, 0) => Fate::CutOff,
            _ => Fate::Refuse(500, "InternalError"),
        }
    })
    .await;
    let shipment = dock.shipment_from(connect_as_anyone(proxy.url()).await, all_of("source/elb/")).await;
    let came = reprocess(&shipment).await;
    assert_eq!(came.only_failure().reason, Reason::Store);
    let lines = came.lines();
    assert!((1..20_000).contains(&lines.acknowledged), "{lines:?}");
    assert!(dock.numbers().into_iter().eq(0..usize::try_from(lines.acknowledged).unwrap()));
    assert!(came.only_failure().message.contains("at byte "), "{came:?}");
}

#[tokio::test]
async fn refused_object_fails_alone() {
    for (status, code, reason) in [
        (403, "AccessDenied", Reason::Denied),
        (403, "InvalidObjectState", Reason::Archived),
        (404, "NoSuchKey", Reason::Gone),
    ] {
        let dock = Dock::new().await;
        dock.put("elb/a", records(0, 1)).await;
        dock.put("elb/b", records(1, 1)).await;
        let proxy = Proxy::before(&dock.yard.store.url(), move |seen| async move {
            if seen.target.contains("/elb/a") { Fate::Refuse(status, code) } else { Fate::Forward }
        })
        .await;
        let shipment = dock.shipment_from(connect(proxy.url()).await, all_of("source/elb/")).await;
        let came = reprocess(&shipment).await;
        assert_eq!(came.only_failure().reason, reason);
        assert_eq!(dock.numbers(), [1]);
    }
}

#[tokio::test]
async fn failed_listing_fails_the_reprocess() {
    let dock = Dock::new().await;
    dock.put("elb/a", records(0, 1)).await;
    let proxy = Proxy::before(&dock.yard.store.url(), |seen| async move {
        if seen.kind == Kind::List { Fate::Refuse(500, "InternalError") } else { Fate::Forward }
    })
    .await;
    let shipment = dock.shipment_from(connect(proxy.url()).await, all_of("source/elb/")).await;
    let came = reprocess(&shipment).await;
    assert_eq!(came.result.unwrap_err().code(), "listing");
    assert!(!came.taken.checkpoint.done);
}
