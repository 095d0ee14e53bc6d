//! Keys that are none: each fails by itself.

use engine::{
    clone::{Tracker, run},
    s3::Policy,
};
use model::{CloneSpec, Mode, Reason};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::KEYS;
use crate::{
    proxy::{Fate, Kind, Proxy},
    support::{Finished, QUICK, TestBuckets, clone_at, connect_as_anyone, options, source_to_destination, spec},
};

const ODD: &str = "<Contents><Key>b%FFx</Key><Size>7</Size></Contents>";

/// A store that lists an odd key between `b` and `c` of a bucket.
async fn listing_odd_keys(buckets: &TestBuckets, bucket: &'static str, odd: String) -> Proxy {
    Proxy::before(&buckets.store.url(), move |seen| {
        let (odd, hit) = (odd.clone(), seen.kind == Kind::List && seen.target.starts_with(bucket));
        let add = move |page: String| match place(&page) {
            Some(at) => page[..at].to_owned() + &odd + &page[at..],
            None => page,
        };
        std::future::ready(if hit { Fate::Alter(Box::new(add)) } else { Fate::Forward })
    })
    .await
}

/// Where `c` begins, or the end of the list.
fn place(page: &str) -> Option<usize> {
    match page.find("<Key>c") {
        Some(key) => page[..key].rfind("<Contents>"),
        None => page.find("</ListBucketResult>"),
    }
}

async fn cloned(odd: String, spec: &CloneSpec) -> (TestBuckets, Finished) {
    let buckets = TestBuckets::with(&KEYS).await;
    let proxy = listing_odd_keys(&buckets, "/source", odd).await;
    let finished = clone_at(&connect_as_anyone(proxy.url()).await, spec).await;
    (buckets, finished)
}

#[tokio::test]
async fn key_without_utf8_fails_alone() {
    let (buckets, finished) = cloned(ODD.to_owned(), &source_to_destination()).await;
    let failure = finished.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("\u{10FFFF}not-a-key:b%FFx", Reason::NotAKey));
    assert!(failure.message.contains("not UTF-8 from byte 1 on"), "{failure:?}");
    assert_eq!(finished.taken.progress.done, 4);
    assert_eq!(buckets.keys("destination").await, KEYS);
    let comparison = finished.comparison();
    assert_eq!((comparison.equal, comparison.missing, comparison.source_objects), (false, 1, 5));
    finished.adds_up();
}

#[tokio::test]
async fn too_long_and_empty_keys_fail_alone() {
    for key in [String::new(), "b".repeat(1_025)] {
        let odd = format!("<Contents><Key>{key}</Key><Size>7</Size></Contents>");
        let buckets = TestBuckets::with(if key.is_empty() { &["c"][..] } else { &KEYS }).await;
        let proxy = listing_odd_keys(&buckets, "/source", odd).await;
        let finished = clone_at(&connect_as_anyone(proxy.url()).await, &source_to_destination()).await;
        assert_eq!(finished.only_failure().reason, Reason::NotAKey);
        finished.adds_up();
    }
}

#[tokio::test]
async fn odd_key_at_the_destination_is_extra() {
    let buckets = TestBuckets::with(&KEYS).await;
    let proxy = listing_odd_keys(&buckets, "/destination", ODD.to_owned()).await;
    let store = connect_as_anyone(proxy.url()).await;
    let finished = clone_at(&store, &source_to_destination()).await;
    finished.is_equal();
    assert_eq!(finished.comparison().extra, 1);
    let verified = clone_at(&store, &CloneSpec { mode: Mode::Verify, ..source_to_destination() }).await;
    assert_eq!(verified.only_failure().reason, Reason::Extra);
}

#[tokio::test]
async fn odd_key_below_a_prefix_fails_alone() {
    let buckets = TestBuckets::with(&["in/a", "in/z"]).await;
    let odd = ODD.replace("b%FFx", "in%2Fz%FF");
    let proxy = listing_odd_keys(&buckets, "/source", odd).await;
    let finished = clone_at(&connect_as_anyone(proxy.url()).await, &spec("source/in/", "destination/out/")).await;
    assert_eq!((finished.only_failure().reason, finished.taken.progress.done), (Reason::NotAKey, 2));
}

/// As long as it is there it fails again, and once it is gone it is no failure any more.
#[tokio::test]
async fn retry_of_an_odd_key_asks_for_its_bytes() {
    let (_, first) = cloned(ODD.to_owned(), &source_to_destination()).await;
    for there in [true, false] {
        let buckets = TestBuckets::with(&KEYS).await;
        let proxy = Proxy::before(&buckets.store.url(), move |seen| {
            let asks = seen.target.starts_with("/source/b%FFx");
            let found = || Fate::Reply(200, vec![("content-length", "7".to_owned())], "1234567".to_owned());
            std::future::ready(match (asks, there) {
                (true, true) => found(),
                (true, false) => Fate::Reply(404, vec![], String::new()),
                _ => Fate::Forward,
            })
        })
        .await;
        let store = connect_as_anyone(proxy.url()).await;
        let tracker = Tracker::resume(first.taken.progress.clone(), first.taken.checkpoint.clone());
        let (sender, keys) = mpsc::channel(1);
        sender.send(first.only_failure().key.clone()).await.unwrap();
        drop(sender);
        let stop = CancellationToken::new();
        run(&source_to_destination(), &store, &store, &options(), Some(keys), &tracker, &stop).await.unwrap();
        let taken = tracker.take();
        let failed: Vec<Reason> = taken.failures.iter().map(|failure| failure.reason).collect();
        assert_eq!(failed.contains(&Reason::NotAKey), there, "{failed:?}");
        assert_eq!(taken.mended.len(), usize::from(!there));
    }
}

#[tokio::test]
async fn wrong_key_count_is_not_refused() {
    for count in ["0", "1000"] {
        let buckets = TestBuckets::with(&KEYS).await;
        let proxy = Proxy::before(&buckets.store.url(), move |seen| {
            let wrong =
                move |page: String| page.replace("<KeyCount>4</KeyCount>", &format!("<KeyCount>{count}</KeyCount>"));
            std::future::ready(if seen.kind == Kind::List { Fate::Alter(Box::new(wrong)) } else { Fate::Forward })
        })
        .await;
        // A page that seems to lack keys is asked for again until it is clear that the store counts so.
        let store = connect_as_anyone(proxy.url()).await.patient(Policy { attempts: 8, ..QUICK });
        let finished = clone_at(&store, &source_to_destination()).await;
        finished.is_equal();
        assert_eq!(finished.taken.progress.retries, if count == "0" { 0 } else { 4 });
    }
}
