//! Runs in words: the mark of an outcome, and what was shipped.

use model::{Outcome, Run, Summary};

use super::{Mark, count, counted};

impl Mark {
    /// The outcome of a run, or that a person accepted what it lacks.
    pub fn of_run(run: &Run) -> Self {
        match &run.accepted {
            Some(_) => Self { shape: "–", word: "partial, accepted", tone: "idle" },
            None => Self::of_outcome(run.outcome),
        }
    }

    pub fn of_outcome(outcome: Outcome) -> Self {
        let (shape, word, tone) = match outcome {
            Outcome::Delivered => ("✔", "acknowledged", "good"),
            // Written, and nobody said that it arrived.
            Outcome::Sent => ("→", "sent", "idle"),
            Outcome::Empty => ("–", "empty", "idle"),
            Outcome::Partial => ("✖", "partial", "bad"),
            Outcome::Suspicious => ("?", "suspicious", "warn"),
            Outcome::TimedOut => ("✖", "timed out", "bad"),
            Outcome::Crashed => ("✖", "crashed", "bad"),
            Outcome::Unproven => ("?", "unproven", "warn"),
            Outcome::Unknown => ("?", "unknown", "warn"),
        };
        Self { shape, word, tone }
    }
}

/// The number of records not parsed plus events not delivered.
pub fn lost(summary: &Summary) -> u64 {
    summary.failures.parsing.total + summary.failures.sending.total
}

/// `51 of 52 lines`; empty for a run without a summary.
pub fn shipped(run: &Run) -> String {
    let Some(summary) = &run.summary else { return String::new() };
    let lines = &summary.lines;
    let arrived = match (&summary.sink, summary.acknowledged) {
        (None, _) => lines.parsed,
        (Some(_), true) => lines.acknowledged + lines.duplicate,
        (Some(_), false) => lines.sent,
    };
    let all = counted(lines.encountered, "line");
    let shipped = if arrived == lines.encountered { all } else { format!("{} of {all}", count(arrived)) };
    match lines.filtered {
        0 => shipped,
        some => format!("{shipped}, {} outside the window", count(some)),
    }
}

/// The last segment of a key, for lists that show the whole key beside it.
pub fn file_name(key: &str) -> &str {
    key.rsplit('/').find(|part| !part.is_empty()).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use model::Lines;

    use super::*;

    #[test]
    fn shipped_lines_follow_sink_evidence() {
        let lines = Lines { encountered: 52, parsed: 52, filtered: 1, sent: 50, acknowledged: 49, ..Lines::default() };
        let run = |acknowledged| Run {
            summary: Some(Summary { lines, acknowledged, sink: Some("tcp://a:1".to_owned()), ..Summary::default() }),
            ..crate::examples::run(1)
        };
        assert_eq!(shipped(&run(false)), "50 of 52 lines, 1 outside the window");
        assert_eq!(shipped(&run(true)), "49 of 52 lines, 1 outside the window");
        assert_eq!(shipped(&Run { summary: None, ..run(true) }), "");
    }

    #[test]
    fn file_name_is_last_segment() {
        assert_eq!(["a/b.log", "a/b/", "b", "/"].map(file_name), ["b.log", "b", "b", "/"]);
    }
}
