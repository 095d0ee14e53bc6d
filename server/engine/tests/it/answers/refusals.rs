//! Refusals with 403 are many things, and the store says which.

use model::Reason;

use super::{page, with_copies_of_b};
use crate::proxy::Fate;

const DENIED: &str = "User: arn:aws:iam::1:user/u is not authorized to perform: s3:PutObject on resource: r with an \
                      explicit deny in a resource-based policy";

fn refusal(status: u16, code: &str, message: &str) -> Fate {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Fate::Reply(status, vec![("x-amz-request-id", "REQ7".to_owned())], body)
}

#[tokio::test]
async fn refusals_are_named_in_the_stores_words() {
    let cases: [(u16, &str, &str, Reason, &str); 11] = [
        (403, "AccessDenied", "Access Denied", Reason::Denied, "the policy must allow"),
        (403, "AccessDenied", DENIED, Reason::Denied, "a policy denies s3:PutObject explicitly"),
        (403, "QuotaExceeded", "The quota of the bucket is used up", Reason::Full, "a quota"),
        (403, "AccessDenied", "Cannot upload files, storage cap exceeded.", Reason::Full, "a quota"),
        (507, "XMinioStorageFull", "Storage backend has reached its minimum free", Reason::Full, "a quota"),
        (403, "AccessDenied", "Access Denied because object protected by object lock.", Reason::Locked, "is locked"),
        (400, "ObjectLocked", "Object is WORM protected and cannot be overwritten", Reason::Locked, "is locked"),
        (403, "InvalidObjectState", "The operation is not valid for its class", Reason::Archived, "archived"),
        (403, "ObjectNotInActiveTierError", "The source is not in the active tier", Reason::Archived, "archived"),
        (403, "KMS.DisabledException", "The key is disabled", Reason::Store, "could not copy"),
        (403, "Odd", "As it is", Reason::Store, "could not copy"),
    ];
    for (status, code, message, reason, words) in cases {
        let (finished, attempts) = with_copies_of_b(usize::MAX, move || refusal(status, code, message)).await;
        let failure = finished.only_failure();
        assert_eq!((failure.reason, attempts), (reason, 1), "{failure:?}");
        assert!(failure.message.contains(words), "{}", failure.message);
        let said = format!("{status} {code}: {message} (request REQ7)");
        assert!(failure.message.contains(&said), "{}", failure.message);
        assert_eq!(failure.message.contains("the policy must allow"), words.contains("must allow"), "{failure:?}");
    }
}

#[tokio::test]
async fn suspended_account_ends_the_clone() {
    for code in ["AllAccessDisabled", "AccountProblem", "UserSuspended", "NotSignedUp"] {
        let (finished, attempts) = with_copies_of_b(usize::MAX, move || refusal(403, code, "Pay first")).await;
        let error = finished.error();
        assert_eq!((error.code(), attempts), ("blocked", 1));
        assert!(error.to_string().contains("Pay first (request REQ7)"), "{error}");
        assert!(error.advice().contains("operator"));
    }
}

#[tokio::test]
async fn page_of_a_proxy_is_not_a_permission() {
    let (finished, attempts) = with_copies_of_b(usize::MAX, || page(403)).await;
    let failure = finished.only_failure();
    assert_eq!((failure.reason, attempts), (Reason::Store, 1));
    let came = "403 Forbidden: text/html, 36 bytes, \"<html> <title>Sign in</title></html>\"";
    assert!(failure.message.contains(came), "{}", failure.message);
    assert!(!failure.message.contains("permission"), "{}", failure.message);
}

#[tokio::test]
async fn expired_credentials_keep_the_stores_words() {
    let (finished, _) = with_copies_of_b(1, || refusal(400, "ExpiredToken", "The token ended at noon")).await;
    assert_eq!(finished.error().code(), "bad_credentials");
    assert!(finished.error().to_string().contains("The token ended at noon (request REQ7)"), "{}", finished.error());
}
