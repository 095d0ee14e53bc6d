//! The result of judging facts: findings, and the kinds that are unknown.

use std::collections::BTreeSet;

use model::{AlertKind, RunId, Time, Window};

/// A condition that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: AlertKind,
    /// When it began to hold.
    pub since: Time,
    /// What is wrong, as a sentence with its figures.
    pub reason: String,
    /// What to do now, as a sentence.
    pub advice: String,
    /// Runs it rests on, at most [`Finding::EVIDENCE`].
    pub runs: Vec<RunId>,
    /// Keys of objects it rests on, at most [`Finding::EVIDENCE`].
    pub keys: Vec<String>,
    /// The stretch of time to investigate.
    pub window: Window,
    /// Severity, to detect that it became much worse; comparable within one kind only.
    pub weight: u64,
}

/// All findings of one evaluation, and the kinds that cannot be judged now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// At most one of a kind.
    pub findings: Vec<Finding>,
    /// Kinds to neither open nor resolve now. No finding has one of them.
    pub unknown: BTreeSet<AlertKind>,
}

impl Finding {
    pub const EVIDENCE: usize = 10;
}

/// The window from one time to another, extended by five minutes on either side.
pub fn around(from: Time, to: Time) -> Window {
    Window::around(from, to, 5 * 60_000)
}

/// A coarse duration: `40 s`, `6 min`, `3 h 20 min`, `2 days 4 h`. Coarser than `model::number::duration`, because an alert
/// counts as changed whenever its reason changes.
pub fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} days {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// A share as a rounded percentage; shows 100 % only if it is exact, and never 0 %.
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
