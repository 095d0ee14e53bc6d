//! Marks and titles of alerts, gaps and canary events.

use model::{AlertKind, AlertState, GapKind, MarkedEvent};

use super::Mark;

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

    /// The mark of a canary event: without proof of delivery it is only sent.
    pub fn of_marked(event: &MarkedEvent) -> Self {
        let (shape, word, tone) = match (&event.error, &event.proof) {
            (Some(_), _) => ("✖", "not delivered", "bad"),
            (None, Some(_)) => ("✔", "delivered", "good"),
            (None, None) => ("✔", "sent", "good"),
        };
        Self { shape, word, tone }
    }

    pub fn of_gap(kind: GapKind) -> Self {
        let (shape, word, tone) = match kind {
            GapKind::Never => ("○", "not processed", "bad"),
            GapKind::Failed => ("✖", "failed", "bad"),
            GapKind::Partial => ("?", "partial", "warn"),
        };
        Self { shape, word, tone }
    }
}

/// The title of an alert of this kind.
pub fn alert_words(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::NoRuns => "No runs",
        AlertKind::Lag => "Falling behind",
        AlertKind::Loss => "Losing records",
        AlertKind::Suspicious => "Suspicious success",
        AlertKind::Failing => "Repeated timeouts or crashes",
        AlertKind::Memory => "Near the memory limit",
        AlertKind::Parsing => "Parse failures",
        AlertKind::Twice => "Duplicate deliveries",
        AlertKind::Unknown => "Status unknown",
        AlertKind::Canary => "Canary not delivered",
        AlertKind::JobFailed => "Schedule failed",
        AlertKind::Skipped => "Schedule skipped",
        AlertKind::Unconfirmed => "Mirror waits for a confirmation",
        AlertKind::TableStopped => "Table waits for a decision",
        AlertKind::TableFailing => "Table cannot be synced",
        AlertKind::TableBehind => "Copy is behind",
        AlertKind::TableQuarantined => "Copy refuses rows",
    }
}
