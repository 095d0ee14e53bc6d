//! The time window and time zone of a page. Both are in the URL, and every link between pages keeps them, so that lists,
//! charts and alerts show the same window, and so does a shared link.
//!
//! `from` is an instant, or a duration before the end such as `-1h`, `-24h` or `-7d`. `to` is an instant; by default it is
//! now, so that the window follows the clock. `zone` is a UTC offset such as `+13:00`; the default is UTC. Always: times
//! typed into a field are read in the time zone of the page.

use std::fmt;

use model::{Invalid, Time, Window};

use crate::{
    format::{duration, moment, zone_name},
    query::Query,
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Common windows: name, and value of `from`.
pub const COMMON: [(&str, &str); 3] = [("last hour", "-1h"), ("last 24 h", "-24h"), ("last 7 days", "-7d")];

/// Query fields of the scope.
pub const FIELDS: [&str; 5] = ["from", "to", "zone", "from_zone", "to_zone"];

/// A UTC offset, in minutes east of UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zone(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    At(Time),
    /// Milliseconds before the end.
    Before(i64),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    from: Option<Start>,
    to: Option<Time>,
    zone: Option<Zone>,
}

impl Scope {
    /// Reads the scope from a query. The error names the first field that is not valid.
    pub fn read(query: &Query) -> Result<Self, Invalid> {
        let zone = read_zone(query)?;
        let to = read_time(query, "to")?;
        let from = match query.get("from").and_then(|text| text.strip_prefix('-')) {
            Some(before) => Some(Start::Before(read_before(before)?)),
            None => read_time(query, "from")?.map(Start::At),
        };
        if let (Some(Start::At(from)), Some(to)) = (from, to) {
            Window::new(from, to)?;
        }
        Ok(Self { from, to, zone })
    }

    /// The same time zone with exactly this window.
    #[must_use]
    pub fn narrowed(&self, window: Window) -> Self {
        Self { from: Some(Start::At(window.from())), to: Some(window.to()), ..*self }
    }

    /// The window of charts; by default the last 24 hours.
    pub fn window(&self, now: Time) -> Result<Window, Invalid> {
        let to = self.to.unwrap_or(now);
        Window::new(self.start(now).unwrap_or(Time(to.0 - DAY_MS)), to)
    }

    /// The start of lists; `None` if they are not narrowed.
    pub fn start(&self, now: Time) -> Option<Time> {
        self.from.map(|from| match from {
            Start::At(from) => from,
            Start::Before(ms) => Time(self.to.unwrap_or(now).0 - ms),
        })
    }

    pub fn end(&self) -> Option<Time> {
        self.to
    }

    pub fn zone(&self) -> Zone {
        self.zone.unwrap_or_default()
    }

    /// The time zone of the URL, if any; a browser then does not convert times.
    pub fn given_zone(&self) -> Option<Zone> {
        self.zone
    }

