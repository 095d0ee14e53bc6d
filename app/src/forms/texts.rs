//! Converts between the texts of form fields and their values.

use model::{ByteSize, Glob, Invalid, StorageClass, Time};

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
pub fn instant(field: &str, text: &str) -> Result<Option<Time>, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Browsers omit seconds if they are zero.
    let written = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    let time = written.iter().find_map(|text| text.parse().ok());
    time.map(Some).ok_or_else(|| Invalid::new(field, text, "a time in UTC such as 2026-03-09T14:00"))
}

/// Parses a size with or without a unit; empty is `None`.
pub fn size(field: &str, text: &str) -> Result<Option<ByteSize>, Invalid> {
    let text = text.trim();
    let read = || text.parse().map_err(|_| Invalid::new(field, text, ByteSize::EXPECTED));
    if text.is_empty() { Ok(None) } else { read().map(Some) }
}

/// Parses names of storage classes, with spaces, commas or line feeds between.
pub fn classes(text: &str) -> Result<Vec<StorageClass>, Invalid> {
    let names = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|name| !name.is_empty());
    let read = |name: &str| {
        name.parse().map_err(|invalid: Invalid| Invalid { field: "storage_classes".to_owned(), ..invalid })
    };
    names.map(read).collect()
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
    fn size_and_classes_are_read_with_their_field() {
        assert_eq!(size("min_size", " 5MB ").unwrap(), Some(ByteSize(5_000_000)));
        assert_eq!((size("min_size", " ").unwrap(), classes(" ").unwrap()), (None, Vec::new()));
        assert_eq!(size("max_size", "big").unwrap_err().field, "max_size");
        assert_eq!(classes("STANDARD, GLACIER_IR\nX").unwrap().len(), 3);
        assert_eq!(classes("cold").unwrap_err().field, "storage_classes");
    }

    #[test]
    fn time_without_zone_is_utc() {
        let read = |text: &str| instant("newer_than", text).unwrap().map(|time| time.to_string());
        assert_eq!(read("2026-03-09T14:00").unwrap(), "2026-03-09T14:00:00Z");
        assert_eq!(read("2026-03-09T14:00:05.25").unwrap(), "2026-03-09T14:00:05.250Z");
        assert_eq!(read("2026-03-09T14:00:00+10:00").unwrap(), "2026-03-09T04:00:00Z");
        assert_eq!(read(" "), None);
        assert_eq!(local(Time(250)), "1970-01-01T00:00:00.250");
        assert_eq!(instant("newer_than", &local(Time(250))).unwrap(), Some(Time(250)));
    }
}
