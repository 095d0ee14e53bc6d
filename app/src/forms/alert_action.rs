//! The actions on an alert, and their buttons.

use model::{AlertAction, AlertState, Invalid, Time};

const HOUR_MS: i64 = 3_600_000;

/// Buttons that silence an alert: value, label, duration in milliseconds.
const SILENCES: [(&str, &str, i64); 3] = [
    ("silence_1h", "Silence for 1 h", HOUR_MS),
    ("silence_8h", "Silence for 8 h", 8 * HOUR_MS),
    ("silence_3d", "Silence for 3 days", 72 * HOUR_MS),
];

/// The action of a button, by its value and the time of the click.
pub fn alert_action(name: &str, now: Time) -> Result<AlertAction, Invalid> {
    let silence = SILENCES.into_iter().find(|(value, ..)| *value == name);
    match (name, silence) {
        ("acknowledge", _) => Ok(AlertAction::Acknowledge),
        ("reopen", _) => Ok(AlertAction::Reopen),
        (_, Some((.., ms))) => Ok(AlertAction::Silence { until: Time(now.0 + ms) }),
        _ => Err(Invalid::new("action", name, "one of acknowledge, silence_1h, silence_8h, silence_3d, reopen")),
    }
}

/// The buttons for an alert in this state: value and label.
pub fn offered(state: AlertState) -> Vec<(&'static str, &'static str)> {
    let silences = SILENCES.map(|(value, label, _)| (value, label));
    match state {
        AlertState::Open => [("acknowledge", "Acknowledge")].into_iter().chain(silences).collect(),
        AlertState::Acknowledged => silences.into_iter().chain([("reopen", "Reopen")]).collect(),
        AlertState::Silenced => vec![("acknowledge", "Acknowledge"), ("reopen", "Reopen")],
        AlertState::Resolved => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_button_has_its_action() {
        for state in AlertState::ALL {
            for (value, label) in offered(state) {
                assert!(alert_action(value, Time(0)).is_ok(), "{label}");
            }
        }
        let silenced = AlertAction::Silence { until: Time(8 * HOUR_MS + 5) };
        assert_eq!(alert_action("silence_8h", Time(5)), Ok(silenced));
        assert!(offered(AlertState::Resolved).is_empty());
        assert_eq!(alert_action("silence", Time(0)).unwrap_err().field, "action");
    }
}
