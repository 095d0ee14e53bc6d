//! Parses the answer to a bulk request, item by item.
//!
//! A status of 200 proves nothing by itself: each item has its own status, and there must be one for each event.

use std::time::Duration;

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
    /// Nothing was accepted, as the request is compressed.
    Compressed { why: String },
    /// Nothing was accepted, and the same request never will be: one event of it, or the request itself, is wrong.
    Rejected { why: String },
    /// A retry may help, after the time that the receiver asks for. No event is known to be accepted.
    Later { fault: SinkFault, after: Option<Duration> },
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
    /// The event is refused for good.
    Refused {
        why: String,
    },
    /// No event is accepted there, whatever it holds. `passes`: until the receiver has room again.
    Blocked {
        why: String,
        passes: bool,
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

/// Parses the answer to a request of `events` events. `after`: how long the receiver asks to wait.
pub(super) fn read(status: StatusCode, body: &[u8], events: usize, after: Option<Duration>) -> Answer {
    let parsed = serde_json::from_slice::<Body>(body);
    let beginning = || String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned();
    let never = |why: String| Answer::Never(SinkFault::Protocol { why });
    if status == StatusCode::OK {
        return match parsed {
            Ok(Body { items, .. }) if items.len() == events => Answer::Items(items.into_iter().map(item).collect()),
            // Sent again, the events would be answered so again.
            Ok(Body { items, .. }) if items.is_empty() => {
                never(format!("200 without items for {events} events: {}", beginning()))
            }
            Ok(Body { items, .. }) => {
                let why = format!("200 with {} items for {events} events", items.len());
                Answer::Later { fault: SinkFault::Protocol { why }, after: None }
            }
            Err(error) => never(format!("200 with what is no answer to a bulk request: {error}: {}", beginning())),
        };
    }
    let (message, blocks) = match parsed {
        Ok(Body { error, .. }) if !error.is_null() => (describe(&error), kind(&error) == CLUSTER_BLOCK),
        _ => (beginning(), false),
    };
    let why = if message.is_empty() { status.to_string() } else { format!("{} {message}", status.as_u16()) };
    match status.as_u16() {
        _ if blocks => Answer::Later { fault: SinkFault::Overloaded { why }, after },
        413 => Answer::TooLarge { why },
        415 => Answer::Compressed { why },
        400 => Answer::Rejected { why },
        401 | 403 => Answer::Never(SinkFault::Denied { why }),
        408 | 429 | 500..=599 => Answer::Later { fault: SinkFault::Overloaded { why }, after },
        _ => never(why),
    }
}

/// The receiver's disks are full, or an index is read-only until somebody or something changes that.
const CLUSTER_BLOCK: &str = "cluster_block_exception";

fn item(Action { create: Outcome { status, error } }: Action) -> Item {
    let why = format!("{status} {}", describe(&error));
    match (status, kind(&error)) {
        (200 | 201, _) => Item::Taken,
        (409, _) => Item::Duplicate,
        (_, CLUSTER_BLOCK) => Item::Blocked { why, passes: true },
        (401 | 403 | 404, _) | (_, "index_not_found_exception" | "index_closed_exception" | "security_exception") => {
            Item::Blocked { why, passes: false }
        }
        (400, "illegal_argument_exception") if of_the_request(&error) => Item::Blocked { why, passes: false },
        (429 | 500..=599, _) => Item::Later { why },
        _ => Item::Refused { why },
    }
}

/// Whether an event is refused for where it goes and by which way, not for what it holds.
fn of_the_request(error: &Value) -> bool {
    let reason = error["reason"].as_str().unwrap_or_default();
    reason.starts_with("pipeline with id [") || reason.starts_with("no write index is defined for alias")
}

fn kind(error: &Value) -> &str {
    error["type"].as_str().unwrap_or_default()
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
            read(StatusCode::OK, body, 4, None),
            Answer::Items(vec![
                Item::Taken,
                Item::Duplicate,
                Item::Later { why: "429 es_rejected_execution_exception: queue full".into() },
                Item::Refused { why: "400 mapper_parsing_exception: no number".into() },
            ])
        );
    }

    #[test]
    fn answer_without_items_is_never_repeated() {
        for body in [&b""[..], b"<html>", b"{}", br#"{"took":3,"errors":false}"#] {
            let answer = read(StatusCode::OK, body, 2, None);
            assert!(matches!(answer, Answer::Never(SinkFault::Protocol { .. })), "{answer:?}");
        }
        let short = read(StatusCode::OK, br#"{"errors":false,"items":[{"create":{"status":201}}]}"#, 2, None);
        assert!(matches!(short, Answer::Later { fault: SinkFault::Protocol { .. }, .. }), "{short:?}");
    }

    #[test]
    fn refusal_of_the_index_is_not_of_an_event() {
        let judged = |status: u16, kind: &str, reason: &str| {
            let error = serde_json::json!({ "type": kind, "reason": reason });
            match item(Action { create: Outcome { status, error } }) {
                Item::Blocked { passes, .. } => Some(passes),
                _ => None,
            }
        };
        let flood = "index [elb] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]";
        assert_eq!(judged(429, "cluster_block_exception", flood), Some(true));
        assert_eq!(judged(403, "cluster_block_exception", "FORBIDDEN/12/index read-only"), Some(true));
        assert_eq!(judged(404, "index_not_found_exception", "no such index [elb]"), Some(false));
        assert_eq!(judged(400, "illegal_argument_exception", "pipeline with id [geo] does not exist"), Some(false));
        assert_eq!(judged(400, "illegal_argument_exception", "Limit of total fields [1000] exceeded"), None);
        assert_eq!(judged(400, "document_parsing_exception", "failed to parse field [sent_bytes]"), None);
        assert_eq!(judged(429, "es_rejected_execution_exception", "queue full"), None);
    }

    #[test]
    fn request_error_keeps_the_receivers_words() {
        let body = br#"{"error":{"type":"security_exception","reason":"missing credentials"},"status":401}"#;
        let why = "401 security_exception: missing credentials".to_owned();
        assert_eq!(read(StatusCode::UNAUTHORIZED, body, 1, None), Answer::Never(SinkFault::Denied { why }));
        let why = "413 Payload Too Large".to_owned();
        assert_eq!(read(StatusCode::PAYLOAD_TOO_LARGE, b"", 1, None), Answer::TooLarge { why });
        let block = br#"{"error":{"type":"cluster_block_exception","reason":"read-only"},"status":403}"#;
        let (why, after) = ("403 cluster_block_exception: read-only".to_owned(), Some(Duration::from_secs(7)));
        let expected = Answer::Later { fault: SinkFault::Overloaded { why }, after };
        assert_eq!(read(StatusCode::FORBIDDEN, block, 1, after), expected);
    }
}
