//! A machine whose clock is wrong, or a store that says so.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use hyper::Method;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::{KEYS, both_ways, with_copies_of_b, with_listings};
use crate::{
    proxy::{Fate, Seen},
    support::{Finished, TestBuckets},
};

const ALLOWED: SignedDuration = SignedDuration::from_mins(15);

/// The time by a clock that is this much ahead, and as a header says it.
pub fn told_by(ahead: SignedDuration) -> (Timestamp, String) {
    let now = Timestamp::now() + ahead;
    (now, now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

pub fn signed_at(seen: &Seen) -> Timestamp {
    let signed = seen.headers["x-amz-date"].to_str().unwrap();
    DateTime::strptime("%Y%m%dT%H%M%SZ", signed).unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// A store whose clock is this much ahead: it says so in each answer, and refuses requests that are signed by another.
fn by_its_clock(seen: &Seen, ahead: SignedDuration) -> Fate {
    let (now, date) = told_by(ahead);
    if now.duration_since(signed_at(seen)).abs() <= ALLOWED {
        return Fate::Header("date", date);
    }
    let body = "<Error><Code>RequestTimeTooSkewed</Code><Message>too large</Message></Error>";
    let body = if seen.method == Method::HEAD { "" } else { body };
    Fate::Reply(403, vec![("date", date)], body.to_owned())
}

#[tokio::test]
async fn wrong_clock_is_corrected_by_the_stores() {
    for hours in [-30, -1, 1] {
        let refused = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&refused);
        let finished = both_ways(
            async || TestBuckets::with(&KEYS).await,
            move |seen| {
                let fate = by_its_clock(&seen, SignedDuration::from_hours(hours));
                counted.fetch_add(usize::from(matches!(fate, Fate::Reply(..))), Relaxed);
                std::future::ready(fate)
            },
        )
        .await;
        finished.iter().for_each(Finished::is_equal);
        // The first listings of both places, at one store and at two.
        assert!((2..=4).contains(&refused.load(Relaxed)), "{refused:?}");
    }
}

/// As that of a machine that was asleep.
#[tokio::test]
async fn clock_that_jumps_mid_clone_is_corrected() {
    let seen = Arc::new(AtomicUsize::new(0));
    let finished = both_ways(
        async || TestBuckets::with(&KEYS).await,
        move |request| {
            let ahead = if seen.fetch_add(1, Relaxed) < 4 { 0 } else { 16 };
            std::future::ready(by_its_clock(&request, SignedDuration::from_mins(ahead)))
        },
    )
    .await;
    finished.iter().for_each(Finished::is_equal);
}

#[tokio::test]
async fn clock_that_cannot_be_corrected_is_named() {
    let (finished, attempts) = with_listings(usize::MAX, || Fate::Refuse(403, "RequestTimeTooSkewed")).await;
    assert_eq!((finished.error().code(), attempts), ("clock_skew", 3));
    let error = finished.error().to_string();
    assert!(error.contains("the store's clock is only") && error.contains("RequestTimeTooSkewed"), "{error}");
    assert!(finished.error().advice().contains("clock"));
}

#[tokio::test]
async fn one_refusal_of_the_time_costs_one_retry() {
    let (finished, attempts) = with_copies_of_b(1, || Fate::Refuse(403, "RequestTimeTooSkewed")).await;
    finished.is_equal();
    assert_eq!(attempts, 2);
}
