//! Bytes altered on their way, at rest, or in a part: never equal, and mended where they can be read again.

use aws_sdk_s3::types::ServerSideEncryption;
use embedded::Content;
use model::{CloneSpec, Compare, Fidelity, Mode, Reason};

use super::{full, multipart};
use crate::{
    multipart::{MIB, above_5_mib, body},
    proxy::{Fate, Proxy, Seen},
    support::{
        Finished, TestBuckets, clone_between, clone_with, connect, connect_as_anyone, source_to_destination, with,
    },
};

/// Between two stores, with one bit altered in the first `times` requests of an operation.
async fn altered(here: &TestBuckets, there: &TestBuckets, operation: &'static str, times: usize) -> Finished {
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let strike = move |request: Seen| {
        let hit = request.target.contains(&format!("x-id={operation}"))
            && seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < times;
        let fate = if operation == "GetObject" { Fate::FlipAnswer(0.5) } else { Fate::FlipRequest(0.5) };
        std::future::ready(if hit { fate } else { Fate::Forward })
    };
    if operation == "GetObject" {
        let line = Proxy::before(&here.store.url(), strike).await;
        let (from, to) = (connect(line.url()).await, there.engine().await);
        return clone_with(&from, &to, &source_to_destination(), &above_5_mib()).await;
    }
    let line = Proxy::before(&there.store.url(), strike).await;
    let (from, to) = (here.engine().await, connect_as_anyone(line.url()).await);
    clone_with(&from, &to, &source_to_destination(), &above_5_mib()).await
}

/// Written as a whole, also above the threshold, and in parts.
async fn filled() -> TestBuckets {
    let buckets = TestBuckets::with(&["a"]).await;
    buckets.put("whole", body(6 * MIB)).await;
    multipart(&buckets.client(), "source", "parts").await;
    buckets
}

#[tokio::test]
async fn altered_reads_are_read_again() {
    for times in [1, 2] {
        let (here, there) = (filled().await, TestBuckets::new().await);
        altered(&here, &there, "GetObject", times).await.is_equal();
        for key in ["a", "whole", "parts"] {
            assert!(there.read("destination", key).await == here.read("source", key).await, "{key}");
        }
    }
}

/// Its ETag is no digest, but the store tells a checksum.
#[tokio::test]
async fn altered_read_is_found_by_checksum() {
    let (here, there) = (TestBuckets::new().await, TestBuckets::new().await);
    let put = here.client().put_object().bucket("source").key("a").body(b"checked".to_vec().into());
    put.server_side_encryption(ServerSideEncryption::AwsKms).send().await.unwrap();
    let finished = altered(&here, &there, "GetObject", 1).await;
    finished.is_equal();
    assert_eq!(finished.comparison().equal_by_digest, 1);
    assert_eq!(there.read("destination", "a").await.unwrap(), b"checked");
}

#[tokio::test]
async fn altered_writes_are_sent_again() {
    for operation in ["PutObject", "UploadPart&"] {
        let (here, there) = (filled().await, TestBuckets::new().await);
        altered(&here, &there, operation, 1).await;
        for key in ["whole", "parts"] {
            assert!(there.read("destination", key).await == here.read("source", key).await, "{key} by {operation}");
        }
    }
}

#[tokio::test]
async fn object_altered_each_time_fails_unwritten() {
    let (here, there) = (TestBuckets::with(&["a", "b"]).await, TestBuckets::new().await);
    let line = Proxy::before(&here.store.url(), |request| {
        let hit = request.has_bytes() && request.target.starts_with("/source/a");
        std::future::ready(if hit { Fate::FlipAnswer(0.5) } else { Fate::Forward })
    })
    .await;
    let finished = clone_between(&connect(line.url()).await, &there.engine().await, &source_to_destination()).await;
    let failure = finished.only_failure();
    assert!(failure.message.contains("altered"), "{}", failure.message);
    assert_eq!(there.keys("destination").await, ["b"]);
}

/// A bit turned on the destination's disk: its ETag is that of what it holds now.
#[tokio::test]
async fn bytes_altered_at_rest_are_different() {
    let buckets = TestBuckets::with(&["a"]).await;
    buckets.clone(&source_to_destination()).await.is_equal();
    buckets.store.put("destination", "a", "b").await.unwrap();
    let verified = buckets.clone(&CloneSpec { mode: Mode::Verify, ..source_to_destination() }).await;
    assert_eq!(verified.only_failure().reason, Reason::Different);
}

/// Of the same size and cut in other parts, so that only their contents tell.
#[tokio::test]
async fn contents_decide_what_no_digest_does() {
    let content =
        |body: &'static [u8], parts: &[u64]| Content { body: body.into(), parts: parts.to_vec(), ..full("x") };
    for (there, equal) in [(b"0123456789", true), (b"0123456798", false)] {
        let buckets = TestBuckets::new().await;
        buckets.store.put_content("source", "a", &content(b"0123456789", &[5, 5])).await.unwrap();
        buckets.store.put_content("destination", "a", &content(there, &[6, 4])).await.unwrap();
        let by_content = with(Fidelity { compare: Compare::Content, ..Fidelity::default() });
        let verified = buckets.clone(&CloneSpec { mode: Mode::Verify, ..by_content }).await;
        assert_eq!(verified.comparison().equal_by_content, u64::from(equal));
        assert_eq!(verified.comparison().different, u64::from(!equal));
    }
}
