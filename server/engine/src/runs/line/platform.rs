//! Reads the platform's own text lines.

use super::{Signal, report};

/// The request id and the signal of a line; `None` if it is not a line of the platform.
pub(super) fn read(text: &str) -> Option<(Option<String>, Signal)> {
    let after = |prefix: &str| text.strip_prefix(prefix).and_then(request);
    if let Some((id, _)) = after("START RequestId:") {
        return Some((Some(id.to_owned()), Signal::Start));
    }
    if let Some((id, _)) = after("END RequestId:") {
        return Some((Some(id.to_owned()), Signal::End));
    }
    if let Some((id, rest)) = after("REPORT RequestId:") {
        return Some((Some(id.to_owned()), Signal::Report(report::read(rest))));
    }
    let (id, rest) = after("RequestId:")?;
    Some((Some(id.to_owned()), ended(rest)?))
}

/// The signal of a line that reports a bad end: `Task timed out …`, `Error: Runtime exited …`.
pub(super) fn ended(message: &str) -> Option<Signal> {
    if let Some((_, rest)) = message.split_once("Task timed out after") {
        let seconds = rest.trim_start().split(' ').next().and_then(|seconds| seconds.parse::<f64>().ok());
        return Some(Signal::TimedOut(seconds.and_then(|seconds| report::whole(seconds * 1_000.0))));
    }
    let exited = ["Process exited before completing request", "Runtime exited", "Runtime.ExitError"];
    if !exited.iter().any(|phrase| message.contains(phrase)) {
        return None;
    }
    if message.contains("signal: killed") || out_of_memory(message) {
        return Some(Signal::OutOfMemory);
    }
    let how = message.trim().lines().next().unwrap_or_default();
    let how = how.strip_prefix("Error: ").unwrap_or(how);
    Some(Signal::Crashed(how.chars().take(200).collect::<String>().into()))
}

/// Whether a message reports out of memory, in the wording of any runtime.
pub(super) fn out_of_memory(message: &str) -> bool {
    ["Runtime.OutOfMemory", "JavaScript heap out of memory", "java.lang.OutOfMemoryError"]
        .iter()
        .any(|phrase| message.contains(phrase))
}

/// Splits off the first word if it is an id.
pub(super) fn request(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (id, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    let id = id.trim_end_matches(':');
    plausible(id).then_some((id, rest))
}

/// Whether a word may be a request id: short, and only letters, digits, `-` and `_`.
pub(super) fn plausible(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
