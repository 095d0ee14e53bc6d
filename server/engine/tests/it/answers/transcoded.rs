//! Objects that something on the way decompresses, as Google's store does unless it is asked for gzip.

use embedded::{Content, Headers};
use model::Reason;

use super::both_ways;
use crate::{
    proxy::{Fate, Kind, Seen},
    support::{Finished, TestBuckets},
};

const STORED: &[u8] = b"\x1f\x8b compressed";

async fn compressed() -> TestBuckets {
    let buckets = TestBuckets::with(&["plain"]).await;
    let headers = Headers { content_encoding: Some("gzip".to_owned()), ..Headers::default() };
    let content = Content { body: STORED.into(), headers, ..Content::default() };
    buckets.store.put_content("source", "log.gz", &content).await.unwrap();
    buckets
}

fn asks_for(seen: &Seen, coding: &str) -> bool {
    seen.headers.get("accept-encoding").is_some_and(|accepted| accepted == coding)
}

fn is_read(seen: &Seen) -> bool {
    seen.kind == Kind::Other && seen.method != hyper::Method::PUT && seen.target.contains("/source/log.gz")
}

#[tokio::test]
async fn objects_are_asked_for_as_they_are_stored() {
    let finished = both_ways(compressed, |seen| {
        let compresses = !asks_for(&seen, "identity");
        std::future::ready(if is_read(&seen) && compresses { Fate::Transcode("other") } else { Fate::Forward })
    })
    .await;
    finished.iter().for_each(Finished::is_equal);
}

#[tokio::test]
async fn store_that_decompresses_is_asked_for_gzip() {
    let finished = both_ways(compressed, |seen| {
        let decompresses = !asks_for(&seen, "gzip");
        std::future::ready(if is_read(&seen) && decompresses { Fate::Transcode("other") } else { Fate::Forward })
    })
    .await;
    finished.iter().for_each(Finished::is_equal);
}

#[tokio::test]
async fn object_that_stays_transcoded_is_named_so() {
    let [_, streamed] = both_ways(compressed, |seen| {
        std::future::ready(if is_read(&seen) { Fate::Transcode("other") } else { Fate::Forward })
    })
    .await;
    let failure = streamed.only_failure();
    assert_eq!((failure.key.as_str(), failure.reason), ("log.gz", Reason::Store));
    let words = "not as it is stored: something on the way has decompressed or compressed it";
    assert!(failure.message.contains(words), "{}", failure.message);
    assert!(failure.message.contains("x-goog-stored-content-encoding: gzip"), "{}", failure.message);
    assert!(failure.attempts <= 3, "{failure:?}");
}
