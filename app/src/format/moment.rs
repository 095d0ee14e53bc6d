//! Instants in the chosen time zone. The server knows only UTC; the browser adds its own offset once it runs.

use model::Time;

/// The time zone a reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    #[default]
    Utc,
    /// The browser's time zone.
    Local,
}

/// `14:00:05` on the day of `now`, else `2026-03-09 14:00:05`; `offset_min` is minutes east of UTC.
pub fn moment(at: Time, now: Option<Time>, offset_min: i64) -> String {
    let shifted = |time: Time| Time(time.0 + offset_min * 60_000);
    let (at, now) = (shifted(at), now.map(shifted));
    if now.is_some_and(|now| now.date() == at.date()) { at.clock() } else { format!("{} {}", at.date(), at.clock()) }
}

/// `UTC`, `UTC+10:00`.
pub fn zone_name(offset_min: i64) -> String {
    if offset_min == 0 {
        return "UTC".to_owned();
    }
    let sign = if offset_min < 0 { '−' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", offset_min.abs() / 60, offset_min.abs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_is_omitted_only_for_today() {
        let at: Time = "2026-03-09T14:00:05Z".parse().unwrap();
        let now: Time = "2026-03-09T20:00:00Z".parse().unwrap();
        assert_eq!(moment(at, Some(now), 0), "14:00:05");
        assert_eq!(moment(at, None, 0), "2026-03-09 14:00:05");
        assert_eq!(moment(at, Some(now), 600), "00:00:05");
        assert_eq!(moment(at, Some(now), 180), "17:00:05");
        assert_eq!(moment(at, Some(now), 300), "2026-03-09 19:00:05");
    }

    #[test]
    fn zone_is_named_by_offset() {
        assert_eq!(zone_name(0), "UTC");
        assert_eq!(zone_name(600), "UTC+10:00");
        assert_eq!(zone_name(-210), "UTC−03:30");
    }
}
