//! Finds the log object that a line names.

use model::{BucketName, Key};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A log object named in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runs) struct LogObject {
    pub(in crate::runs) bucket: BucketName,
    pub(in crate::runs) key: Key,
}

/// Parses `… Bucket: [b], Key: [k]`, as the shipping functions log it (the key may hold brackets), else `s3://b/k`.
pub(super) fn named_in_text(text: &str) -> Option<LogObject> {
    let line = text.lines().find(|line| line.contains("Bucket: [")).unwrap_or(text);
    if let Some((_, rest)) = line.split_once("Bucket: [") {
        let (bucket, rest) = rest.split_once("], Key: [")?;
        let (key, _) = rest.rsplit_once(']')?;
        return named(bucket, key);
    }
    let (_, rest) = text.split_once("s3://")?;
    let (bucket, key) = rest.split(char::is_whitespace).next()?.split_once('/')?;
    named(bucket, key.trim_end_matches(['"', '\'', ',', ')', ']']))
}

/// Parses an S3 event (with form-encoded keys), directly or inside an SQS or SNS message, or an `EventBridge` event.
pub(in crate::runs) fn named_in_json(json: &Value) -> Option<LogObject> {
    let text = |json: &Value, pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if let (Some(bucket), Some(key)) = (text(json, "/detail/bucket/name"), text(json, "/detail/object/key")) {
        return named(&bucket, &key);
    }
    let record = json.pointer("/Records/0")?;
    if let (Some(bucket), Some(key)) = (text(record, "/s3/bucket/name"), text(record, "/s3/object/key")) {
        let spaced = key.replace('+', " ");
        return named(&bucket, &percent_decode_str(&spaced).decode_utf8().ok()?);
    }
    let wrapped = text(record, "/body").or_else(|| text(record, "/Sns/Message"))?;
    let inner: Value = serde_json::from_str(&wrapped).ok()?;
    let nested = inner.pointer("/Records/0/body").is_some(); // one envelope is enough
    (!nested).then(|| named_in_json(&inner))?
}

pub(in crate::runs) fn named(bucket: &str, key: &str) -> Option<LogObject> {
    Some(LogObject { bucket: bucket.parse().ok()?, key: key.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(object: Option<LogObject>) -> Option<(String, String)> {
        object.map(|LogObject { bucket, key }| (bucket.into(), key.into()))
    }

    #[test]
    fn object_is_read_from_text_with_brackets_in_key() {
        let text = "Retrieving ELK log file from S3 bucket/key specified in the initiating event. Bucket: [logs], \
                    Key: [AWSLogs/1/a [b], c.log]";
        assert_eq!(texts(named_in_text(text)), Some(("logs".into(), "AWSLogs/1/a [b], c.log".into())));
        assert_eq!(texts(named_in_text("reading s3://logs/a/b.gz, 3 kB")), Some(("logs".into(), "a/b.gz".into())));
        assert_eq!(texts(named_in_text("Bucket: [logs], Prefix: [a]")), None);
    }

    #[test]
    fn object_is_read_decoded_from_logged_event() {
        let event = json!({"Records": [{"s3": {"bucket": {"name": "logs"}, "object": {"key": "a+b%2Bc/d.log"}}}]});
        let expected = Some(("logs".to_owned(), "a b+c/d.log".to_owned()));
        assert_eq!(texts(named_in_json(&event)), expected);
        assert_eq!(texts(named_in_json(&json!({"Records": [{"body": event.to_string()}]}))), expected);
        let bus = json!({"detail": {"bucket": {"name": "logs"}, "object": {"key": "a+b"}}});
        assert_eq!(texts(named_in_json(&bus)), Some(("logs".into(), "a+b".into())));
        assert_eq!(texts(named_in_json(&json!({"Records": []}))), None);
    }
}
