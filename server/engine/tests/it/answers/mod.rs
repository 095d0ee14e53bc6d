//! How the answers of stores are understood: what passes and what lasts, what is a missing permission and what is not, and
//! what is no answer of S3 at all. Always in the store's own words.

mod clock;
mod elsewhere;
mod foreign;
mod logs;
mod odd_keys;
mod passing;
mod refusals;
mod transcoded;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::{
    proxy::{Fate, Kind, Proxy, Seen},
    support::{Finished, TestBuckets, clone_at, clone_between, connect_as_anyone, source_to_destination},
};

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

/// Clones at one store with a fate for each copy of `b`, for as many attempts as said; returns the attempts, too.
async fn with_copies_of_b(times: usize, fate: impl Fn() -> Fate + Send + Sync + 'static) -> (Finished, usize) {
    let buckets = TestBuckets::with(&KEYS).await;
    let is_b = |seen: &Seen| seen.kind == Kind::Copy && seen.target.starts_with("/destination/b");
    let (proxy, count) = striking(&buckets, times, is_b, fate).await;
    let finished = clone_at(&connect_as_anyone(proxy.url()).await, &source_to_destination()).await;
    (finished, count.load(Relaxed))
}

/// The same with a fate for each listing of the source.
async fn with_listings(times: usize, fate: impl Fn() -> Fate + Send + Sync + 'static) -> (Finished, usize) {
    let buckets = TestBuckets::with(&KEYS).await;
    let is_source = |seen: &Seen| seen.kind == Kind::List && seen.target.starts_with("/source");
    let (proxy, count) = striking(&buckets, times, is_source, fate).await;
    let finished = clone_at(&connect_as_anyone(proxy.url()).await, &source_to_destination()).await;
    (finished, count.load(Relaxed))
}

/// A proxy that strikes the first of these requests, and how many of them came.
async fn striking(
    buckets: &TestBuckets,
    times: usize,
    is_meant: impl Fn(&Seen) -> bool + Send + Sync + 'static,
    fate: impl Fn() -> Fate + Send + Sync + 'static,
) -> (Proxy, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let proxy = Proxy::before(&buckets.store.url(), move |seen| {
        let hit = is_meant(&seen) && counted.fetch_add(1, Relaxed) < times;
        std::future::ready(if hit { fate() } else { Fate::Forward })
    })
    .await;
    (proxy, count)
}

/// Clones through `decide` at one store, and from one store to another.
async fn both_ways<F>(
    buckets: impl AsyncFn() -> TestBuckets,
    decide: impl Fn(Seen) -> F + Clone + Send + Sync + 'static,
) -> [Finished; 2]
where
    F: Future<Output = Fate> + Send + 'static,
{
    let (one, here, there) = (buckets().await, buckets().await, TestBuckets::new().await);
    let front = Proxy::before(&one.store.url(), decide.clone()).await;
    let near = Proxy::before(&here.store.url(), decide.clone()).await;
    let far = Proxy::before(&there.store.url(), decide).await;
    let copied = clone_at(&connect_as_anyone(front.url()).await, &source_to_destination()).await;
    let (near, far) = (connect_as_anyone(near.url()).await, connect_as_anyone(far.url()).await);
    [copied, clone_between(&near, &far, &source_to_destination()).await]
}

fn page(status: u16) -> Fate {
    let body = "<html>\n<title>Sign in</title></html>".to_owned();
    Fate::Reply(status, vec![("content-type", "text/html".to_owned())], body)
}
