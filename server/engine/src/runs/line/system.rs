//! Lambda's JSON logs: `{time, type, record}` of the platform, `{timestamp, level, requestId, message}` of the
//! function.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Signal, Status, application, platform, recognised, report};
use crate::runs::mapping::Mapping;

/// Field names under which loggers store the request id.
const REQUEST: [&str; 5] = ["requestId", "aws_request_id", "AWSRequestId", "function_request_id", "request_id"];

/// The message, exactly as logged.
#[derive(Deserialize)]
struct Verbatim<'a> {
    #[serde(borrow)]
    message: &'a RawValue,
}

/// The request id and the signal of a JSON line; `None` if it is not such JSON or carries no signal.
pub(super) fn read(text: &str, mapping: &Mapping) -> Option<(Option<String>, Signal)> {
    let json: Value = serde_json::from_str(text).ok()?;
    if let (Some(kind), Some(record)) = (json.get("type").and_then(Value::as_str), json.get("record"))
        && let Some(event) = kind.strip_prefix("platform.")
    {
        let request = record.get("requestId").and_then(Value::as_str).filter(|id| platform::plausible(id));
        return Some((request.map(str::to_owned), of_platform(event, record)?));
    }
    let request = REQUEST.iter().filter_map(|name| json.get(name)?.as_str()).find(|id| platform::plausible(id));
    let signal = of_function(text, &json, request.is_some(), mapping)?;
    Some((request.map(str::to_owned), signal))
}

fn of_platform(event: &str, record: &Value) -> Option<Signal> {
    let status = || record.get("status").and_then(Value::as_str).and_then(Status::read);
    match event {
        "start" => Some(Signal::Start),
        "runtimeDone" => status().map(Signal::Done),
        "report" => Some(Signal::Report(report::of_record(record))),
        _ => None, // how long a sandbox took to begin is in the report
    }
}

fn of_function(text: &str, json: &Value, named: bool, mapping: &Mapping) -> Option<Signal> {
    match json.get("message") {
        Some(Value::String(message)) => {
            if let Some(signal) = application::signal(message, named, mapping) {
                return Some(signal);
            }
        }
        Some(Value::Object(_)) => {
            let message = serde_json::from_str::<Verbatim<'_>>(text).ok()?.message;
            if let Some(signal) = recognised(message.get(), mapping) {
                return Some(signal);
            }
        }
        _ => {}
    }
    if let Some(signal) = recognised(text, mapping) {
        return Some(signal);
    }
    if text.contains("EMFILE") {
        return Some(Signal::SocketsExhausted);
    }
    let level = json.get("level").and_then(Value::as_str);
    let error = level.is_some_and(|level| ["ERROR", "FATAL"].contains(&level)) || json.get("errorType").is_some();
    error.then_some(Signal::ErrorLogged)
}
