//! Durations in at most two units, and the time left as a range.

use crate::Left;

/// Milliseconds as `0.4 s`, `41 s`, `19 min 5 s`, `2 h 3 min` or `3 d 4 h`. Negative values, which come from clocks that
/// differ, become 0.
pub fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    let seconds = ms / 1_000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, ms / 100 % 10),
        10..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

/// As [`duration`], but in milliseconds below one second: `12 ms`.
pub fn took(ms: u64) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { duration(signed(ms)) }
}

/// Milliseconds as the signed number that [`duration`] takes.
pub fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn two(first: i64, unit: &str, second: i64, lesser: &str) -> String {
    if second == 0 { format!("{first} {unit}") } else { format!("{first} {unit} {second} {lesser}") }
}

/// The age of an event in its largest unit: `just now`, `4 min ago`; for a negative age `in 4 min`.
pub fn ago(ms: i64) -> String {
    match -ms / 1_000 {
        60..3_600 => return format!("in {} min", -ms / 60_000),
        3_600..86_400 => return format!("in {} h", -ms / 3_600_000),
        86_400.. => return format!("in {} d", -ms / 86_400_000),
        _ => {}
    }
    let seconds = ms.max(0) / 1_000;
    match seconds {
        0..5 => "just now".to_owned(),
        5..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// `3–4 s left`, `2–3 min left`, `about 5 h left`: the range in one unit; rounding widens it.
pub fn left(left: Left) -> String {
    let (unit_s, unit) = match left.at_most_s {
        0..100 => (1, "s"),
        100..6_000 => (60, "min"),
        6_000..172_800 => (3_600, "h"),
        _ => (86_400, "d"),
    };
    let (least, most) = (left.at_least_s / unit_s, left.at_most_s.div_ceil(unit_s));
    if least == most { format!("about {most} {unit} left") } else { format!("{least}–{most} {unit} left") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_durations_are_in_milliseconds() {
        assert_eq!([0, 12, 999, 1_000, 61_000].map(took), ["0 ms", "12 ms", "999 ms", "1.0 s", "1 min 1 s"]);
    }

    #[test]
    fn durations_have_at_most_two_units() {
        for (ms, text) in [
            (-5, "0.0 s"),
            (440, "0.4 s"),
            (9_999, "9.9 s"),
            (41_000, "41 s"),
            (1_145_000, "19 min 5 s"),
            (1_140_000, "19 min"),
            (7_380_000, "2 h 3 min"),
            (273_600_000, "3 d 4 h"),
        ] {
            assert_eq!(duration(ms), text, "{ms}");
        }
    }

    #[test]
    fn time_left_is_a_range_in_one_unit() {
        for (at_least_s, at_most_s, text) in [
            (3, 4, "3–4 s left"),
            (4, 4, "about 4 s left"),
            (100, 200, "1–4 min left"),
            (3_600, 7_200, "1–2 h left"),
            (0, 1, "0–1 s left"),
        ] {
            assert_eq!(left(Left { at_least_s, at_most_s }), text);
        }
    }

    #[test]
    fn future_is_named_beyond_clock_differences() {
        assert_eq!(ago(-10_000), "just now");
        assert_eq!(ago(-240_000), "in 4 min");
        assert_eq!(ago(-90_000_000), "in 1 d");
        assert_eq!(ago(240_000), "4 min ago");
    }
}
