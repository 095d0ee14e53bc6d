//! Shows progress: a bar on a terminal, a line every five seconds elsewhere, JSON lines on request.

use std::{
    fmt::Write,
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{
    Phase, Progress,
    number::{byte_rate, count},
};
use serde::Serialize;

use super::Summary;

const BETWEEN_LINES: Duration = Duration::from_secs(5);

pub enum Reporter {
    Bar(ProgressBar),
    Lines { last: Option<(Instant, Phase)> },
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
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            Self::Bar(bar)
        } else {
            Self::Lines { last: None }
        }
    }

    pub fn show(&mut self, progress: &Progress) {
        match self {
            Self::Bar(bar) => {
                let template = if progress.fraction().is_some() { "{wide_bar} {percent}% {msg}" } else { "{msg}" };
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style);
                }
                bar.set_length(progress.found);
                bar.set_position(if progress.phase == Phase::Verifying {
                    progress.compared
                } else {
                    progress.settled()
                });
                bar.set_message(words(progress));
            }
            Self::Lines { last } => {
                let due = last.is_none_or(|(at, phase)| phase != progress.phase || at.elapsed() >= BETWEEN_LINES);
                if due {
                    err!("{}", words(progress));
                    *last = Some((Instant::now(), progress.phase));
                }
            }
            Self::Json => print_json(&Line { r#type: "progress", progress }),
        }
    }

    pub fn warn(&self, message: &str) {
        match self {
            Self::Bar(bar) => bar.suspend(|| err!("logyard: {message}")),
            Self::Lines { .. } | Self::Json => err!("logyard: {message}"),
        }
    }

    pub fn finish(&mut self, summary: &Summary) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
        if matches!(self, Self::Json) {
            print_json(summary);
        } else {
            summary.print();
        }
        summary.print_error();
    }
}

pub fn print_json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => out!("{line}"),
        Err(error) => err!("logyard: {error}"),
    }
}

/// `copying: 1,200 of 7,500 (so far), 900 copied, 300 equal, 0 failed, 310/s, 4.1 MB/s, 20 to 35 s left`
fn words(progress: &Progress) -> String {
    let settled = if progress.phase == Phase::Verifying { progress.compared } else { progress.settled() };
    let mut words = format!(
        "{}: {} of {}{}, {} copied, {} skipped, {} failed",
        progress.phase.as_str(),
        count(settled),
        count(progress.found),
        if progress.found_final { "" } else { " so far" },
        count(progress.done),
        count(progress.skipped),
        count(progress.failed),
    );
    if progress.deleted > 0 || progress.phase == Phase::Deleting {
        let _ = write!(words, ", {} deleted", count(progress.deleted));
    }
    if progress.stalled() {
        return format!("{words}, stalled for {} s", progress.idle_ms / 1_000);
    }
    // Writing to a string cannot fail.
    let _ = write!(words, ", {:.0}/s", progress.rate);
    if progress.byte_rate >= 1.0 {
        let _ = write!(words, ", {}", byte_rate(progress.byte_rate));
    }
    if let Some(left) = progress.left {
        let _ = write!(words, ", {} to {} s left", left.at_least_s, left.at_most_s);
    }
    words
}
