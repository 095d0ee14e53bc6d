//! Parses the timestamps of all formats: `2026-03-09T14:00:00`, with an optional fraction of any length and optional
//! `Z`.

use model::Time;

use super::block::{BLOCK, Block};

/// Length of `:40.`, the text before a fraction.
const POINT: usize = 4;

/// A parsed timestamp, and whether it has a zone, as RFC 3339 requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Truncated to milliseconds, so that a half-open window of milliseconds contains exactly its records.
    pub time: Time,
    pub has_zone: bool,
}

/// Parses timestamps fast if they lie in the same minute as the previous one, as most in a log do.
#[derive(Debug, Default)]
pub struct Minute {
    /// The previous timestamp's minute, such as `2026-03-09T14:00`, and its start.
    known: Option<([u8; BLOCK], Time)>,
}

impl Minute {
    /// As [`parse`].
    #[inline]
    pub fn parse(&mut self, text: &[u8]) -> Option<Timestamp> {
        let (minute, rest) = text.split_first_chunk()?;
        if let Some((known, Time(start))) = &self.known
            && known == minute
            && let Some((milliseconds, has_zone)) = past_minute(rest)
        {
            return Some(Timestamp { time: Time(start + milliseconds), has_zone });
        }
        let timestamp = parse(text)?;
        let Time(time) = timestamp.time;
        self.known = Some((*minute, Time(time - time.rem_euclid(60_000))));
        Some(timestamp)
    }
}

/// Parses the rest after the minute, such as `:40.820889Z`: its milliseconds, and whether it has a `Z`.
#[inline]
fn past_minute(text: &[u8]) -> Option<(i64, bool)> {
    let block = Block::first_of(text);
    let &[b':', second1 @ b'0'..=b'5', second2, b'.', hundreds, tens, ones, ..] = block.bytes() else { return None };
    let fraction = (block.digits() >> POINT).trailing_ones() as usize;
    if !second2.is_ascii_digit() || fraction < 3 {
        return None;
    }
    let has_zone = match text[POINT + fraction..] {
        [] => false,
        [b'Z'] => true,
        _ => return None,
    };
    let digit = |digit: u8| i64::from(digit - b'0');
    let whole = digit(second1) * 10 + digit(second2);
    Some((whole * 1_000 + digit(hundreds) * 100 + digit(tens) * 10 + digit(ones), has_zone))
}

/// Parses a timestamp; `None` if it is malformed or names a time that does not exist.
pub fn parse(text: &[u8]) -> Option<Timestamp> {
    let (date_and_time, rest) = text.split_at_checked(19)?;
    let &[
        year1,
        year2,
        year3,
        year4,
        b'-',
        month1,
        month2,
        b'-',
        day1,
        day2,
        b'T', //
        hour1,
        hour2,
        b':',
        minute1,
        minute2,
        b':',
        second1,
        second2,
    ] = date_and_time
    else {
        return None;
    };
    let year = number(&[year1, year2, year3, year4])?;
    let Time(midnight) = Time::of_day(year, number(&[month1, month2])?, number(&[day1, day2])?)?;
    let (hour, minute, second) = (number(&[hour1, hour2])?, number(&[minute1, minute2])?, number(&[second1, second2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (rest, has_zone) = rest.strip_suffix(b"Z").map_or((rest, false), |rest| (rest, true));
    let milliseconds = match rest {
        [] => 0,
        [b'.', fraction @ ..] => thousandths(fraction)?,
        _ => return None,
    };
    let time = Time(midnight + (hour * 3_600 + minute * 60 + second) * 1_000 + milliseconds);
    Some(Timestamp { time, has_zone })
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// Milliseconds from a fraction of at least one digit.
fn thousandths(fraction: &[u8]) -> Option<i64> {
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |index: usize| fraction.get(index).map_or(0, |digit| i64::from(digit - b'0'));
    Some(digit(0) * 100 + digit(1) * 10 + digit(2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn timestamp_equals_the_models_parser(
            ms in -62_135_596_800_000_i64..253_402_300_799_999, digits in 0..10_usize
        ) {
            let fraction: String = format!("{:03}987654321", ms.rem_euclid(1_000)).chars().take(digits).collect();
            let dot = if digits == 0 { "" } else { "." };
            let whole = Time(ms - ms.rem_euclid(1_000)).to_string();
            let text = format!("{}{dot}{fraction}Z", whole.trim_end_matches('Z'));
            let expected: Time = text.parse().unwrap();
            prop_assert_eq!(parse(text.as_bytes()), Some(Timestamp { time: expected, has_zone: true }));
        }
    }

    proptest! {
        #[test]
        fn known_minute_changes_no_result(first in 0..2, texts in prop::collection::vec(
            r"2026-03-09T14:0[0-1](:[0-6]?[0-9]?)?(\.[0-9]{0,7})?(Z|z| )?", 1..6
        )) {
            let mut minute = Minute::default();
            minute.parse(format!("2026-03-09T14:0{first}:59.5Z").as_bytes()).unwrap();
            for text in texts {
                prop_assert_eq!(minute.parse(text.as_bytes()), parse(text.as_bytes()), "{}", text);
            }
        }
    }

    #[test]
    fn timestamp_without_zone_is_utc() {
        let expected = Timestamp { time: "2018-12-20T02:59:40Z".parse().unwrap(), has_zone: false };
        assert_eq!(parse(b"2018-12-20T02:59:40"), Some(expected));
    }

    #[test]
    fn invalid_timestamps_are_refused() {
        for text in [
            "",
            "-",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1x",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00ZZ",
            "2026-1-01T00:00:00Z",
            "2026-01-01T00:00",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
