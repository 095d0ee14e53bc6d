//! Cron expressions of five fields, evaluated in a time zone.
//!
//! The expression is matched against local time, and each match is converted to an instant by the zone. Changes of
//! daylight saving time are handled here alone:
//!
//! - A local time that is skipped (02:30 in Berlin on 29 March 2026) occurs once, later by the jump: at 03:30.
//! - A local time that occurs twice (02:30 on 25 October 2026) counts once, at the first occurrence.
//! - Exception: with hour `*`, the repeated hour counts both times.
//!
//! Always: the times of an expression increase, and an expression that never matches is refused when it is parsed.

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{self, AmbiguousOffset, TimeZone},
};
use model::{Invalid, NextTimes, Task, Time, Timing};

/// Larger than any clock change since 2012.
const LARGEST_CHANGE: SignedDuration = SignedDuration::from_hours(3);
const LONGEST: usize = 100;
/// Smallest similarity (0 to 1) of a zone's name that is suggested for a misspelt one.
const ALIKE: f64 = 0.85;

const FIELDS: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];

/// A cron expression in a time zone.
#[derive(Clone, Debug)]
pub struct Recurrence {
    /// Matches local times, represented as if they were UTC.
    pattern: cronexpr::Crontab,
    every_hour: bool,
    zone: TimeZone,
}

/// The cron expressions of a schedule: for the clone and for its verification.
pub struct Timetable {
    clone: Recurrence,
    verify: Option<Recurrence>,
}

impl Timetable {
    /// Parses both expressions. Refuses expressions and zones that cannot be parsed, and expressions that never match
    /// after `now`.
    pub fn read(timing: &Timing, now: Time) -> Result<Self, Invalid> {
        let zone = zone(&timing.zone)?;
        let read = |field, cron: &str| Recurrence::read(field, cron, &zone, now);
        let verify = timing.verify_cron.as_deref().map(|cron| read("verify_cron", cron)).transpose()?;
        Ok(Self { clone: read("cron", &timing.cron)?, verify })
    }

    pub fn of(&self, task: Task) -> Option<&Recurrence> {
        match task {
            Task::Clone => Some(&self.clone),
            Task::Verify => self.verify.as_ref(),
        }
    }

    pub fn next_times(&self, now: Time) -> NextTimes {
        let next = |task| self.of(task)?.next(now);
        NextTimes { clone: next(Task::Clone), verify: next(Task::Verify) }
    }
}

impl Recurrence {
    /// Parses an expression; `field` names it in an error.
    pub fn read(field: &str, cron: &str, zone: &TimeZone, now: Time) -> Result<Self, Invalid> {
        let fields: Vec<&str> = cron.split_whitespace().collect();
        if fields.len() != FIELDS.len() || cron.len() > LONGEST {
            let expected = format!(
                "five fields, minute, hour, day of month, month and day of week, in at most {LONGEST} characters, as \
                 in 0 2 * * * for every day at 02:00"
            );
            return Err(Invalid::new(field, cron, expected));
        }
        let pattern = parse(&fields.join(" ")).map_err(|reason| {
            let expected = format!("five fields as in 0 2 * * * for every day at 02:00; {}", fault(&fields, &reason));
            Invalid::new(field, cron, expected)
        })?;
        let recurrence = Self { pattern, every_hour: fields[1] == "*", zone: zone.clone() };
        match recurrence.next(now) {
            Some(_) => Ok(recurrence),
            None => {
                Err(Invalid::new(field, cron, "an expression that matches within four years, on a day that exists"))
            }
        }
    }

    /// The first match after an instant, to the millisecond; `None` if there is none within four years.
    pub fn next(&self, after: Time) -> Option<Time> {
        let after = Timestamp::from_millisecond(after.0).ok()?;
        let start = hands(self.zone.to_datetime(after))?.checked_sub(LARGEST_CHANGE).ok()?;
        let mut first: Option<Timestamp> = None;
        let mut until: Option<DateTime> = None;
        for local in self.pattern.iter_after(start).ok()? {
            // No further match within four years.
            let Ok(local) = local.map(|local| local.datetime()) else { break };
            if until.is_some_and(|until| local > until) {
                break;
            }
            let Some(instant) = self.instants(local).into_iter().flatten().filter(|instant| *instant > after).min()
            else {
                continue;
            };
            // Around a clock change, a later local time may be an earlier instant.
            until = until.or(local.checked_add(LARGEST_CHANGE).ok());
            first = Some(first.map_or(instant, |first| first.min(instant)));
        }
        first.map(|first| Time(first.as_millisecond()))
    }

