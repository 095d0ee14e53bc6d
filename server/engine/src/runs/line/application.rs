//! Reads text lines of the function itself: `ISO\trequest id\t[LEVEL\t]message`, or a bare message.

use model::Time;

use super::{Signal, fragment, object::named_in_text, platform};
use crate::runs::mapping::Mapping;

const LEVELS: [&str; 7] = ["TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL"];

pub(super) fn read(text: &str, mapping: &Mapping) -> Option<(Option<String>, Signal)> {
    let (request, message) = parts(text);
    let signal = signal(message, request.is_some(), mapping)?;
    Some((request.map(str::to_owned), signal))
}

/// The signal of a message; the most conclusive one first.
pub(super) fn signal(message: &str, named: bool, mapping: &Mapping) -> Option<Signal> {
    if message.trim().is_empty() {
        return named.then_some(Signal::RequestMarker);
    }
    if let Some(signal) = fragment::whole(message, mapping) {
        return Some(signal);
    }
    if let Some(ended) = platform::ended(message) {
        return Some(ended);
    }
    if message.contains("EMFILE") && !message.trim_start().starts_with('"') {
        return Some(Signal::SocketsExhausted);
    }
    if platform::out_of_memory(message) {
        return Some(Signal::OutOfMemory);
    }
    if let Some(how) = uncaught(message) {
        return Some(Signal::Crashed(how.chars().take(200).collect::<String>().into()));
    }
    if let Some(object) = named_in_text(message) {
        return Some(Signal::Object(object));
    }
    if let Some(piece) = fragment::piece(message) {
        return Some(Signal::Fragment(piece.into()));
    }
    if message.trim_start().starts_with("Error: ") {
        return Some(Signal::ErrorLogged);
    }
    (named && message.contains("Summary follows")).then_some(Signal::RequestMarker)
}

/// The text of an uncaught error, as the runtimes log it.
fn uncaught(message: &str) -> Option<&str> {
    let text = message.trim_start();
    let node = ["Uncaught Exception", "Unhandled Promise Rejection", "Invoke Error"];
    if node.iter().any(|phrase| text.starts_with(phrase)) {
        return Some(text.lines().next().unwrap_or(text).trim());
    }
    let python = text.strip_prefix("[ERROR] ").filter(|_| text.contains("Traceback (most recent call last)"))?;
    python.lines().next()
}

/// The request id of a line, if it has one, and its message.
fn parts(text: &str) -> (Option<&str>, &str) {
    // Python's logging puts the level first: `[INFO]\tISO\tid\tmessage`.
    let rest = text.strip_prefix('[').and_then(|rest| rest.split_once("]\t")).map_or(text, |(_, rest)| rest);
    let Some((first, rest)) = rest.split_once(char::is_whitespace) else { return (None, text) };
    if first.parse::<Time>().is_err() {
        return (None, text);
    }
    let tabbed = text.contains('\t');
    let rest = rest.trim_start_matches([' ', '\t']);
    let (id, message) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    if id == "undefined" {
        return (None, message.trim_start_matches([' ', '\t']));
    }
    if !platform::plausible(id)
        || !(tabbed && (message.is_empty() || message.starts_with(['\t', '\r', '\n'])) || uuid(id))
    {
        return (None, rest);
    }
    let message = message.trim_start_matches([' ', '\t']);
    let level = message.split_once('\t').filter(|(level, _)| LEVELS.contains(level));
    (Some(id), level.map_or(message, |(_, message)| message))
}

fn uuid(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
