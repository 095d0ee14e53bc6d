//! Hundreds of buckets at random, cloned or mirrored, and held against their sources property by property.
//!
//! What goes in and what came out is written and read past HTTP and past the engine; what should have come out is told
//! by [`expected`], a dozen lines that share nothing with the engine. One store serves all the buckets of a test.

mod contents;
mod expected;
mod ground;
mod keys;
mod order;

use std::collections::BTreeMap;

use model::{Mode, Reason};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use self::{
    ground::Ground,
    order::{Order, order},
};
use crate::support::Finished;

/// The same cases each time, as many as said. A case that fails is shrunk, but not for hours.
fn cases(count: u32, seed: u8) -> TestRunner {
    let config = Config { cases: count, max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

/// Clones each, and again: the second time nothing is left to do, but for what nothing proves.
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
            // What came in parts, or is copied in parts, may have another ETag, and no checksum proves it.
            let in_parts = |content: &&embedded::Content| !content.parts.is_empty() || content.body.len() > 5 << 20;
            let unprovable = order.source.values().filter(in_parts).count() as u64;
            assert!(again.taken.progress.done <= unprovable, "nothing else is copied twice");
        });
        Ok(())
    });
    outcome.unwrap();
}

async fn judge(ground: &Ground, order: &Order, finished: &Finished) {
    let expected = expected::of(order);
    let failures: BTreeMap<String, Reason> =
        finished.taken.failures.iter().map(|failure| (failure.key.to_string(), failure.reason)).collect();
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
    if order.mode == Mode::Mirror && !expected.failures.is_empty() {
        assert_eq!(finished.error().code(), "items_failed", "it deletes only what it may be sure of");
    } else {
        let comparison = finished.comparison();
        assert_eq!(!comparison.has_faults(), expected.failures.is_empty(), "{comparison:?}");
        assert!(!(comparison.nothing && comparison.source_objects > 0), "{comparison:?}");
    }
    finished.adds_up();
}

#[test]
fn random_buckets_are_copied_completely() {
    kept(150, 1, true, Mode::Copy);
}

#[test]
fn random_buckets_are_streamed_completely() {
    kept(100, 2, false, Mode::Copy);
}

#[test]
fn random_buckets_are_compared_without_changes() {
    kept(50, 3, true, Mode::Verify);
}

#[test]
fn random_buckets_are_mirrored_exactly() {
    kept(40, 4, true, Mode::Mirror);
}

#[test]
fn random_buckets_are_mirrored_between_stores() {
    kept(20, 5, false, Mode::Mirror);
}