    /// Number of matches in `(after, to]`, at most `most`.
    pub fn count(&self, after: Time, to: Time, most: u32) -> u32 {
        let mut at = after;
        for counted in 0..most {
            match self.next(at) {
                Some(next) if next <= to => at = next,
                _ => return counted,
            }
        }
        most
    }

    /// The instants of a local time: one, or two in a repeated hour of an hourly expression.
    fn instants(&self, local: DateTime) -> [Option<Timestamp>; 2] {
        let shown = self.zone.to_ambiguous_timestamp(local);
        let repeated = self.every_hour && matches!(shown.offset(), AmbiguousOffset::Fold { .. });
        [shown.compatible().ok(), repeated.then(|| shown.later().ok()).flatten()]
    }
}

/// Finds a time zone by name in the machine's database, else in the one built into the binary.
pub fn zone(name: &str) -> Result<TimeZone, Invalid> {
    tz::db().get(name).map_err(|_| {
        let known = tz::db().available();
        let alike = known.map(|known| (strsim::jaro_winkler(known.as_str(), name), known.as_str().to_owned()));
        let nearest = alike.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(alike, _)| *alike > ALIKE);
        let hint = nearest.map(|(_, name)| format!("; did you mean {name}?")).unwrap_or_default();
        Invalid::new("zone", name, format!("a zone of the IANA database such as UTC or Pacific/Auckland{hint}"))
    })
}

/// A local time as if it were UTC.
fn hands(local: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(local).ok()
}

fn parse(cron: &str) -> Result<cronexpr::Crontab, String> {
    cronexpr::parse_crontab(&format!("{cron} UTC")).map_err(|error| {
        // The other lines only point at the place in the expression.
        let text = error.to_string();
        text.rsplit_once("^ ").map_or(text.as_str(), |(_, reason)| reason).to_owned()
    })
}

