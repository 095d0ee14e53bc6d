//! An instant: Unix milliseconds internally, RFC 3339 in UTC externally.
//!
//! A small calendar saves the browser a time library; tests compare it with one.

use std::{
    fmt,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in milliseconds since 1970-01-01T00:00:00Z. JSON: RFC 3339 in UTC, `2026-03-09T14:00:00.250Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time; write it like 2026-03-09T14:00:00Z")]
pub struct TimeError(pub String);

const DAY_MS: i64 = 86_400_000;

/// Year, month and day of a day count since 1970-01-01, proleptic Gregorian.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468; // days since 0000-03-01, so that leap days end a year
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Days since 1970-01-01 of a date; the reverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl Time {
    /// Midnight UTC of a date; `None` if the date does not exist.
    pub fn of_day(year: i64, month: i64, day: i64) -> Option<Self> {
        const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = LENGTHS.get(usize::try_from(month - 1).ok()?)? + i64::from(leap && month == 2);
        (1..=length).contains(&day).then(|| Self(days(year, month, day) * DAY_MS))
    }

    /// Date in UTC: `2026-03-09`.
    pub fn date(self) -> String {
        let (year, month, day) = civil(self.0.div_euclid(DAY_MS));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Time of day in UTC: `14:00:05`.
    pub fn clock(self) -> String {
        let ms = self.0.rem_euclid(DAY_MS);
        format!("{:02}:{:02}:{:02}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60)
    }

    /// Milliseconds since `earlier`; negative if that is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl From<SystemTime> for Time {
    /// Cut to milliseconds; a clock before 1970 counts as 1970.
    fn from(clock: SystemTime) -> Self {
        let since = clock.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", self.date(), self.clock())?;
        match self.0.rem_euclid(1_000) {
            0 => write!(f, "Z"),
            ms => write!(f, ".{ms:03}Z"),
        }
    }
}

impl FromStr for Time {
    type Err = TimeError;

    /// Parses RFC 3339 with any offset; fractions beyond milliseconds are cut off.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        parse(text).ok_or_else(|| TimeError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Time> {
    let digits = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let at = |index: usize, allowed: &[u8]| text.as_bytes().get(index).filter(|b| allowed.contains(b)).copied();
    at(4, b"-")?;
    at(7, b"-")?;
    at(10, b"Tt ")?;
    at(13, b":")?;
    at(16, b":")?;
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    let (hour, minute, second) = (digits(11, 13)?, digits(14, 16)?, digits(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let Time(midnight) = Time::of_day(year, month, day)?;
    let (ms, rest) = fraction(text.get(19..)?)?;
    let offset = offset_minutes(rest)?;
    Some(Time(midnight + (hour * 60 + minute - offset) * 60_000 + second * 1_000 + ms))
}

/// Milliseconds of a fraction such as `.123456`, and the rest of the text.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(fraction) = text.strip_prefix('.') else { return Some((0, text)) };
    let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
    let (digits, rest) = fraction.split_at(end);
    let padded: String = digits.chars().chain("000".chars()).take(3).collect();
    (!digits.is_empty()).then(|| padded.parse().ok().map(|ms| (ms, rest)))?
}

/// Minutes east of UTC of `Z`, `+10:00` or `-03:30`.
fn offset_minutes(text: &str) -> Option<i64> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 || !(hours.to_owned() + minutes).bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_time_reads_as_an_independent_library_reads_it(ms in -62_135_596_800_000_i64..253_402_207_200_000) {
            // The library reads no later time, so that any zone shows a year of four digits.
            let text = Time(ms).to_string();
            let other: jiff::Timestamp = text.parse().unwrap();
            prop_assert_eq!(other.as_millisecond(), ms);
            prop_assert_eq!(text.parse(), Ok(Time(ms)));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = text.parse::<Time>();
        }
    }

    #[test]
    fn offsets_are_converted_to_utc() {
        assert_eq!("2026-03-09T14:00:00+10:00".parse(), "2026-03-09T04:00:00.000Z".parse::<Time>());
    }

    #[test]
    fn nonexistent_days_are_refused() {
        for text in ["2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "yesterday", ""] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }
}
