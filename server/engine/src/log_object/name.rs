//! What the name of a log object says about it: its kind, its balancer, and the time it covers.
//!
//! A file covers `(end − interval, end]`. The name does not tell a classic balancer's interval, 5 or 60 minutes: it is
//! taken to be the longer one, so that nothing of a window is missed.

use model::{Time, Window};

use super::{Format, Kind};

const MINUTE_MS: i64 = 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogName<'a> {
    pub kind: Kind,
    pub balancer: &'a str,
    /// The last instant that the file covers.
    pub end: Time,
}

impl<'a> LogName<'a> {
    /// `None` if the key does not end like a balancer's log.
    pub fn of_key(key: &'a str) -> Option<Self> {
        let kind = Kind::of_key(key)?;
        let (_, rest) = key.rsplit_once("_elasticloadbalancing_")?;
        let mut parts = rest.split(['_', '.']);
        // A balancer's name may hold dots, so the end is looked for, not counted to.
        let end = parts.find_map(end_time)?;
        let balancer = rest.split('_').nth(1)?;
        Some(Self { kind, balancer, end })
    }

    /// Milliseconds that the file may cover.
    pub fn interval_ms(&self) -> i64 {
        match self.kind {
            Kind::Log(Format::Classic) => 60 * MINUTE_MS,
            Kind::Log(_) | Kind::AlbHealthCheck => 5 * MINUTE_MS,
        }
    }

    /// The instant after which its records lie.
    pub fn start(&self) -> Time {
        Time(self.end.0 - self.interval_ms())
    }

    /// Whether a record of it can lie in the window.
    pub fn may_hold(&self, window: &Window) -> bool {
        self.end >= window.from() && self.start() < window.to()
    }
}

/// `20260309T1405Z`.
fn end_time(text: &str) -> Option<Time> {
    let &[year1, year2, year3, year4, month1, month2, day1, day2, b'T', hour1, hour2, minute1, minute2, b'Z'] =
        text.as_bytes()
    else {
        return None;
    };
    let (year, month, day) =
        (number(&[year1, year2, year3, year4])?, number(&[month1, month2])?, number(&[day1, day2])?);
    let (hour, minute) = (number(&[hour1, hour2])?, number(&[minute1, minute2])?);
    let Time(midnight) = Time::of_day(year, month, day)?;
    (hour < 24 && minute < 60).then(|| Time(midnight + (hour * 60 + minute) * MINUTE_MS))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "elb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2026/03/09/";

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_key_tells_kind_balancer_and_end() {
        for (file, kind, balancer) in [
            (
                "111122223333_elasticloadbalancing_us-east-1_shop_20260309T1405Z_10.0.0.1_a1b2.log",
                Kind::Log(Format::Classic),
                "shop",
            ),
            (
                "111122223333_elasticloadbalancing_us-east-1_app.shop.0123_20260309T1405Z_10.0.0.1_a1b2.log.gz",
                Kind::Log(Format::Alb),
                "app.shop.0123",
            ),
            (
                "111122223333_elasticloadbalancing_us-east-1_net.shop.0123_20260309T1405Z_a1b2.log.gz",
                Kind::Log(Format::Nlb),
                "net.shop.0123",
            ),
            (
                "conn_log.111122223333_elasticloadbalancing_us-east-1_app.shop.0123_20260309T1405Z_10.0.0.1_a1b2.log.gz",
                Kind::Log(Format::AlbConnection),
                "app.shop.0123",
            ),
            (
                "health_check_log_111122223333_elasticloadbalancing_us-east-1_app.shop.0123_20260309T1405Z_10.0.0.1_a.log.gz",
                Kind::AlbHealthCheck,
                "app.shop.0123",
            ),
        ] {
            let key = format!("{FOLDER}{file}");
            let name = LogName::of_key(&key).unwrap();
            assert_eq!((name.kind, name.balancer, name.end), (kind, balancer, time("2026-03-09T14:05:00Z")));
        }
    }

    #[test]
    fn other_keys_tell_nothing() {
        for key in ["", "a.log", "1_elasticloadbalancing_r_app.a.b_20261309T1405Z_x.log.gz", "1_elasticloadbalancing_"]
        {
            assert_eq!(LogName::of_key(key), None, "{key}");
        }
    }

    #[test]
    fn a_file_covers_up_to_its_end_and_not_from_its_start() {
        let name = LogName { kind: Kind::Log(Format::Alb), balancer: "app.a.b", end: time("2026-03-09T14:05:00Z") };
        let holds = |from: &str, to: &str| name.may_hold(&Window::new(time(from), time(to)).unwrap());
        assert!(holds("2026-03-09T14:05:00Z", "2026-03-09T14:06:00Z"));
        assert!(!holds("2026-03-09T14:05:00.001Z", "2026-03-09T14:06:00Z"));
        assert!(!holds("2026-03-09T13:59:00Z", "2026-03-09T14:00:00Z"));
        // A record of half a millisecond past two o'clock counts as one of two o'clock.
        assert!(holds("2026-03-09T13:59:00Z", "2026-03-09T14:00:00.001Z"));
        let hourly = LogName { kind: Kind::Log(Format::Classic), ..name };
        assert!(hourly.may_hold(&Window::new(time("2026-03-09T13:00:00Z"), time("2026-03-09T13:06:00Z")).unwrap()));
    }
}
