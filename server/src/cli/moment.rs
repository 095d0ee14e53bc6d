//! Times on the command line: an instant, a date, a local time, or how long ago.
//!
//! Always: what is local is so in the zone of the machine, or in `--zone`. A local time that a change of the clocks makes
//! twice, or skips, is refused and never guessed.

use std::str::FromStr;

use jiff::{civil, tz::TimeZone};
use model::Time;

const DAY_MS: i64 = 86_400_000;

/// A time as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    At(Time),
    /// Milliseconds before now; `now` itself is none.
    Ago(i64),
    /// In the zone of the machine or of `--zone`.
    Local(civil::DateTime),
    /// A time of day, today.
    Clock(civil::Time),
    /// Midnight so many days ago.
    Day(i64),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = match text {
            "now" => Some(Self::Ago(0)),
            "today" => Some(Self::Day(0)),
            "yesterday" => Some(Self::Day(1)),
            _ => match text.strip_prefix('-') {
                Some(ago) => before(ago).map(Self::Ago),
                None => written(text),
            },
        };
        found.ok_or_else(|| {
            "write it like 2026-03-09T14:00:00Z, 2026-03-09T14:00 or 2026-03-09 (local), 14:00 (today), today, yesterday, \
             now, or -1h (s, m, h, d or w ago)"
                .to_owned()
        })
    }
}

fn written(text: &str) -> Option<Moment> {
    if let Ok(at) = text.parse::<Time>() {
        return Some(Moment::At(at));
    }
    // A zone that is no offset would be dropped in silence.
    let local = text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.T ".contains(&byte));
    if !local {
        return None;
    }
    if let Ok(clock) = text.parse::<civil::Time>()
        && !text.contains('-')
    {
        return Some(Moment::Clock(clock));
    }
    text.parse::<civil::DateTime>().ok().map(Moment::Local)
}

/// `90m` in milliseconds.
fn before(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        _ => return None,
    };
    let number = &text[..text.len() - 1];
    let number: i64 = number.parse().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))?;
    number.checked_mul(unit)
}

impl Moment {
    /// The instant, seen from `now` in a zone.
    pub fn resolve(&self, now: Time, zone: &TimeZone) -> Result<Time, String> {
        let here = || {
            let at = jiff::Timestamp::from_millisecond(now.0).map_err(|error| error.to_string())?;
            Ok::<_, String>(at.to_zoned(zone.clone()))
        };
        match self {
            Self::At(at) => Ok(*at),
            Self::Ago(ms) => Ok(Time(now.0 - ms)),
            Self::Local(local) => local_time(*local, zone),
            Self::Clock(clock) => local_time(here()?.date().to_datetime(*clock), zone),
            Self::Day(days) => {
                let date = here()?.date().checked_sub(jiff::Span::new().days(*days));
                local_time(date.map_err(|error| error.to_string())?.to_datetime(civil::Time::midnight()), zone)
            }
        }
    }
}

fn local_time(local: civil::DateTime, zone: &TimeZone) -> Result<Time, String> {
    let at = zone.to_ambiguous_zoned(local).unambiguous().map_err(|_| {
        let name = zone.iana_name().unwrap_or("this zone");
        format!("the clocks in {name} show {local} twice or never; write it with an offset, such as {local}+01:00")
    })?;
    Ok(Time(at.timestamp().as_millisecond()))
}

/// The zone of the machine, or the named one.
pub fn zone(name: Option<&str>) -> Result<TimeZone, String> {
    match name {
        None => Ok(TimeZone::system()),
        Some(name) => TimeZone::get(name)
            .map_err(|_| format!("--zone {name:?} is not a time zone; write it like Europe/Madrid or UTC")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, now: &str, name: &str) -> Result<String, String> {
        let moment: Moment = text.parse()?;
        moment.resolve(now.parse().unwrap(), &zone(Some(name))?).map(|time| time.to_string())
    }

    #[test]
    fn times_are_read_as_instant_local_or_ago() {
        let now = "2026-03-09T14:30:00Z";
        for (text, expected) in [
            ("2026-03-09T14:00:00Z", "2026-03-09T14:00:00Z"),
            ("2026-03-09T14:00:00+05:30", "2026-03-09T08:30:00Z"),
            ("2026-03-09T14:00", "2026-03-09T13:00:00Z"),
            ("2026-03-09 14:00:30", "2026-03-09T13:00:30Z"),
            ("2026-07-09T14:00", "2026-07-09T12:00:00Z"),
            ("2026-03-09", "2026-03-08T23:00:00Z"),
            ("14:00", "2026-03-09T13:00:00Z"),
            ("today", "2026-03-08T23:00:00Z"),
            ("yesterday", "2026-03-07T23:00:00Z"),
            ("now", "2026-03-09T14:30:00Z"),
            ("-1h", "2026-03-09T13:30:00Z"),
            ("-90m", "2026-03-09T13:00:00Z"),
            ("-2d", "2026-03-07T14:30:00Z"),
        ] {
            assert_eq!(at(text, now, "Europe/Madrid").as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn summer_time_is_that_of_the_day_typed() {
        assert_eq!(at("2026-03-29", "2026-04-02T00:00:00Z", "Europe/Madrid").unwrap(), "2026-03-28T23:00:00Z");
        assert_eq!(at("2026-03-30", "2026-04-02T00:00:00Z", "Europe/Madrid").unwrap(), "2026-03-29T22:00:00Z");
    }

    #[test]
    fn skipped_and_repeated_local_times_are_refused() {
        for text in ["2026-03-29T02:30", "2026-10-25T02:30"] {
            let refusal = at(text, "2026-03-09T14:30:00Z", "Europe/Madrid").unwrap_err();
            assert!(refusal.contains("Europe/Madrid") && refusal.contains("with an offset"), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_examples() {
        for text in ["", "soon", "-1", "-h", "--1h", "2026-13-09", "2026-03-09T14:00:00[Europe/Madrid]", "25:00", "1h"]
        {
            let refusal = text.parse::<Moment>().unwrap_err();
            assert!(refusal.contains("-1h"), "{text}: {refusal}");
        }
        assert!(zone(Some("Mars/Olympus")).unwrap_err().contains("Europe/Madrid"));
    }
}