/// Names the field that cannot be parsed, and why.
fn fault(fields: &[&str], reason: &str) -> String {
    for (index, name) in FIELDS.into_iter().enumerate() {
        let mut alone = ["*"; 5];
        alone[index] = fields[index];
        if let Err(reason) = parse(&alone.join(" ")) {
            return format!("in its {name}, {}, {reason}", fields[index]);
        }
    }
    reason.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T00:00:00Z";

    fn read(cron: &str, name: &str) -> Recurrence {
        Recurrence::read("cron", cron, &zone(name).unwrap(), time(NOW)).unwrap()
    }

    fn refusal(cron: &str) -> String {
        Recurrence::read("cron", cron, &TimeZone::UTC, time(NOW)).unwrap_err().to_string()
    }

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn next<const N: usize>(recurrence: &Recurrence, after: &str) -> [String; N] {
        let mut at = time(after);
        std::array::from_fn(|_| {
            at = recurrence.next(at).unwrap();
            at.to_string()
        })
    }

    #[test]
    fn expression_is_evaluated_in_its_zone() {
        let nightly = read("0 2 * * *", "Pacific/Auckland");
        assert_eq!(next(&nightly, "2026-07-01T00:00:00Z"), ["2026-07-01T14:00:00Z", "2026-07-02T14:00:00Z"]);
        let mondays = read("30 8 * * MON", "UTC");
        assert_eq!(next(&mondays, "2026-03-09T08:30:00Z"), ["2026-03-16T08:30:00Z"], "that very instant is over");
        let quarter = read("*/15 * * * *", "Asia/Kolkata");
        assert_eq!(next(&quarter, "2026-03-09T08:30:00.001Z"), ["2026-03-09T08:45:00Z", "2026-03-09T09:00:00Z"]);
    }

    #[test]
    fn skipped_local_time_occurs_once_later() {
        let nightly = read("30 2 * * *", "Europe/Berlin");
        let times = next(&nightly, "2026-03-28T00:00:00Z");
        assert_eq!(times, ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]);
        // What was due at 03:00 comes before what was due at 02:30 and is late.
        let both = read("0,30 2,3 * * *", "Europe/Berlin");
        let times = next(&both, "2026-03-29T00:00:00Z");
        assert_eq!(times, ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z"]);
    }

    #[test]
    fn repeated_local_time_occurs_once() {
        let nightly = read("30 2 * * *", "Europe/Berlin");
        let times = next(&nightly, "2026-10-24T12:00:00Z");
        assert_eq!(times, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        assert_eq!(next(&nightly, "2026-10-25T00:30:00Z"), ["2026-10-26T01:30:00Z"], "nor after it has come");
    }

    #[test]
    fn hourly_expression_ignores_clock_changes() {
        let hourly = read("0 * * * *", "Europe/Berlin");
        for start in ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z"] {
            let mut at = time(start);
            for _ in 0..36 {
                let next = hourly.next(at).unwrap();
                assert_eq!(next.since(at), 3_600_000, "after {at}");
                at = next;
            }
        }
    }

    #[test]
    fn daily_expression_occurs_once_per_day_everywhere() {
        for name in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Cairo"] {
            let nightly = read("30 2 * * *", name);
            let (mut at, end) = (time(NOW), time("2028-01-01T00:00:00Z"));
            let mut days = 0;
            while at < end {
                let next = nightly.next(at).unwrap();
                assert!(next.since(at) > 20 * 3_600_000 || days == 0, "{name}: {at} and {next}");
                (at, days) = (next, days + 1);
            }
            assert!((730..=731).contains(&days), "{name}: {days}");
        }
    }

    #[test]
    fn expression_that_never_matches_is_refused() {
        for never in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30,31 FEB *"] {
            assert!(refusal(never).contains("a day that exists"), "{}", refusal(never));
        }
        assert_eq!(next(&read("0 0 29 2 *", "UTC"), NOW), ["2028-02-29T00:00:00Z"], "rare is not never");
    }

    #[test]
    fn refusal_names_wrong_field_and_expected_form() {
        for (cron, said) in [
            ("", "minute, hour, day of month, month and day of week"),
            ("0 2 * *", "five fields"),
            ("0 0 2 * * *", "five fields"),
            ("@daily", "five fields"),
            ("0 25 * * *", "in its hour, 25, "),
            ("0 2 * 13 *", "in its month, 13, "),
            ("0 2 * * MOO", "in its day of week, MOO, "),
            ("60 2 * * *", "in its minute, 60, "),
            ("*/0 2 * * *", "in its minute, */0, "),
            ("0 2 * * * Europe/Berlin", "five fields"),
        ] {
            let refusal = refusal(cron);
            assert!(refusal.starts_with("cron ") && refusal.contains(said), "{refusal}");
            assert!(!refusal.contains('\n'), "{refusal}");
        }
    }

    #[test]
    fn unknown_zone_is_refused_with_a_suggestion() {
        let refusal = zone("Pacific/Aukland").unwrap_err();
        assert_eq!(refusal.field, "zone");
        assert!(refusal.to_string().contains("did you mean Pacific/Auckland?"), "{refusal}");
        for none in ["", "Nowhere/Land", "+10:00", "../../etc/passwd"] {
            assert!(zone(none).is_err(), "{none}");
        }
    }

    #[test]
    fn zones_are_known_without_machine_database() {
        let inside = tz::TimeZoneDatabase::bundled();
        for name in ["UTC", "Pacific/Auckland", "America/Argentina/Buenos_Aires"] {
            assert_eq!(inside.get(name).unwrap().iana_name(), Some(name));
        }
    }

    #[test]
    fn missed_times_are_counted_up_to_limit() {
        let hourly = read("0 * * * *", "UTC");
        let count = |to: &str| hourly.count(time(NOW), time(to), 100);
        assert_eq!(count("2026-01-01T00:59:59Z"), 0);
        assert_eq!(count("2026-01-01T03:00:00Z"), 3);
        assert_eq!(count("2027-01-01T00:00:00Z"), 100);
    }
}
