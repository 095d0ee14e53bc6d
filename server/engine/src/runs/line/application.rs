//! What the function itself writes, as text: `ISO\trequest id\t[LEVEL\t]message`, or a bare message.

use model::Time;

use super::{Sign, fragment, object::named_in_text, platform};
use crate::runs::mapping::Mapping;

const LEVELS: [&str; 7] = ["TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL"];

pub(super) fn read(text: &str, mapping: &Mapping) -> Option<(Option<String>, Sign)> {
    let (request, message) = parts(text);
    let sign = sign(message, request.is_some(), mapping)?;
    Some((request.map(str::to_owned), sign))
}

/// What a message says, by what is surest first.
pub(super) fn sign(message: &str, named: bool, mapping: &Mapping) -> Option<Sign> {
    if message.trim().is_empty() {
        return named.then_some(Sign::Heading);
    }
    if let Some(sign) = fragment::whole(message, mapping) {
        return Some(sign);
    }
    if let Some(ended) = platform::ended(message) {
        return Some(ended);
    }
    if message.contains("EMFILE") && !message.trim_start().starts_with('"') {
        return Some(Sign::SocketsExhausted);
    }
    if platform::out_of_memory(message) {
        return Some(Sign::OutOfMemory);
    }
    if let Some(how) = uncaught(message) {
        return Some(Sign::Crashed(how.chars().take(200).collect::<String>().into()));
    }
    if let Some(object) = named_in_text(message) {
        return Some(Sign::Object(object));
    }
    if let Some(piece) = fragment::piece(message) {
        return Some(Sign::Piece(piece.into()));
    }
    if message.trim_start().starts_with("Error: ") {
        return Some(Sign::Trouble);
    }
    (named && message.contains("Summary follows")).then_some(Sign::Heading)
}

/// An error that ended the invocation, as the runtimes log it.
fn uncaught(message: &str) -> Option<&str> {
    let text = message.trim_start();
    let node = ["Uncaught Exception", "Unhandled Promise Rejection", "Invoke Error"];
    if node.iter().any(|phrase| text.starts_with(phrase)) {
        return Some(text.lines().next().unwrap_or(text).trim());
    }
    let python = text.strip_prefix("[ERROR] ").filter(|_| text.contains("Traceback (most recent call last)"))?;
    python.lines().next()
}

/// The request that a line names, and its message.
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
