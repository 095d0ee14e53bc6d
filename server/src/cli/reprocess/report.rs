//! Shows progress: a bar on a terminal, a line every five seconds elsewhere, JSON lines on request.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{
    Progress,
    number::{byte_rate, bytes, count},
};
use serde::Serialize;

use super::Summary;

const BETWEEN_LINES: Duration = Duration::from_secs(5);

pub enum Reporter {
    Bar(ProgressBar),
    Lines { last: Option<Instant> },
    Json,
}

#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    progress: &'a Progress,
}

impl Reporter {
    pub fn new(json: bool) -> Self {
        if json {
            Self::Json
        } else if stderr().is_terminal() {
            Self::Bar(ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()))
        } else {
            Self::Lines { last: None }
        }
    }

    pub fn show(&mut self, progress: &Progress) {
        match self {
            Self::Bar(bar) => {
                let template = if progress.found_final { "{wide_bar} {percent}% {msg}" } else { "{msg}" };
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style);
                }
                // By bytes: objects are of very different sizes.
                bar.set_length(progress.found_bytes);
                bar.set_position(progress.bytes.min(progress.found_bytes));
                bar.set_message(words(progress));
            }
            Self::Lines { last } => {
                if last.is_none_or(|at| at.elapsed() >= BETWEEN_LINES) {
                    err!("{}", words(progress));
                    *last = Some(Instant::now());
                }
            }
            Self::Json => print_json(&Line { r#type: "progress", progress }),
        }
    }

    pub fn finish(&mut self, summary: &Summary) {
        match self {
            Self::Bar(bar) => {
                bar.finish_and_clear();
                summary.print();
            }
            Self::Lines { .. } => summary.print(),
            Self::Json => print_json(summary),
        }
        summary.print_error();
    }
}

fn print_json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => out!("{line}"),
        Err(error) => err!("logyard: {error}"),
    }
}

/// `shipping: 12 of 40 objects, 1 failed, 1,204,000 lines, 93 MB, 12 MB/s, 20 to 35 s left`
fn words(progress: &Progress) -> String {
    let mut words = format!(
        "{}: {} of {}{} objects, {} failed, {} lines, {}",
        progress.phase.as_str(),
        count(progress.settled()),
        count(progress.found),
        if progress.found_final { "" } else { " so far" },
        count(progress.failed),
        count(progress.lines.map_or(0, |lines| lines.encountered)),
        bytes(progress.bytes),
    );
    if progress.stalled() {
        return format!("{words}, stalled for {} s", progress.idle_ms / 1_000);
    }
    if progress.byte_rate >= 1.0 {
        words = format!("{words}, {}", byte_rate(progress.byte_rate));
    }
    if let Some(left) = progress.left {
        words = format!("{words}, {} to {} s left", left.at_least_s, left.at_most_s);
    }
    words
}
