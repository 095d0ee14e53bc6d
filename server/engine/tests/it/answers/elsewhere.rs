//! Buckets of another region, and stores that send requests on.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use hyper::Method;

use super::{KEYS, both_ways};
use crate::{
    proxy::{Fate, Proxy, Seen},
    support::{Finished, TestBuckets, clone_at, connect_as_anyone, source_to_destination},
};

const REGION: &str = "eu-north-1";

fn is_signed_for(seen: &Seen, region: &str) -> bool {
    seen.headers["authorization"].to_str().unwrap().contains(&format!("/{region}/s3/"))
}

fn refusal(code: &str, more: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>The {REGION} location constraint is odd</Message>{more}</Error>")
}

/// A store that answers so whoever signs for another region; a HEAD without a body.
async fn in_region(answer: fn() -> Fate) -> ([Finished; 2], usize) {
    let refused = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&refused);
    let finished = both_ways(
        async || TestBuckets::with(&KEYS).await,
        move |seen| {
            if is_signed_for(&seen, REGION) {
                return std::future::ready(Fate::Forward);
            }
            counted.fetch_add(1, Relaxed);
            let head = || Fate::Reply(400, vec![("x-amz-bucket-region", REGION.to_owned())], String::new());
            std::future::ready(if seen.method == Method::HEAD { head() } else { answer() })
        },
    )
    .await;
    (finished, refused.load(Relaxed))
}

#[tokio::test]
async fn region_named_by_the_store_is_used() {
    let answers: [fn() -> Fate; 4] = [
        || Fate::Reply(301, vec![("x-amz-bucket-region", REGION.to_owned())], refusal("PermanentRedirect", "")),
        || Fate::Reply(400, vec![], refusal("AuthorizationHeaderMalformed", "<Region>eu-north-1</Region>")),
        || Fate::Reply(400, vec![], refusal("IllegalLocationConstraintException", "")),
        || {
            let message = "<Message>the region 'us-east-1' is wrong; expecting 'eu-north-1'</Message>";
            Fate::Reply(400, vec![], format!("<Error><Code>AuthorizationHeaderMalformed</Code>{message}</Error>"))
        },
    ];
    for answer in answers {
        let (finished, refused) = in_region(answer).await;
        finished.iter().for_each(Finished::is_equal);
        // One for each bucket, at one store and at two; two may be on their way at once.
        assert!((4..=8).contains(&refused), "{refused}");
    }
}

#[tokio::test]
async fn region_that_is_not_named_ends_the_clone() {
    let (finished, _) = in_region(|| Fate::Refuse(301, "PermanentRedirect")).await;
    for finished in finished {
        assert_eq!(finished.error().code(), "wrong_region");
        assert!(finished.error().to_string().contains("301 PermanentRedirect: by the test"), "{:?}", finished.error());
    }
}

#[tokio::test]
async fn temporary_redirects_are_followed() {
    for status in [307, 308] {
        let buckets = TestBuckets::with(&KEYS).await;
        let behind = Proxy::before(&buckets.store.url(), |_| std::future::ready(Fate::Forward)).await;
        let (to, asked) = (behind.url().to_owned(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&asked);
        let front = Proxy::before("http://127.0.0.1:1", move |seen| {
            counted.fetch_add(1, Relaxed);
            let code = "<Error><Code>TemporaryRedirect</Code><Message>re-send this</Message></Error>".to_owned();
            let code = if seen.method == Method::HEAD { String::new() } else { code };
            std::future::ready(Fate::Reply(status, vec![("location", format!("{to}{}", seen.target))], code))
        })
        .await;
        let finished = clone_at(&connect_as_anyone(front.url()).await, &source_to_destination()).await;
        finished.is_equal();
        assert!((2..=4).contains(&asked.load(Relaxed)), "once for each bucket: {asked:?}");
    }
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let buckets = TestBuckets::with(&KEYS).await;
    let front = Proxy::before(&buckets.store.url(), |seen| {
        let host = seen.headers["host"].to_str().unwrap().to_owned();
        let location = format!("http://{host}{}", seen.target);
        std::future::ready(Fate::Reply(307, vec![("location", location)], String::new()))
    })
    .await;
    let finished = clone_at(&connect_as_anyone(front.url()).await, &source_to_destination()).await;
    assert_eq!(finished.error().code(), "redirected");
}
