//! Counts, sizes, rates and percentages.

use model::Count;

/// `7,500`.
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

/// `37`, or `10,000+` where counting stopped.
pub fn capped(number: Count) -> String {
    let mut text = count(number.at_least);
    if number.capped {
        text.push('+');
    }
    text
}

/// `1 object`, `7,500 objects`.
pub fn things(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

/// SI units, three figures at most: `812 B`, `6.2 MB`, `62 MB`, `1.4 TB`.
pub fn bytes(number: u64) -> String {
    scaled(u128::from(number) * 10)
}

/// Tenths of a byte with a unit. Rounding may reach the next unit: 999,950 bytes are `1.0 MB`.
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

/// A positive float as tenths; what is no number is zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded above and below just before")]
fn tenths(number: f64) -> u64 {
    if number.is_finite() { (number * 10.0).clamp(0.0, 1e15).round() as u64 } else { 0 }
}

/// Things a second: `812/s`, `0.4/s`.
pub fn rate(a_second: f64) -> String {
    match tenths(a_second) {
        tenths @ 0..100 => format!("{}.{}/s", tenths / 10, tenths % 10),
        tenths => format!("{}/s", count((tenths + 5) / 10)),
    }
}

/// `6.2 MB/s`.
pub fn byte_rate(a_second: f64) -> String {
    format!("{}/s", scaled(u128::from(tenths(a_second))))
}

/// `61 %`. Never 100 before the end is reached.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
pub fn percent(fraction: f64) -> String {
    format!("{} %", (fraction.clamp(0.0, 1.0) * 100.0).floor() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (7_500, "7,500"), (1_004_311, "1,004,311")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(capped(Count { at_least: 10_000, capped: true }), "10,000+");
        assert_eq!(things(1, "object"), "1 object");
        assert_eq!(things(0, "object"), "0 objects");
    }

    #[test]
    fn sizes_have_three_figures_at_most_and_round_into_the_next_unit() {
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
    fn rates_survive_what_is_no_number() {
        assert_eq!(rate(812.4), "812/s");
        assert_eq!(rate(0.44), "0.4/s");
        assert_eq!(rate(f64::NAN), "0.0/s");
        assert_eq!(rate(-3.0), "0.0/s");
        assert_eq!(byte_rate(6_150_000.0), "6.2 MB/s");
    }

    #[test]
    fn a_job_is_not_at_a_hundred_percent_before_it_is() {
        assert_eq!(percent(0.999), "99 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(7.0), "100 %");
    }
}
