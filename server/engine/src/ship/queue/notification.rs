//! Parses notifications: S3's own, the same inside an SNS envelope, or an event of `EventBridge`.
//!
//! Always: a notification names S3 objects only, and all of them; any other message is an error.

use model::{BucketName, Key, Time};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Most nested envelopes: one, and one inside it.
const ENVELOPES: u32 = 2;
/// Longest value quoted in an error, in characters.
const HELD: usize = 80;

/// The written objects, in the order of the message. Empty if the message announces deletions, or is the test event of
/// a newly connected queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    pub created: Vec<Created>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub bucket: BucketName,
    pub key: Key,
    /// Time of the write, according to the message.
    pub at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANotification {
    #[error("not JSON: {0}")]
    Json(String),
    #[error("not a notification of S3: it has neither Records, nor a detail with an object, nor an SNS Message")]
    Unknown,
    #[error("{field}: {held} is not {wanted}")]
    Field { field: String, held: String, wanted: &'static str },
}

impl Notification {
    /// Parses the body of a message.
    pub fn read(body: &str) -> Result<Self, NotANotification> {
        Self::unwrap(body, ENVELOPES)
    }

    fn unwrap(body: &str, envelopes: u32) -> Result<Self, NotANotification> {
        let body: Value = serde_json::from_str(body).map_err(|error| NotANotification::Json(error.to_string()))?;
        if let Some(records) = body.get("Records") {
            return records_of(records);
        }
        if body.get("source").and_then(Value::as_str) == Some("aws.s3") {
            return event_of(&body);
        }
        match (body.get("Event").and_then(Value::as_str), body.get("Message").and_then(Value::as_str)) {
            (Some("s3:TestEvent"), _) => Ok(Self::default()),
            (_, Some(message)) if envelopes > 0 => Self::unwrap(message, envelopes - 1),
            _ => Err(NotANotification::Unknown),
        }
    }
}

/// Parses S3's own form: `Records`, with form-encoded keys.
fn records_of(records: &Value) -> Result<Notification, NotANotification> {
    let wrong = || refused("Records", Some(records), "a list of records");
    let records = records.as_array().filter(|records| !records.is_empty()).ok_or_else(wrong)?;
    let mut created = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let name = |rest: &str| format!("Records[{index}].{rest}");
        let event = text(record, "/eventName", || name("eventName"), "the name of an event")?;
        let bucket = bucket(record, "/s3/bucket/name", || name("s3.bucket.name"))?;
        let encoded = text(record, "/s3/object/key", || name("s3.object.key"), KEY)?;
        let spaced = encoded.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8().ok();
        let key = decoded.and_then(|key| key.parse().ok());
        let key = key.ok_or_else(|| refused(&name("s3.object.key"), Some(&Value::from(encoded)), KEY))?;
        if event.trim_start_matches("s3:").starts_with("ObjectCreated:") {
            created.push(Created { bucket, key, at: time(record, "/eventTime") });
        }
    }
    Ok(Notification { created })
}

/// Parses `EventBridge`'s form: one `detail`, with an unencoded key.
fn event_of(event: &Value) -> Result<Notification, NotANotification> {
    let kind = text(event, "/detail-type", || "detail-type".to_owned(), "the name of an event")?;
    let bucket = bucket(event, "/detail/bucket/name", || "detail.bucket.name".to_owned())?;
    let field = || "detail.object.key".to_owned();
    let key = text(event, "/detail/object/key", field, KEY)?;
    let key = key.parse().map_err(|_| refused(&field(), Some(&Value::from(key)), KEY))?;
    let created = Created { bucket, key, at: time(event, "/time") };
    Ok(Notification { created: if kind == "Object Created" { vec![created] } else { Vec::new() } })
}

const KEY: &str = "the key of an object";

fn bucket(value: &Value, pointer: &str, field: impl Fn() -> String) -> Result<BucketName, NotANotification> {
    const BUCKET: &str = "the name of a bucket";
    let name = text(value, pointer, &field, BUCKET)?;
    name.parse().map_err(|_| refused(&field(), Some(&Value::from(name)), BUCKET))
}

fn text<'a>(
    value: &'a Value,
    pointer: &str,
    field: impl Fn() -> String,
    wanted: &'static str,
) -> Result<&'a str, NotANotification> {
    let held = value.pointer(pointer);
    held.and_then(Value::as_str).ok_or_else(|| refused(&field(), held, wanted))
}

fn time(value: &Value, pointer: &str) -> Option<Time> {
    value.pointer(pointer)?.as_str()?.parse().ok()
}

