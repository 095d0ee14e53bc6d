//! A plan is run exactly as previewed or not at all, and objects shipped before are not sent again.

use std::{collections::HashSet, sync::Arc, time::Duration};

use engine::{
    s3::Listed,
    ship::{Ledger, LedgerError, ShipError, preview},
};
use futures::future::BoxFuture;
use model::{Extent, ReprocessSpec};

use super::dock::{Dock, all_of, nothing, records, reprocess};

/// The record of earlier runs, as a set of keys.
struct Delivered(HashSet<&'static str>);

impl Ledger for Delivered {
    fn delivered<'a>(&'a self, objects: &'a [Listed]) -> BoxFuture<'a, Result<Vec<bool>, LedgerError>> {
        let known = objects.iter().map(|object| self.0.contains(object.key.as_str())).collect();
        Box::pin(std::future::ready(Ok(known)))
    }
}

async fn dock() -> Dock {
    let dock = Dock::new().await;
    for (number, key) in ["elb/a", "elb/b", "elb/c"].into_iter().enumerate() {
        dock.put(key, records(number * 10, 10)).await;
    }
    dock
}

async fn planned(dock: &Dock) -> ReprocessSpec {
    let spec = all_of("source/elb/");
    let store = dock.yard.engine().await;
    let plan = preview(&spec, &store, &nothing(), 100, Duration::from_mins(1)).await.unwrap().plan;
    ReprocessSpec { plan, ..spec }
}

#[tokio::test]
async fn changed_bucket_is_refused_before_sending() {
    for change in ["new", "changed", "gone"] {
        let dock = dock().await;
        let spec = planned(&dock).await;
        match change {
            "new" => dock.put("elb/d", records(30, 1)).await,
            "changed" => dock.put("elb/b", records(10, 11)).await,
            _ => dock.yard.store.delete("source", "elb/c").unwrap(),
        }
        let came = dock.reprocess(spec).await;
        let Err(ShipError::PlanChanged { objects, newest, .. }) = &came.result else { panic!("{came:?}") };
        assert_eq!(
            *objects,
            if change == "new" {
                4
            } else if change == "gone" {
                2
            } else {
                3
            }
        );
        assert!(newest.is_some());
        assert_eq!(came.result.unwrap_err().code(), "plan_changed");
        assert_eq!(dock.events().len(), 0);
    }
}

#[tokio::test]
async fn same_listing_and_request_give_same_plan() {
    let dock = dock().await;
    let first = planned(&dock).await;
    assert_eq!(planned(&dock).await.plan, first.plan);
    let store = dock.yard.engine().await;
    let other = ReprocessSpec { extent: Extent::All, ..all_of("source/elb/") };
    let other = preview(&other, &store, &nothing(), 100, Duration::from_mins(1)).await.unwrap();
    assert_ne!(other.plan, first.plan);
}

#[tokio::test]
async fn shipped_objects_are_skipped_unless_all_requested() {
    let dock = dock().await;
    let ledger: Arc<dyn Ledger> = Arc::new(Delivered(HashSet::from(["elb/b"])));
    let store = dock.yard.engine().await;
    for (extent, sent) in [(Extent::Missing, 20), (Extent::All, 30)] {
        std::fs::remove_file(dock.out()).ok();
        let spec = ReprocessSpec { extent, ..all_of("source/elb/") };
        let seen = preview(&spec, &store, &ledger, 100, Duration::from_mins(1)).await.unwrap();
        assert_eq!((seen.objects, seen.delivered, seen.to_send), (3, 1, sent / 10));
        let mut shipment = dock.shipment(ReprocessSpec { plan: seen.plan, ..spec }).await;
        shipment.ledger = Arc::clone(&ledger);
        let came = reprocess(&shipment).await;
        came.delivered(sent);
        assert_eq!((came.proof().skipped, dock.events().len() as u64), (3 - sent / 10, sent));
    }
}

#[tokio::test]
async fn plan_depends_on_its_place() {
    let dock = dock().await;
    let plan = planned(&dock).await.plan;
    let came = dock.reprocess(ReprocessSpec { plan, ..all_of("source/") }).await;
    assert!(matches!(came.result, Err(ShipError::PlanChanged { objects: 3, .. })), "{came:?}");
}
