//! Lambda's JSON logs: `{time, type, record}` of the platform, `{timestamp, level, requestId, message}` of the function.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Sign, Status, application, platform, recognised, report};
use crate::runs::mapping::Mapping;

/// Under which names loggers keep the request id.
const REQUEST: [&str; 5] = ["requestId", "aws_request_id", "AWSRequestId", "function_request_id", "request_id"];

/// The message, letter by letter.
#[derive(Deserialize)]
struct Verbatim<'a> {
    #[serde(borrow)]
    message: &'a RawValue,
}

/// `None`: not JSON of either kind, or it says nothing about a run.
pub(super) fn read(text: &str, mapping: &Mapping) -> Option<(Option<String>, Sign)> {
    let json: Value = serde_json::from_str(text).ok()?;
    if let (Some(kind), Some(record)) = (json.get("type").and_then(Value::as_str), json.get("record"))
        && let Some(event) = kind.strip_prefix("platform.")
    {
        let request = record.get("requestId").and_then(Value::as_str).filter(|id| platform::plausible(id));
        return Some((request.map(str::to_owned), of_platform(event, record)?));
    }
    let request = REQUEST.iter().filter_map(|name| json.get(name)?.as_str()).find(|id| platform::plausible(id));
    let sign = of_function(text, &json, request.is_some(), mapping)?;
    Some((request.map(str::to_owned), sign))
}

fn of_platform(event: &str, record: &Value) -> Option<Sign> {
    let status = || record.get("status").and_then(Value::as_str).and_then(Status::read);
    match event {
        "start" => Some(Sign::Start),
        "runtimeDone" => status().map(Sign::Done),
        "report" => Some(Sign::Report(report::of_record(record))),
        _ => None, // how long a sandbox took to begin is in the report
    }
}

fn of_function(text: &str, json: &Value, named: bool, mapping: &Mapping) -> Option<Sign> {
    match json.get("message") {
        Some(Value::String(message)) => {
            if let Some(sign) = application::sign(message, named, mapping) {
                return Some(sign);
            }
        }
        Some(Value::Object(_)) => {
            let message = serde_json::from_str::<Verbatim<'_>>(text).ok()?.message;
            if let Some(sign) = recognised(message.get(), mapping) {
                return Some(sign);
            }
        }
        _ => {}
    }
    if let Some(sign) = recognised(text, mapping) {
        return Some(sign);
    }
    if text.contains("EMFILE") {
        return Some(Sign::SocketsExhausted);
    }
    let level = json.get("level").and_then(Value::as_str);
    let error = level.is_some_and(|level| ["ERROR", "FATAL"].contains(&level)) || json.get("errorType").is_some();
    error.then_some(Sign::Trouble)
}
