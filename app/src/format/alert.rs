//! Alerts, gaps and marked events in words: a shape, a word, and the tone that supports them.

use model::{AlertKind, AlertState, GapKind, MarkedEvent};

use super::{Mark, count};

impl Mark {
    pub fn of_alert(state: AlertState) -> Self {
        let (shape, word, tone) = match state {
            AlertState::Open => ("✖", "open", "bad"),
            AlertState::Acknowledged => ("●", "acknowledged", "warn"),
            AlertState::Silenced => ("‖", "silenced", "warn"),
            AlertState::Resolved => ("✔", "resolved", "good"),
        };
        Self { shape, word, tone }
    }

    /// Without proof it was sent, as an outcome says it of a run.
    pub fn of_marked(event: &MarkedEvent) -> Self {
        let (shape, word, tone) = match (&event.error, &event.proof) {
            (Some(_), _) => ("✖", "did not arrive", "bad"),
            (None, Some(_)) => ("✔", "arrived", "good"),
            (None, None) => ("✔", "sent", "good"),
        };
        Self { shape, word, tone }
    }

    pub fn of_gap(kind: GapKind) -> Self {
        let (shape, word, tone) = match kind {
            GapKind::Never => ("○", "never picked up", "bad"),
            GapKind::Failed => ("✖", "failed", "bad"),
            GapKind::Partial => ("?", "in part", "warn"),
        };
        Self { shape, word, tone }
    }
}

/// What an alert is of, as a title.
pub fn alert_words(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::NoRuns => "No runs",
        AlertKind::Lag => "Falling behind",
        AlertKind::Loss => "Losing records",
        AlertKind::Suspicious => "Suspicious success",
        AlertKind::Failing => "Timeouts or crashes in a row",
        AlertKind::Memory => "Near the limit of memory",
        AlertKind::Parsing => "Cannot be parsed",
        AlertKind::Twice => "Delivered more than once",
        AlertKind::Unknown => "Not known",
        AlertKind::Canary => "Canary did not arrive",
    }
}

/// `99.998 %`, rounded down: 100 only where nothing is missing. `None` of nothing.
pub fn share(part: u64, whole: u64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let thousandths = (u128::from(part.min(whole)) * 100_000 / u128::from(whole)).to_string();
    let padded = format!("{thousandths:0>4}");
    let (percent, decimals) = padded.split_at(padded.len() - 3);
    let decimals = decimals.trim_end_matches('0');
    Some(if decimals.is_empty() { format!("{percent} %") } else { format!("{percent}.{decimals} %") })
}

/// `1,233 of 1,234`, or the whole alone where nothing is missing.
pub fn of(part: u64, whole: u64) -> String {
    if part == whole { count(whole) } else { format!("{} of {}", count(part), count(whole)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_whole_only_where_nothing_is_missing() {
        for (part, whole, text) in [
            (0, 5, "0 %"),
            (1, 3, "33.333 %"),
            (1, 200, "0.5 %"),
            (99_998, 100_000, "99.998 %"),
            (9_999_999, 10_000_000, "99.999 %"),
            (7, 7, "100 %"),
            (8, 7, "100 %"),
        ] {
            assert_eq!(share(part, whole).as_deref(), Some(text));
        }
        assert_eq!(share(0, 0), None);
    }
}
