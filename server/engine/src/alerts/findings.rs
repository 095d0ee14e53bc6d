//! What a look at the facts gives.

use std::collections::BTreeSet;

use model::{AlertKind, RunId, Time, Window};

/// A condition that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: AlertKind,
    /// When it began to hold.
    pub since: Time,
    /// What holds, in a sentence with its figures.
    pub reason: String,
    /// What to do, in a sentence.
    pub advice: String,
    /// What it rests on, at most [`Finding::EVIDENCE`] each.
    pub runs: Vec<RunId>,
    pub keys: Vec<String>,
    /// What to look at.
    pub window: Window,
    /// How bad it is, to tell whether it became much worse; comparable within a kind only.
    pub weight: u64,
}

/// What holds, and what nobody can know now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// At most one of a kind.
    pub findings: Vec<Finding>,
    /// Neither to be opened nor to be resolved now. None of them is among the findings.
    pub unknown: BTreeSet<AlertKind>,
}

impl Finding {
    pub const EVIDENCE: usize = 10;
}

/// What happened from one time to another, and a few minutes on either side.
pub fn around(from: Time, to: Time) -> Window {
    Window::around(from, to, 5 * 60_000)
}

/// `40 s`, `6 min`, `3 h 20 min`, `2 days 4 h`.
pub fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} days {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// `1 run`, `3 runs`.
pub fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Rounded, and never to 0 or 100 where it is not.
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub fn percent(part: u64, of: u64) -> String {
    if part == of || of == 0 {
        return "100 %".to_owned();
    }
    let share = part as f64 * 100.0 / of as f64;
    match share {
        _ if share < 0.1 => "under 0.1 %".to_owned(),
        _ if share < 10.0 => format!("{share:.1} %"),
        _ if share > 99.0 => "over 99 %".to_owned(),
        _ => format!("{share:.0} %"),
    }
}
