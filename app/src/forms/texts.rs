//! Converts between the texts of form fields and their values.

use model::{Glob, Invalid, Time};

/// Parses one glob per line, without trimming; blank lines are skipped.
pub fn globs(field: &str, text: &str) -> Result<Vec<Glob>, Invalid> {
    let lines = text.lines().filter(|line| !line.is_empty());
    let glob = |(index, line): (usize, &str)| {
        line.parse().map_err(|invalid: Invalid| Invalid { field: format!("{field}[{index}]"), ..invalid })
    };
    lines.enumerate().map(glob).collect()
}

/// Globs as text, one per line.
pub fn lines(globs: &[Glob]) -> String {
    globs.iter().map(Glob::as_str).collect::<Vec<_>>().join("\n")
}

/// Parses a time: the value of a `datetime-local` field, in UTC, or RFC 3339; empty is `None`.
pub fn instant(text: &str) -> Result<Option<Time>, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Browsers omit seconds if they are zero.
    let written = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    let time = written.iter().find_map(|text| text.parse().ok());
    time.map(Some).ok_or_else(|| Invalid::new("newer_than", text, "a time in UTC such as 2026-03-09T14:00"))
}

/// The time as the value of a `datetime-local` field.
pub fn local(time: Time) -> String {
    time.to_string().trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_read_untrimmed_by_line() {
        let read = globs("include", " a b \r\n\r\n*.gz\n").unwrap();
        assert_eq!(lines(&read), " a b \n*.gz");
        assert!(globs("include", "").unwrap().is_empty());
    }

    #[test]
    fn time_without_zone_is_utc() {
        let read = |text: &str| instant(text).unwrap().map(|time| time.to_string());
        assert_eq!(read("2026-03-09T14:00").unwrap(), "2026-03-09T14:00:00Z");
        assert_eq!(read("2026-03-09T14:00:05.25").unwrap(), "2026-03-09T14:00:05.250Z");
        assert_eq!(read("2026-03-09T14:00:00+10:00").unwrap(), "2026-03-09T04:00:00Z");
        assert_eq!(read(" "), None);
        assert_eq!(local(Time(250)), "1970-01-01T00:00:00.250");
        assert_eq!(instant(&local(Time(250))).unwrap(), Some(Time(250)));
    }
}
