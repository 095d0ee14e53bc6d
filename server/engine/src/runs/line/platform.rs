//! What the platform writes as text.

use super::{Sign, report};

/// The request and what the line says of it; `None`: the line is not the platform's.
pub(super) fn read(text: &str) -> Option<(Option<String>, Sign)> {
    let after = |prefix: &str| text.strip_prefix(prefix).and_then(request);
    if let Some((id, _)) = after("START RequestId:") {
        return Some((Some(id.to_owned()), Sign::Start));
    }
    if let Some((id, _)) = after("END RequestId:") {
        return Some((Some(id.to_owned()), Sign::End));
    }
    if let Some((id, rest)) = after("REPORT RequestId:") {
        return Some((Some(id.to_owned()), Sign::Report(report::read(rest))));
    }
    let (id, rest) = after("RequestId:")?;
    Some((Some(id.to_owned()), ended(rest)?))
}

/// What is said of a request without a word of its own: `Task timed out …`, `Error: Runtime exited …`.
pub(super) fn ended(message: &str) -> Option<Sign> {
    if let Some((_, rest)) = message.split_once("Task timed out after") {
        let seconds = rest.trim_start().split(' ').next().and_then(|seconds| seconds.parse::<f64>().ok());
        return Some(Sign::TimedOut(seconds.and_then(|seconds| report::whole(seconds * 1_000.0))));
    }
    let exited = ["Process exited before completing request", "Runtime exited", "Runtime.ExitError"];
    if !exited.iter().any(|phrase| message.contains(phrase)) {
        return None;
    }
    if message.contains("signal: killed") || out_of_memory(message) {
        return Some(Sign::OutOfMemory);
    }
    let how = message.trim().lines().next().unwrap_or_default();
    let how = how.strip_prefix("Error: ").unwrap_or(how);
    Some(Sign::Crashed(how.chars().take(200).collect::<String>().into()))
}

/// In the words of the runtimes.
pub(super) fn out_of_memory(message: &str) -> bool {
    ["Runtime.OutOfMemory", "JavaScript heap out of memory", "java.lang.OutOfMemoryError"]
        .iter()
        .any(|phrase| message.contains(phrase))
}

/// The first word, which is an id, and what follows it.
pub(super) fn request(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (id, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    let id = id.trim_end_matches(':');
    plausible(id).then_some((id, rest))
}

/// Ids are UUIDs; whatever else a word may be, it is short and has no brackets.
pub(super) fn plausible(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
