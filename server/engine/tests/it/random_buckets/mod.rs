//! Three hundred buckets at random, cloned, and held against their sources property by property.
//!
//! What goes in and what came out is written and read past HTTP and past the engine; what should have come out is told
//! by [`expected`], a dozen lines that share nothing with the engine. One store serves all the buckets of a test.

mod contents;
mod expected;
mod keys;
mod order;

use std::{collections::BTreeMap, sync::Arc};

use embedded::{Content, Embedded};
use engine::{
    clone::Options,
    s3::{Store, Threshold},
};
use model::{Mode, Reason};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use self::order::{Order, order};
use crate::yard::{Came, Yard, clone_with, connect, options};

/// The same cases each time, as many as said. A case that fails is shrunk, but not for hours.
fn cases(count: u32, seed: u8) -> TestRunner {
    let config = Config { cases: count, max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

struct Ground {
    here: Arc<Embedded>,
    there: Arc<Embedded>,
    source: Store,
    destination: Store,
}

impl Ground {
    async fn new(one_store: bool) -> Self {
        let here = Yard::new().await.store;
        let there = if one_store { Arc::clone(&here) } else { Yard::new().await.store };
        let source = connect(&here.url()).await;
        let destination = if one_store { source.clone() } else { connect(&there.url()).await };
        Self { here, there, source, destination }
    }

    /// Both buckets as the order has them before the clone.
    async fn furnish(&self, order: &Order) {
        fill(&self.here, "source", &order.source).await;
        fill(&self.there, "destination", &order.destination).await;
    }

    async fn clone(&self, order: &Order) -> Came {
        let options = Options { multipart_threshold: "5MiB".parse::<Threshold>().unwrap(), ..options() };
        clone_with(&self.source, &self.destination, &order.spec(), &options).await
    }
}

/// Makes a bucket hold this and nothing else.
async fn fill(store: &Embedded, bucket: &str, objects: &BTreeMap<String, Content>) {
    for key in store.contents(bucket).await.unwrap().into_keys() {
        store.delete(bucket, &key).unwrap();
    }
    for (key, content) in objects {
        store.put_content(bucket, key, content).await.unwrap();
    }
}

/// Clones each, and again: the second time nothing is left to do.
fn kept(count: u32, seed: u8, one_store: bool, mode: Mode) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ground = runtime.block_on(Ground::new(one_store));
    let orders = order().prop_map(|order| Order { mode, ..order });
    let outcome = cases(count, seed).run(&orders, |order| {
        runtime.block_on(async {
            ground.furnish(&order).await;
            judge(&ground, &order, &ground.clone(&order).await).await;
            let again = ground.clone(&order).await;
            judge(&ground, &order, &again).await;
            assert_eq!(again.taken.progress.done, 0, "nothing is copied twice");
        });
        Ok(())
    });
    outcome.unwrap();
}

async fn judge(ground: &Ground, order: &Order, came: &Came) {
    let expected = expected::of(order);
    let failures: BTreeMap<String, Reason> =
        came.taken.failures.iter().map(|failure| (failure.key.to_string(), failure.reason)).collect();
    assert_eq!(ground.here.contents("source").await.unwrap(), order.source, "a source is never written");
    let destination = ground.there.contents("destination").await.unwrap();
    assert_eq!(
        destination.keys().collect::<Vec<_>>(),
        expected.destination.keys().collect::<Vec<_>>(),
        "the keys at the destination"
    );
    for (key, content) in &expected.destination {
        assert_eq!(expected::carried(&destination[key]), expected::carried(content), "{key:?}");
        if expected.cuts_kept.contains(key) {
            assert_eq!(destination[key].parts, content.parts, "{key:?}");
        }
    }
    assert_eq!(failures, expected.failures);
    assert_eq!(came.comparison().equal, expected.failures.is_empty(), "{:?}", came.comparison());
    came.adds_up();
}

#[test]
fn a_hundred_and_fifty_random_buckets_are_copied_with_all_they_hold() {
    kept(150, 1, true, Mode::Copy);
}

#[test]
fn a_hundred_random_buckets_go_from_store_to_store_with_all_they_hold() {
    kept(100, 2, false, Mode::Copy);
}

#[test]
fn fifty_random_buckets_are_compared_and_left_as_they_are() {
    kept(50, 3, true, Mode::Verify);
}
