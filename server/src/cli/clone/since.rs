//! `--newer-than` and `--older-than`: an instant, or a duration before the start of the command.

use std::str::FromStr;

use model::{Invalid, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    At(Time),
    /// Milliseconds before now.
    Ago(i64),
}

impl Since {
    /// Resolved once, so that a clone resumed later covers the same objects.
    pub fn before(self, now: Time) -> Time {
        match self {
            Self::At(time) => time,
            Self::Ago(ms) => Time(now.0.saturating_sub(ms)),
        }
    }
}

impl FromStr for Since {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let said = text.parse().map(Self::At).ok().or_else(|| ago(text).map(Self::Ago));
        said.ok_or_else(|| {
            Invalid::new("time", text, "like 2026-03-09T14:00:00Z, or a duration before now like 90m, 36h, 7d")
        })
    }
}

fn ago(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_instant_or_duration_before_now() {
        let since = |text: &str| text.parse::<Since>().unwrap().before(Time(1_000_000_000));
        assert_eq!(since("1970-01-01T00:00:01Z"), Time(1_000));
        assert_eq!(since("36h"), Time(1_000_000_000 - 36 * 3_600_000));
        assert_eq!(since("7d"), since("1w"));
        assert_eq!(since("0s"), Time(1_000_000_000));
    }

    #[test]
    fn other_texts_are_refused_with_examples() {
        for text in ["", "h", "7", "-1d", "1.5h", "7 d", "yesterday", "99999999999999999w", "2026-03-09"] {
            let error = text.parse::<Since>().unwrap_err().to_string();
            assert!(error.contains("2026-03-09T14:00:00Z") && error.contains("36h"), "{error}");
        }
    }
}
