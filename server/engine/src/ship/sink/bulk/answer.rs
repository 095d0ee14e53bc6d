//! Parses the answer to a bulk request, item by item.
//!
//! A status of 200 proves nothing by itself: each item has its own status, and there must be one for each event.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::ship::sink::error::SinkFault;

/// The result of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// One for each event, in order.
    Items(Vec<Item>),
    /// Nothing was accepted, as the request is too large.
    TooLarge { why: String },
    /// Nothing was accepted, and a retry cannot help.
    Rejected { why: String },
    /// A retry may help. No event is known to be accepted.
    Later(SinkFault),
    /// No request to this sink can succeed.
    Never(SinkFault),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    Taken,
    /// The receiver already had it.
    Duplicate,
    Later {
        why: String,
    },
    Refused {
        why: String,
    },
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    items: Vec<Action>,
    #[serde(default)]
    error: Value,
}

#[derive(Deserialize)]
struct Action {
    #[serde(alias = "index")]
    create: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    status: u16,
    #[serde(default)]
    error: Value,
}

/// Parses the answer to a request of `events` events.
pub(super) fn read(status: StatusCode, body: &[u8], events: usize) -> Answer {
    let parsed = serde_json::from_slice::<Body>(body);
    if status == StatusCode::OK {
        return match parsed {
            Ok(Body { items, .. }) if items.len() == events => Answer::Items(items.into_iter().map(item).collect()),
            Ok(Body { items, .. }) => later(format!("200 with {} items for {events} events", items.len())),
            Err(error) => later(format!("200 with what is no answer to a bulk request: {error}")),
        };
    }
    let message = match parsed {
        Ok(Body { error, .. }) if !error.is_null() => describe(&error),
        _ => String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned(),
    };
    let why = if message.is_empty() { status.to_string() } else { format!("{} {message}", status.as_u16()) };
    match status.as_u16() {
        413 => Answer::TooLarge { why },
        400 => Answer::Rejected { why },
        401 | 403 => Answer::Never(SinkFault::Denied { why }),
        408 | 429 | 500..=599 => Answer::Later(SinkFault::Overloaded { why }),
        _ => Answer::Never(SinkFault::Protocol { why }),
    }
}

fn later(why: String) -> Answer {
    Answer::Later(SinkFault::Protocol { why })
}

fn item(Action { create: Outcome { status, error } }: Action) -> Item {
    let why = || format!("{status} {}", describe(&error));
    match status {
        200 | 201 => Item::Taken,
        409 => Item::Duplicate,
        429 | 500..=599 => Item::Later { why: why() },
        _ => Item::Refused { why: why() },
    }
}

/// Formats an error: `{"type": …, "reason": …}`, or any other JSON as it is.
fn describe(error: &Value) -> String {
    match (error["type"].as_str(), error["reason"].as_str()) {
        (Some(kind), Some(reason)) => format!("{kind}: {reason}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => match error {
            Value::Null => "without a reason".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_judged_by_its_status() {
        let body =
            br#"{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409,"error":{"type":"x"}}},
            {"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"queue full"}}},
            {"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"no number"}}}]}"#;
        assert_eq!(
            read(StatusCode::OK, body, 4),
            Answer::Items(vec![
                Item::Taken,
                Item::Duplicate,
                Item::Later { why: "429 es_rejected_execution_exception: queue full".into() },
                Item::Refused { why: "400 mapper_parsing_exception: no number".into() },
            ])
        );
    }

    #[test]
    fn answer_without_every_item_is_rejected() {
        for body in [&br#"{"errors":false,"items":[{"create":{"status":201}}]}"#[..], b"", b"<html>", b"{}"] {
            assert!(matches!(read(StatusCode::OK, body, 2), Answer::Later(SinkFault::Protocol { .. })));
        }
    }

    #[test]
    fn request_error_keeps_the_receivers_words() {
        let body = br#"{"error":{"type":"security_exception","reason":"missing credentials"},"status":401}"#;
        let why = "401 security_exception: missing credentials".to_owned();
        assert_eq!(read(StatusCode::UNAUTHORIZED, body, 1), Answer::Never(SinkFault::Denied { why }));
        let why = "413 Payload Too Large".to_owned();
        assert_eq!(read(StatusCode::PAYLOAD_TOO_LARGE, b"", 1), Answer::TooLarge { why });
    }
}
