//! A run in words: what came of it as a shape and a word, and what it did.

use model::{Outcome, Run, Summary};

use super::{Mark, count, things};

impl Mark {
    pub fn of_outcome(outcome: Outcome) -> Self {
        let (shape, word, tone) = match outcome {
            Outcome::Delivered => ("✔", "acknowledged", "good"),
            Outcome::Sent => ("✔", "sent", "good"),
            Outcome::Empty => ("✔", "empty", "idle"),
            Outcome::Partial => ("✖", "in part", "bad"),
            Outcome::Suspicious => ("?", "suspicious", "warn"),
            Outcome::TimedOut => ("✖", "timed out", "bad"),
            Outcome::Crashed => ("✖", "crashed", "bad"),
            Outcome::Unproven => ("?", "unproven", "warn"),
            Outcome::Unknown => ("?", "unknown", "warn"),
        };
        Self { shape, word, tone }
    }
}

/// Records that could not be parsed and events that were not delivered.
pub fn lost(summary: &Summary) -> u64 {
    summary.failures.parsing.total + summary.failures.sending.total
}

/// `51 of 52 lines, 1 lost`; empty for a run that left no summary.
pub fn shipped(run: &Run) -> String {
    let Some(summary) = &run.summary else { return String::new() };
    let lines = &summary.lines;
    let arrived = match (&summary.sink, summary.acknowledged) {
        (None, _) => lines.parsed,
        (Some(_), true) => lines.acknowledged + lines.duplicate,
        (Some(_), false) => lines.sent,
    };
    let all = things(lines.encountered, "line");
    let shipped = if arrived == lines.encountered { all } else { format!("{} of {all}", count(arrived)) };
    match lines.filtered {
        0 => shipped,
        some => format!("{shipped}, {} outside the window", count(some)),
    }
}

/// The last part of a key, for a list; the whole key stands beside it.
pub fn file_name(key: &str) -> &str {
    key.rsplit('/').find(|part| !part.is_empty()).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use model::Lines;

    use super::*;

    #[test]
    fn what_was_shipped_is_told_by_what_the_sink_can_prove() {
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
    fn a_key_is_shown_by_its_last_part() {
        assert_eq!(["a/b.log", "a/b/", "b", "/"].map(file_name), ["b.log", "b", "b", "/"]);
    }
}
