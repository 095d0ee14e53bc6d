//! Bandwidth by hour: a timetable of ceilings, such as `08:00-18:00 10MB, 22:00-06:00 50MB`.
//!
//! Always: no two spans overlap. The time zone of the spans is a field of its own, in [`crate::Limits`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{BytesPerSecond, Invalid};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Spans of a day, each with its ceiling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours(Vec<HourSpan>);

/// From a minute of the day up to and without another; over midnight if that is not later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HourSpan {
    from: u16,
    to: u16,
    most: BytesPerSecond,
}

impl Hours {
    /// Accepted form of the text, as an error message states it.
    pub const EXPECTED: &str =
        "spans that do not overlap, each with its bytes a second, such as 08:00-18:00 10MB, 22:00-06:00 50MB";

    /// The ceiling at a minute of the day; `None` outside all spans.
    pub fn at(&self, minute: u16) -> Option<BytesPerSecond> {
        self.0.iter().find(|span| span.holds(minute)).map(|span| span.most)
    }
}

impl HourSpan {
    fn holds(&self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (span, most) = text.trim().split_once(char::is_whitespace)?;
        let (from, to) = span.split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        (from < DAY && from != to).then_some(Self { from, to, most: most.parse().ok()? })
    }
}

/// `HH:MM` up to `24:00`, as a minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok())?;
    let (hour, minute) = (digits(hour)?, digits(minute).filter(|_| minute.len() == 2)?);
    let at = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && at <= DAY).then_some(at)
}

impl FromStr for Hours {
    type Err = Invalid;

    /// Spans with commas, semicolons or line feeds between.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = |value: &str| Invalid::new("bandwidth_hours", value, Self::EXPECTED);
        let spans = text.split([',', ';', '\n']).map(str::trim).filter(|span| !span.is_empty());
        let spans = spans.map(|span| HourSpan::read(span).ok_or_else(|| wrong(span)));
        let spans: Vec<HourSpan> = spans.collect::<Result<_, _>>()?;
        let overlap = (0..DAY).any(|minute| spans.iter().filter(|span| span.holds(minute)).count() > 1);
        if spans.is_empty() || overlap { Err(wrong(text)) } else { Ok(Self(spans)) }
    }
}

impl TryFrom<String> for Hours {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, HourSpan { from, to, most }) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{:02}:{:02}-{:02}:{:02} {most}", from / 60, from % 60, to / 60, to % 60)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceiling_follows_the_hour() {
        let hours: Hours = "8:00-18:00 10MB; 22:00-06:30 1kB".parse().unwrap();
        assert_eq!(hours.to_string(), "08:00-18:00 10MB, 22:00-06:30 1kB");
        let at = |hour: u16, minute: u16| hours.at(hour * 60 + minute).map(|most| most.to_string());
        assert_eq!(at(8, 0).unwrap(), "10MB");
        assert_eq!((at(17, 59).unwrap(), at(18, 0)), ("10MB".to_owned(), None));
        assert_eq!((at(23, 59).unwrap(), at(0, 0).unwrap()), ("1kB".to_owned(), "1kB".to_owned()));
        assert_eq!(at(6, 30), None);
        assert_eq!("00:00-24:00 1".parse::<Hours>().unwrap().at(1_439).unwrap().to_string(), "1");
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for text in [
            "",
            "08:00-18:00",
            "08:00 10MB",
            "8-18 10MB",
            "08:00-25:00 1MB",
            "08:60-09:00 1MB",
            "08:00-08:00 1MB",
            "08:00-18:00 0",
            "08:00-18:00 10MB, 17:00-19:00 1MB",
            "24:00-01:00 1MB",
            "22:00-06:00 1MB, 05:00-07:00 1MB",
            "08:5-09:00 1MB",
            "+8:00-09:00 1MB",
        ] {
            assert!(text.parse::<Hours>().unwrap_err().to_string().contains("08:00-18:00 10MB"), "{text}");
        }
    }
}
