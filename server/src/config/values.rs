//! Reads single values, and says what they must be.

use std::str::FromStr;

pub const WHOLE: &str = "a whole number within its limits; see logyard.example.toml";
pub const YES_NO: &str = "true or false";
pub const NAME: &str = "1 to 40 of a-z, 0-9, - and _";
pub const STORE: &str = "the name of one of the [[stores]]";

pub fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

pub fn not_empty(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

pub fn within(text: &str, least: u32, most: u32) -> Option<u32> {
    parsed(text).filter(|number| (least..=most).contains(number))
}

/// Reads `http://host:port` or `https://…` and drops a trailing slash.
pub fn origin(text: &str) -> Option<String> {
    let url: http::Uri = text.parse().ok()?;
    let scheme = url.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
    let bare = url.path() == "/" && url.query().is_none();
    bare.then(|| format!("{scheme}://{}", url.authority().map_or("", |authority| authority.as_str())))
}

/// Reads `90s`, `5m`, `1h` or `2d`, at most 31 days, as seconds.
pub fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let number: u64 = text[..text.len() - 1].parse().ok()?;
    number.checked_mul(unit).filter(|seconds| (1..=31 * 86_400).contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_needs_unit_and_at_most_31_days() {
        assert_eq!(["30s", "5m", "1h", "31d"].map(seconds), [Some(30), Some(300), Some(3_600), Some(31 * 86_400)]);
        for text in ["", "m", "5", "0m", "32d", "-1m", "5 m", "5min", "99999999999999999999d"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