    /// Whether the URL has a window.
    pub fn narrows(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// `last 24 h`, `2026-03-09 14:00:00 to 15:00:00`, `latest`.
    pub fn label(&self) -> String {
        let instant = |at: Time, day: Option<Time>| moment(at, day, self.zone().0);
        match (self.from, self.to) {
            (None, None) => "latest".to_owned(),
            (Some(Start::Before(ms)), None) => {
                let written = before(ms);
                let common = COMMON.into_iter().find(|(_, from)| *from == written);
                common.map_or_else(|| format!("last {}", duration(ms)), |(name, _)| name.to_owned())
            }
            (Some(Start::Before(ms)), Some(to)) => format!("{} to {}", duration(ms), instant(to, None)),
            (Some(Start::At(from)), None) => format!("since {}", instant(from, None)),
            (Some(Start::At(from)), Some(to)) => format!("{} to {}", instant(from, None), instant(to, Some(from))),
            (None, Some(to)) => format!("until {}", instant(to, None)),
        }
    }

    /// The query fields that [`Scope::read`] reads.
    pub fn query(&self) -> Query {
        let from = self.from.map(|from| match from {
            Start::At(from) => from.to_string(),
            Start::Before(ms) => before(ms),
        });
        Query::default()
            .with("from", &from.unwrap_or_default())
            .with("to", &self.to.map(|to| to.to_string()).unwrap_or_default())
            .with("zone", &self.zone.map(|zone| zone.to_string()).unwrap_or_default())
    }

    /// The link with this scope added to its query.
    pub fn on(&self, link: &str) -> String {
        let (path, query) = link.split_once('?').unwrap_or((link, ""));
        self.query().pairs().iter().fold(Query::read(query), |query, (name, value)| query.with(name, value)).on(path)
    }
}

/// The query without the fields of the scope.
#[must_use]
pub fn without_scope(query: &Query) -> Query {
    FIELDS.iter().fold(query.clone(), |query, name| query.without(name))
}

/// Reads a time: RFC 3339, or the format of a browser's date field, `2026-03-09T14:00`, in the query's `zone`.
pub fn read_time(query: &Query, name: &str) -> Result<Option<Time>, Invalid> {
    let Some(text) = query.get(name) else { return Ok(None) };
    // A browser says for each time how far it is from UTC then: in summer another than in winter.
    let own = query.get(&zone_field(name)).map(read_offset).transpose()?;
    let zone = match own {
        Some(own) => own,
        None => read_zone(query)?.unwrap_or_default(),
    };
    let (whole, local) = match text.len() {
        10 => (format!("{text}T00:00:00Z"), true),
        16 => (format!("{text}:00Z"), true),
        _ if text.get(19..).is_some_and(|rest| !rest.contains(['Z', 'z', '+', '-'])) => (format!("{text}Z"), true),
        _ => (text.to_owned(), false),
    };
    let at: Result<Time, _> = whole.parse();
    let shift = if local { zone.0 * 60_000 } else { 0 };
    at.map(|at| Some(Time(at.0 - shift))).map_err(|_| {
        let right = format!("a time like 2026-03-09T14:00, in {}", zone_name(zone.0));
        Invalid::new(name, text, right)
    })
}

/// Name of the field with the UTC offset of the time in field `name`, where that is not the page's.
pub fn zone_field(name: &str) -> String {
    format!("{name}_zone")
}

fn read_zone(query: &Query) -> Result<Option<Zone>, Invalid> {
    query.get("zone").map(read_offset).transpose()
}

/// Parses a UTC offset: `+13:00`, `-03:30`, `UTC`.
pub fn read_offset(text: &str) -> Result<Zone, Invalid> {
    let refused = || Invalid::new("zone", text, "UTC, or an offset such as +13:00");
    if text == "UTC" {
        return Ok(Zone(0));
    }
    // A plus that was not encoded arrives as a space.
    let (sign, rest) = match text.split_at_checked(1).ok_or_else(refused)? {
        ("+" | " ", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return Err(refused()),
    };
    let (hours, minutes) = rest.split_once(':').ok_or_else(refused)?;
    let number = |text: &str, most: i64| {
        let number = text.parse::<u8>().ok().map(i64::from);
        number.filter(|number| text.len() == 2 && *number <= most).ok_or_else(refused)
    };
    Ok(Zone(sign * (number(hours, 14)? * 60 + number(minutes, 59)?)))
}

/// Parses `1h`, `30m` or `7d` into milliseconds.
fn read_before(text: &str) -> Result<i64, Invalid> {
    let read = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "m" => 60_000,
            "h" => HOUR_MS,
            "d" => DAY_MS,
            _ => return None,
        };
        let number: i64 = number.parse::<u16>().ok()?.into();
        (number > 0).then_some(number * unit)
    };
    read().ok_or_else(|| {
        Invalid::new("from", format!("-{text}"), "a time like 2026-03-09T14:00, or one before now like -24h")
    })
}

