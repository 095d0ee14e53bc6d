//! Refusals that pass by themselves, whatever their status says.

use model::Reason;

use super::{with_copies_of_b, with_listings};
use crate::proxy::Fate;

const PASSING: [(u16, &str); 13] = [
    (408, "RequestTimeout"),
    (408, "Odd"),
    (409, "OperationAborted"),
    (409, "ConditionalRequestConflict"),
    (400, "BadDigest"),
    (400, "IncompleteBody"),
    (400, "XAmzContentSHA256Mismatch"),
    (400, "RequestThrottled"),
    (400, "ThrottlingException"),
    (400, "ProvisionedThroughputExceededException"),
    (400, "KMS.ThrottlingException"),
    (425, "TooEarly"),
    (509, "BandwidthLimitExceeded"),
];

#[tokio::test]
async fn passing_refusals_of_copies_are_retried() {
    for (status, code) in PASSING {
        let (finished, attempts) = with_copies_of_b(2, move || Fate::Refuse(status, code)).await;
        finished.is_equal();
        assert_eq!(attempts, 3, "{status} {code}");
    }
}

#[tokio::test]
async fn passing_refusals_of_listings_are_retried() {
    for (status, code) in PASSING {
        with_listings(2, move || Fate::Refuse(status, code)).await.0.is_equal();
    }
}

#[tokio::test]
async fn lasting_refusals_are_asked_once() {
    for (status, code) in [(400, "InvalidArgument"), (409, "InvalidBucketState"), (505, "HttpVersionNotSupported")] {
        let (finished, attempts) = with_copies_of_b(usize::MAX, move || Fate::Refuse(status, code)).await;
        let failure = finished.only_failure();
        assert_eq!((attempts, failure.reason), (1, Reason::Store), "{status} {code}");
        assert!(failure.message.contains(&format!("{status} {code}: by the test")), "{}", failure.message);
    }
}

/// What the store does not do by itself goes through this process.
#[tokio::test]
async fn copy_that_the_store_lacks_is_asked_for_once() {
    let (finished, attempts) = with_copies_of_b(usize::MAX, || Fate::Refuse(501, "NotImplemented")).await;
    finished.is_equal();
    assert_eq!(attempts, 1);
}
