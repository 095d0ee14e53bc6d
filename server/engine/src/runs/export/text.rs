//! Reads exported text: one event per line, and lines that continue it. A line may begin with CloudWatch's time and the
//! name of its stream; the console's pages show neither.

use std::{collections::VecDeque, io::BufRead, mem};

use model::Time;

use super::{ExportError, id, next_line, time};
use crate::runs::LogEvent;

/// Longest event, in bytes; further continuation lines are cut off.
const EVENT: usize = 1_100_000;
/// Most events that wait for a time.
const WAITING: usize = 10_000;
/// Prefixes of the platform's own lines.
const PLATFORM: [&str; 6] =
    ["START RequestId:", "END RequestId:", "REPORT RequestId:", "RequestId:", "INIT_START", "XRAY "];

pub(super) struct Text<'a> {
    stream: &'a str,
    number: u64,
    /// The last time found in a line.
    at: Option<Time>,
    /// The event whose lines are being read.
    open: Option<Open>,
    /// Complete events without a time.
    waiting: VecDeque<Open>,
}

struct Open {
    at: Option<Time>,
    stream: String,
    text: String,
    /// Whether it is a line of the platform, which has no continuation.
    platform: bool,
}

/// The beginning of an event, as read from its first line.
struct Begun<'l> {
    at: Option<Time>,
    stream: Option<&'l str>,
    message: &'l str,
}

impl<'a> Text<'a> {
    pub(super) fn new(stream: &'a str) -> Self {
        Self { stream, number: 0, at: None, open: None, waiting: VecDeque::new() }
    }

    pub(super) fn read(mut self, mut file: impl BufRead, take: &mut dyn FnMut(LogEvent)) -> Result<(), ExportError> {
        let mut line = Vec::new();
        let mut number = 0;
        while next_line(&mut file, number + 1, &mut line)?.is_some() {
            number += 1;
            self.line(&String::from_utf8_lossy(&line), take);
        }
        self.close(take);
        if self.at.is_none() && !self.waiting.is_empty() {
            return Err(ExportError::Timeless);
        }
        self.settle(self.at, take);
        Ok(())
    }

    fn line(&mut self, line: &str, take: &mut dyn FnMut(LogEvent)) {
        if let Some(begun) = begins(line) {
            self.close(take);
            let stream = begun.stream.unwrap_or(self.stream).to_owned();
            self.open =
                Some(Open { at: begun.at, stream, text: begun.message.to_owned(), platform: platform(begun.message) });
            return;
        }
        match &mut self.open {
            Some(open) if !open.platform => {
                if open.text.len() + line.len() < EVENT {
                    open.text.push('\n');
                    open.text.push_str(line);
                }
            }
            _ if line.trim().is_empty() => {}
            open => {
                let (at, stream) =
                    open.as_ref().map_or((None, self.stream.to_owned()), |open| (open.at, open.stream.clone()));
                self.close(take);
                self.open = Some(Open { at, stream, text: line.to_owned(), platform: false });
            }
        }
    }

    /// Completes the open event.
    fn close(&mut self, take: &mut dyn FnMut(LogEvent)) {
        let Some(open) = self.open.take() else { return };
        if let Some(at) = open.at {
            self.settle(Some(at), take);
            self.at = Some(at);
        }
        self.waiting.push_back(open);
        if self.at.is_some() && (self.waiting.len() > WAITING || self.waiting.iter().all(|open| open.at.is_some())) {
            self.settle(self.at, take);
        }
    }

    /// Emits the events that waited for a time. A start line and those after it get the next time, others the last one.
    fn settle(&mut self, next: Option<Time>, take: &mut dyn FnMut(LogEvent)) {
        let before = self.at.or(next);
        let waiting = mem::take(&mut self.waiting);
        let begun =
            waiting.iter().rposition(|open| open.text.starts_with(PLATFORM[0]) || open.text.starts_with(PLATFORM[4]));
        for (index, open) in waiting.into_iter().enumerate() {
            let follows_start = begun.is_some_and(|begun| index >= begun);
            let Some(at) = open.at.or(if follows_start { next } else { before }) else { continue };
            self.number += 1;
            take(LogEvent { at, id: id(self.number), stream: open.stream, text: open.text });
        }
    }
}

/// Parses the first line of an event; `None` if the line continues the previous event.
fn begins(line: &str) -> Option<Begun<'_>> {
    if platform(line) {
        return Some(Begun { at: None, stream: None, message: line });
    }
    // Python: `[ERROR] KeyError: 'x'`, or `[INFO]\tISO\tid\tmessage`.
    if let Some((_, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']'))
        && (rest.starts_with('\t') || line.starts_with("[ERROR] "))
    {
        let at = rest.split_whitespace().next().and_then(time);
        return Some(Begun { at, stream: None, message: line });
    }
    let (first, rest) = line.split_at(line.find(char::is_whitespace).unwrap_or(line.len()));
    let at = time(first)?;
    let next = rest.split_whitespace().next().unwrap_or_default();
    if rest.starts_with('\t') || rest.starts_with("  ") || uuid(next) {
        // The function's own line, which also begins with a time.
        return Some(Begun { at: Some(at), stream: None, message: line });
    }
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    if let Some((stream, message)) = rest.split_once(' ').filter(|(stream, _)| is_stream(stream)) {
        return Some(Begun { at: Some(at), stream: Some(stream), message });
    }
    Some(Begun { at: Some(at), stream: None, message: rest })
}

fn platform(text: &str) -> bool {
    PLATFORM.iter().any(|prefix| text.starts_with(prefix))
}

/// `2017/03/09/[$LATEST]0a1b…`
fn is_stream(word: &str) -> bool {
    word.contains("/[") && word.contains(']') && word.starts_with(|first: char| first.is_ascii_digit())
}

fn uuid(word: &str) -> bool {
    word.len() == 36 && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
