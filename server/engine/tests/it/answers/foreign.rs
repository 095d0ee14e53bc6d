//! Answers that are not S3's: of a proxy, a login page, a store that spells a field in its own way.

use model::Reason;

use super::{KEYS, both_ways, page, with_copies_of_b, with_listings};
use crate::{
    proxy::{Fate, Kind},
    support::TestBuckets,
};

/// What a clone says whose source is listed like this, and how often it asks.
async fn listed_as(fate: fn() -> Fate) -> (String, usize) {
    let (finished, attempts) = with_listings(usize::MAX, fate).await;
    (finished.error().to_string(), attempts)
}

#[tokio::test]
async fn page_in_place_of_a_listing_is_named_once() {
    let (error, attempts) = listed_as(|| page(200)).await;
    let came = "not one of S3: 200 OK: text/html, 36 bytes, \"<html> <title>Sign in</title></html>\"";
    assert!(error.contains(came), "{error}");
    assert_eq!(attempts, 1);
}

#[tokio::test]
async fn redirect_to_a_login_is_named_once() {
    let login = || Fate::Reply(302, vec![("location", "https://login.example/".to_owned())], String::new());
    let (error, attempts) = listed_as(login).await;
    assert!(error.contains("redirects to https://login.example/ (302)"), "{error}");
    assert_eq!(attempts, 1);
}

#[tokio::test]
async fn field_of_unexpected_form_is_named_once() {
    let odd = || Fate::Rewrite(|page| page.replace("<Size>1</Size>", "<Size>one</Size>"));
    let (error, attempts) = listed_as(odd).await;
    assert!(error.contains("not one of S3: 200 OK") && error.contains("<ListBucketResult"), "{error}");
    assert_eq!(attempts, 1);
}

#[tokio::test]
async fn empty_answer_to_a_listing_is_named_soon() {
    let (error, attempts) = listed_as(|| Fate::Answer("")).await;
    assert!(error.contains("answered with 200 and nothing inside"), "{error}");
    assert_eq!(attempts, 3);
    with_listings(2, || Fate::Answer("")).await.0.is_equal();
}

#[tokio::test]
async fn page_in_place_of_a_copy_fails_one_object() {
    let (finished, attempts) = with_copies_of_b(usize::MAX, || page(200)).await;
    assert_eq!((finished.only_failure().reason, attempts), (Reason::Store, 1));
    assert!(finished.only_failure().message.contains("200 OK: text/html"), "{:?}", finished.only_failure());
    assert_eq!(finished.taken.progress.done, 3);
}

#[tokio::test]
async fn page_of_a_proxy_is_not_a_missing_object() {
    let [copied, streamed] = both_ways(
        async || TestBuckets::with(&KEYS).await,
        |seen| {
            let b = seen.kind != Kind::List && seen.target.contains("/b?");
            std::future::ready(if b { page(404) } else { Fate::Forward })
        },
    )
    .await;
    for finished in [copied, streamed] {
        let failure = finished.only_failure();
        assert_eq!((failure.key.as_str(), failure.reason), ("b", Reason::Store), "{failure:?}");
        assert!(failure.message.contains("404 Not Found: text/html"), "{failure:?}");
    }
}

/// The words of a page that wants to be more than words.
#[tokio::test]
async fn words_of_a_page_are_made_safe() {
    let page = || Fate::Reply(200, vec![("content-type", "text/x".to_owned())], "\u{1b}[2J\r\nx".repeat(500));
    let (error, _) = listed_as(page).await;
    assert!(!error.chars().any(char::is_control) && error.len() < 700, "{error}");
}
