//! Shows progress: one updated line on a terminal, a line every five seconds elsewhere, JSON lines once a second on
//! request.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::SyncStatus;
use serde::Serialize;

use super::Summary;

const BETWEEN_LINES: Duration = Duration::from_secs(5);
const BETWEEN_OBJECTS: Duration = Duration::from_secs(1);

pub enum Reporter {
    Bar(ProgressBar),
    Lines { last: Option<Instant> },
    Json { last: Option<Instant> },
}

#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    status: &'a SyncStatus,
}

impl Reporter {
    pub fn new(json: bool) -> Self {
        if json {
            Self::Json { last: None }
        } else if stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            Self::Bar(bar.with_style(ProgressStyle::default_spinner()))
        } else {
            Self::Lines { last: None }
        }
    }

    pub fn show(&mut self, status: &SyncStatus) {
        match self {
            Self::Bar(bar) => {
                bar.set_message(status.reason.clone());
                bar.tick();
            }
            Self::Lines { last } => {
                if due(last, BETWEEN_LINES) {
                    err!("{}", status.reason);
                }
            }
            Self::Json { last } => {
                if due(last, BETWEEN_OBJECTS) {
                    print_json(&Line { r#type: "progress", status });
                }
            }
        }
    }

    pub fn finish(&mut self, summary: &Summary) {
        match self {
            Self::Bar(bar) => {
                bar.finish_and_clear();
                summary.print();
            }
            Self::Lines { .. } => summary.print(),
            Self::Json { .. } => print_json(summary),
        }
        summary.print_error();
    }
}

fn due(last: &mut Option<Instant>, between: Duration) -> bool {
    let due = last.is_none_or(|at| at.elapsed() >= between);
    if due {
        *last = Some(Instant::now());
    }
    due
}

pub fn print_json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => out!("{line}"),
        Err(error) => err!("logyard: {error}"),
    }
}
