//! The same of CloudWatch Logs.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use engine::{
    limit::AdaptiveLimiter,
    logs::{Logs, LogsError, LogsFault, Page, Place, Stretch},
};
use model::Time;

use super::{
    clock::{signed_at, told_by},
    page,
};
use crate::{
    proxy::{Fate, Proxy, Seen},
    support::endpoint,
};

fn reply(status: u16, body: &str) -> Fate {
    let headers =
        vec![("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amzn-requestid", "REQ7".to_owned())];
    Fate::Reply(status, headers, body.to_owned())
}

fn an_event() -> Fate {
    reply(200, r#"{"events": [{"timestamp": 1, "message": "hello", "eventId": "1", "logStreamName": "s"}]}"#)
}

/// The first page of a service that answers like this, and how many requests came.
async fn read(answer: impl Fn(&Seen) -> Fate + Send + Sync + 'static) -> (Result<Page, LogsError>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let service = Proxy::before("http://127.0.0.1:1", move |seen| {
        counted.fetch_add(1, Relaxed);
        std::future::ready(answer(&seen))
    })
    .await;
    let place = Place { group: "/aws/lambda/f".to_owned(), region: None, url: Some(service.url().to_owned()) };
    let limiter = AdaptiveLimiter::new(NonZeroU32::new(100).unwrap());
    let logs = Logs::connect(place, &endpoint(service.url(), ("anyone", "anything")), limiter).await;
    let read = logs.page(&Stretch { from: Time(0), to: Time(9), stream: None }, None).await;
    (read, asked.load(Relaxed))
}

fn refusal(code: &str, message: &str) -> Fate {
    reply(400, &format!(r#"{{"__type": "{code}", "message": "{message}"}}"#))
}

#[tokio::test]
async fn wrong_clock_is_corrected_by_that_of_the_logs() {
    let (read, asked) = read(|seen| {
        let (now, date) = told_by(jiff::SignedDuration::from_hours(2));
        let off = now.duration_since(signed_at(seen)).abs() > jiff::SignedDuration::from_mins(5);
        let expired = || refusal("InvalidSignatureException", "Signature expired: 1 is now earlier than 2");
        let fate = if off { expired() } else { an_event() };
        let Fate::Reply(status, mut headers, body) = fate else { unreachable!() };
        headers.push(("date", date));
        Fate::Reply(status, headers, body)
    })
    .await;
    assert_eq!((read.unwrap().events.len(), asked), (1, 2));
}

#[tokio::test]
async fn passing_refusals_of_logs_are_retried() {
    let refusals: [fn() -> Fate; 5] = [
        || refusal("ThrottlingException", "Rate exceeded"),
        || refusal("LimitExceededException", "too many"),
        || reply(408, ""),
        || page(502),
        // Nothing inside is not silence.
        || reply(200, "{}"),
    ];
    for refused in refusals {
        let (read, asked) = read(move |seen| if seen.number == 0 { refused() } else { an_event() }).await;
        assert_eq!((read.unwrap().events.len(), asked), (1, 2));
    }
}

#[tokio::test]
async fn lasting_refusals_of_logs_keep_their_words() {
    let (refused, asked) = read(|_| refusal("UnrecognizedClientException", "The token is invalid")).await;
    let error = refused.unwrap_err();
    assert!(matches!(error.fault, LogsFault::BadCredentials { .. }), "{error:?}");
    assert!(error.to_string().contains("UnrecognizedClientException: The token is invalid (request REQ7)"), "{error}");
    assert_eq!(asked, 1);
    let (refused, _) = read(|_| refusal("AccessDeniedException", "not authorized")).await;
    assert!(matches!(refused.unwrap_err().fault, LogsFault::Denied { .. }));
}

#[tokio::test]
async fn page_in_place_of_events_is_named_once() {
    for status in [200, 403] {
        let (read, asked) = read(move |_| page(status)).await;
        let error = read.unwrap_err();
        assert!(matches!(error.fault, LogsFault::Other { .. }), "{error:?}");
        assert!(error.to_string().contains("text/html, 36 bytes, \"<html> <title>Sign in"), "{error}");
        assert_eq!(asked, 1);
    }
}
