//! Counts, sizes, rates and percentages.

use crate::Count;

/// A count with its digits grouped: `7,500`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `37`, or `10,000+` if counting stopped at its limit.
fn capped(number: Count) -> String {
    let mut text = count(number.at_least);
    if number.capped {
        text.push('+');
    }
    text
}

/// A count with its noun: `1 object`, `7,500 objects`. `one` is the singular; the plural adds an `s`.
pub fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

/// A count that may be capped, with its noun: `1 job`, `10,000+ jobs`.
pub fn counted_capped(number: Count, one: &str) -> String {
    if number.capped { format!("{} {one}s", capped(number)) } else { counted(number.at_least, one) }
}

/// A size in SI units with at most three digits: `812 B`, `6.2 MB`, `62 MB`, `1.4 TB`.
pub fn bytes(number: u64) -> String {
    scaled(u128::from(number) * 10)
}

/// Formats tenths of a byte. Rounding may carry into the next unit: 999,950 bytes are `1.0 MB`.
fn scaled(tenths: u128) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut unit = 0;
    let mut divisor: u128 = 1;
    while unit + 1 < UNITS.len() && rounded(tenths, divisor) >= 9_995 {
        unit += 1;
        divisor *= 1_000;
    }
    let tenths = rounded(tenths, divisor);
    if unit == 0 || tenths >= 100 {
        format!("{} {}", rounded(tenths, 10), UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

fn rounded(number: u128, divisor: u128) -> u128 {
    (number + divisor / 2) / divisor
}

/// Rounds a positive float to tenths; negative and non-finite values become 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded above and below just before")]
fn tenths(number: f64) -> u64 {
    if number.is_finite() { (number * 10.0).clamp(0.0, 1e15).round() as u64 } else { 0 }
}

/// Items per second: `812/s`, `0.4/s`.
pub fn rate(a_second: f64) -> String {
    match tenths(a_second) {
        tenths @ 0..100 => format!("{}.{}/s", tenths / 10, tenths % 10),
        tenths => format!("{}/s", count((tenths + 5) / 10)),
    }
}

/// Bytes per second: `6.2 MB/s`.
pub fn byte_rate(a_second: f64) -> String {
    format!("{}/s", scaled(u128::from(tenths(a_second))))
}

/// A fraction as a percentage, rounded down so that 100 % means complete: `61 %`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
pub fn percent(fraction: f64) -> String {
    format!("{} %", (fraction.clamp(0.0, 1.0) * 100.0).floor() as u32)
}

/// A part of a total as a percentage, rounded down so that 100 % means all of it: `99.998 %`. `None` if the total is 0.
pub fn share(part: u64, whole: u64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let thousandths = (u128::from(part.min(whole)) * 100_000 / u128::from(whole)).to_string();
    let padded = format!("{thousandths:0>4}");
    let (percent, decimals) = padded.split_at(padded.len() - 3);
    let decimals = decimals.trim_end_matches('0');
    Some(if decimals.is_empty() { format!("{percent} %") } else { format!("{percent}.{decimals} %") })
}

/// A part of a total: `1,233 of 1,234`, or the total alone if the part equals it.
pub fn of(part: u64, whole: u64) -> String {
    if part == whole { count(whole) } else { format!("{} of {}", count(part), count(whole)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_three_digits() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (7_500, "7,500"), (1_004_311, "1,004,311")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(capped(Count { at_least: 10_000, capped: true }), "10,000+");
        assert_eq!(counted_capped(Count { at_least: 10_000, capped: true }, "job"), "10,000+ jobs");
        assert_eq!(counted_capped(Count { at_least: 1, capped: false }, "job"), "1 job");
        assert_eq!(counted(1, "object"), "1 object");
        assert_eq!(counted(0, "object"), "0 objects");
    }

    #[test]
    fn sizes_have_three_digits_and_carry_into_next_unit() {
        for (number, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (61_900_000, "62 MB"),
            (999_949, "1.0 MB"),
            (1_400_000_000_000, "1.4 TB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(number), text, "{number}");
        }
    }

    #[test]
    fn rates_of_invalid_numbers_are_zero() {
        assert_eq!(rate(812.4), "812/s");
        assert_eq!(rate(0.44), "0.4/s");
        assert_eq!(rate(f64::NAN), "0.0/s");
        assert_eq!(rate(-3.0), "0.0/s");
        assert_eq!(byte_rate(6_150_000.0), "6.2 MB/s");
    }

    #[test]
    fn percent_is_100_only_at_the_end() {
        assert_eq!(percent(0.999), "99 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(7.0), "100 %");
    }

    #[test]
    fn share_is_100_percent_only_if_complete() {
        for (part, whole, text) in [
            (0, 5, "0 %"),
            (1, 3, "33.333 %"),
            (1, 200, "0.5 %"),
            (99_998, 100_000, "99.998 %"),
            (9_999_999, 10_000_000, "99.999 %"),
            (7, 7, "100 %"),
            (8, 7, "100 %"),
        ] {
            assert_eq!(share(part, whole).as_deref(), Some(text));
        }
        assert_eq!(share(0, 0), None);
    }
}