fn refused(field: &str, held: Option<&Value>, wanted: &'static str) -> NotANotification {
    let held = held.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let cut = held.char_indices().nth(HELD).map_or(held.len(), |(index, _)| index);
    NotANotification::Field { field: field.to_owned(), held: held[..cut].to_owned(), wanted }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn record(event: &str, key: &str) -> Value {
        json!({
            "eventSource": "aws:s3", "eventTime": "2026-03-09T14:00:00.000Z", "eventName": event,
            "s3": {"bucket": {"name": "elb-logs"}, "object": {"key": key, "size": 1, "eTag": "e"}},
        })
    }

    fn keys(body: &Value) -> Vec<String> {
        let notification = Notification::read(&body.to_string()).unwrap();
        notification.created.iter().map(|created| created.key.to_string()).collect()
    }

    fn error(body: &str) -> String {
        Notification::read(body).unwrap_err().to_string()
    }

    #[test]
    fn each_form_gives_the_same_object() {
        let direct = json!({"Records": [record("ObjectCreated:Put", "a+b/%C3%A9%2B.log")]});
        let expected = Created {
            bucket: "elb-logs".parse().unwrap(),
            key: "a b/é+.log".parse().unwrap(),
            at: Some("2026-03-09T14:00:00Z".parse().unwrap()),
        };
        let through_sns = json!({"Type": "Notification", "TopicArn": "arn", "Message": direct.to_string()});
        let bridge = json!({
            "detail-type": "Object Created", "source": "aws.s3", "time": "2026-03-09T14:00:00Z",
            "detail": {"bucket": {"name": "elb-logs"}, "object": {"key": "a b/é+.log", "size": 1}},
        });
        let bridge_through_sns = json!({"Message": bridge.to_string()});
        for body in [direct, through_sns, bridge, bridge_through_sns] {
            assert_eq!(
                Notification::read(&body.to_string()).unwrap().created,
                std::slice::from_ref(&expected),
                "{body}"
            );
        }
    }

    #[test]
    fn message_without_writes_gives_no_objects() {
        assert!(keys(&json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "elb-logs"})).is_empty());
        assert!(keys(&json!({"Records": [record("ObjectRemoved:Delete", "a")]})).is_empty());
        let restored = json!({
            "detail-type": "Object Restore Completed", "source": "aws.s3",
            "detail": {"bucket": {"name": "elb-logs"}, "object": {"key": "a"}},
        });
        assert!(keys(&restored).is_empty());
        let both = [record("ObjectRemoved:Delete", "a"), record("s3:ObjectCreated:CompleteMultipartUpload", "b")];
        assert_eq!(keys(&json!({"Records": both})), ["b"]);
    }

    #[test]
    fn invalid_message_names_its_fault() {
        assert!(error("hello").starts_with("not JSON: "));
        for body in ["null", "[]", "{}", "\"Records\"", r#"{"Message": 1}"#] {
            assert_eq!(error(body), NotANotification::Unknown.to_string());
        }
        assert!(error(r#"{"Message": "hello"}"#).starts_with("not JSON: "));
        assert_eq!(error(r#"{"Records": []}"#), "Records: [] is not a list of records");
        let kinesis = json!({"Records": [{"eventName": "aws:kinesis:record", "kinesis": {}}]}).to_string();
        assert_eq!(error(&kinesis), "Records[0].s3.bucket.name: nothing is not the name of a bucket");
        let keyless = json!({"Records": [record("ObjectCreated:Put", "a"), record("ObjectCreated:Put", "%FF")]});
        assert_eq!(error(&keyless.to_string()), "Records[1].s3.object.key: \"%FF\" is not the key of an object");
        let long = json!({"source": "aws.s3", "detail-type": ["x".repeat(1_000)]});
        assert!(error(&long.to_string()).len() < 200);
    }

    #[test]
    fn nesting_of_envelopes_is_limited() {
        let mut body = json!({"Records": [record("ObjectCreated:Put", "a")]}).to_string();
        for _ in 0..ENVELOPES {
            body = json!({"Message": body}).to_string();
        }
        assert!(Notification::read(&body).is_ok());
        assert_eq!(error(&json!({"Message": body}).to_string()), NotANotification::Unknown.to_string());
    }

    const PARTS: [&str; 6] = ["/eventName", "/s3", "/s3/bucket", "/s3/bucket/name", "/s3/object", "/s3/object/key"];

    proptest! {
        #[test]
        fn key_is_decoded_from_any_encoding(key in "\\PC{1,60}", plus in any::<bool>()) {
            let mut encoded = utf8_percent_encode(&key, NON_ALPHANUMERIC).to_string();
            if plus {
                encoded = encoded.replace("%20", "+");
            }
            prop_assert_eq!(keys(&json!({"Records": [record("ObjectCreated:Put", &encoded)]})), [key]);
        }

        #[test]
        fn arbitrary_body_neither_panics_nor_gives_objects(body in "\\PC*") {
            prop_assert!(Notification::read(&body).is_err());
        }

        #[test]
        fn record_with_missing_part_is_refused(
            gone in prop::sample::select(&PARTS[..]),
            other in prop_oneof![Just(Value::Null), Just(json!(1)), Just(json!({})), Just(json!([])), Just(json!(""))],
        ) {
            let mut broken = record("ObjectCreated:Put", "a");
            *broken.pointer_mut(gone).unwrap() = other;
            let body = json!({"Records": [record("ObjectCreated:Put", "b"), broken]}).to_string();
            // A record without an event name is not a write.
            match Notification::read(&body) {
                Ok(notification) => prop_assert_eq!((gone, notification.created.len()), ("/eventName", 1)),
                Err(error) => prop_assert!(error.to_string().starts_with("Records[1]."), "{error}"),
            }
        }
    }
}