fn before(ms: i64) -> String {
    match ms {
        ms if ms % DAY_MS == 0 && ms > DAY_MS => format!("-{}d", ms / DAY_MS),
        ms if ms % HOUR_MS == 0 => format!("-{}h", ms / HOUR_MS),
        ms => format!("-{}m", ms / 60_000),
    }
}

impl Zone {
    /// The time as the value of a `datetime-local` field.
    pub fn field(self, at: Time) -> String {
        Time((at.0 + self.0 * 60_000).div_euclid(1_000) * 1_000).to_string().trim_end_matches('Z').to_owned()
    }

    /// `UTC`, `UTC+13:00`.
    pub fn name(self) -> String {
        zone_name(self.0)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", self.0.abs() / 60, self.0.abs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(query: &str) -> Scope {
        Scope::read(&Query::read(query)).unwrap()
    }

    #[test]
    fn window_round_trips_through_link() {
        for query in [
            "",
            "from=-1h",
            "from=-7d&zone=%2B13%3A00",
            "from=2026-03-09T14:00&to=2026-03-09T15:00&zone=-03:30",
            "to=2026-03-09T15:00:00.250Z",
        ] {
            let scope = scope(query);
            let link = scope.on("/runs?pipeline=a%20b");
            let (_, written) = link.split_once('?').unwrap();
            assert_eq!(Scope::read(&Query::read(written)).unwrap(), scope, "{link}");
            assert_eq!(Query::read(written).get("pipeline"), Some("a b"));
        }
    }

    #[test]
    fn local_times_are_read_in_the_zone() {
        let scope = scope("from=2026-03-09T14:00&to=2026-03-09T15:00:00Z&zone=+13:00");
        let window = scope.window(Time(0)).unwrap();
        assert_eq!(window.to_string(), "2026-03-09T01:00:00Z/2026-03-09T15:00:00Z");
        assert_eq!(scope.zone().field(window.from()), "2026-03-09T14:00:00");
        assert_eq!(scope.label(), "2026-03-09 14:00:00 to 2026-03-10 04:00:00");
    }

    #[test]
    fn each_time_has_the_offset_of_its_season() {
        let scope =
            scope("from=2026-01-05T10:00&from_zone=%2B13:00&to=2026-07-01T10:00&to_zone=%2B12:00&zone=%2B13:00");
        let window = scope.window(Time(0)).unwrap();
        assert_eq!(window.to_string(), "2026-01-04T21:00:00Z/2026-06-30T22:00:00Z");
        let wrong = Scope::read(&Query::read("from=2026-01-05T10:00&from_zone=Sydney")).unwrap_err();
        assert_eq!(wrong.field, "zone");
    }

    #[test]
    fn window_without_end_follows_clock() {
        let now: Time = "2026-03-09T14:00:00Z".parse().unwrap();
        for (query, from, label) in [
            ("", "2026-03-08T14:00:00Z", "latest"),
            ("from=-1h", "2026-03-09T13:00:00Z", "last hour"),
            ("from=-24h", "2026-03-08T14:00:00Z", "last 24 h"),
            ("from=-7d", "2026-03-02T14:00:00Z", "last 7 days"),
            ("from=-90m", "2026-03-09T12:30:00Z", "last 1 h 30 min"),
        ] {
            assert_eq!(scope(query).window(now).unwrap().from().to_string(), from);
            assert_eq!(scope(query).label(), label);
        }
        assert_eq!(scope("").start(now), None, "a list is not narrowed");
    }

    #[test]
    fn invalid_field_is_named() {
        for (query, field) in [
            ("from=soon", "from"),
            ("from=-0h", "from"),
            ("from=-1y", "from"),
            ("from=-", "from"),
            ("from=2026-03-09&to=2026-03-08", "to"),
            ("zone=Sydney", "zone"),
            ("zone=%2B99:00", "zone"),
            ("zone=é", "zone"),
        ] {
            assert_eq!(Scope::read(&Query::read(query)).unwrap_err().field, field, "{query}");
        }
    }
}
