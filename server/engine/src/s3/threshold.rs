//! The size above which an object is copied in parts, parsed from a user's text.

use std::{fmt, str::FromStr};

use super::multipart::{LARGEST_PART, SMALLEST_PART};

/// Bytes, from 5 MiB, the smallest part, to 5 GiB, the largest object of one CopyObject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Threshold(u64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be {}", Threshold::EXPECTED)]
pub struct NotAThreshold;

const UNITS: [(&str, u64); 5] = [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl Threshold {
    /// Accepted form of the text, as an error message states it.
    pub const EXPECTED: &str = "a size from 5MiB to 5GiB, such as 8MiB, 1GiB or 8388608";

    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl Default for Threshold {
    fn default() -> Self {
        Self(LARGEST_PART)
    }
}

impl TryFrom<u64> for Threshold {
    type Error = NotAThreshold;

    fn try_from(bytes: u64) -> Result<Self, NotAThreshold> {
        if (SMALLEST_PART..=LARGEST_PART).contains(&bytes) { Ok(Self(bytes)) } else { Err(NotAThreshold) }
    }
}

impl FromStr for Threshold {
    type Err = NotAThreshold;

    /// A whole number of bytes, or of `KiB`, `MiB` or `GiB`.
    fn from_str(text: &str) -> Result<Self, NotAThreshold> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| NotAThreshold)?;
        let unit = unit.trim_start();
        let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or(NotAThreshold)?;
        number.checked_mul(*factor).ok_or(NotAThreshold)?.try_into()
    }
}

impl fmt::Display for Threshold {
    /// In the largest unit that it is a whole number of, as it is parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().rev().find(|(_, factor)| self.0.is_multiple_of(*factor));
        let (unit, factor) = whole.unwrap_or(&UNITS[0]);
        write!(f, "{}{}", self.0 / factor, unit.trim_start_matches('B'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threshold_parses_with_unit_or_in_bytes() {
        for (text, bytes) in
            [("8MiB", 8 << 20), ("5GiB", 5 << 30), ("5 gib", 5 << 30), ("6000KiB", 6_144_000), ("8388608", 8 << 20)]
        {
            assert_eq!(text.parse::<Threshold>().map(Threshold::bytes), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn threshold_refuses_other_texts() {
        for text in ["", "MiB", "8MB", "-8MiB", "1.5GiB", "4MiB", "5242879", "6GiB", "99999999999999999999", "9e9GiB"] {
            assert_eq!(text.parse::<Threshold>(), Err(NotAThreshold), "{text}");
        }
    }

    #[test]
    fn threshold_prints_as_it_is_parsed() {
        for text in ["8MiB", "5GiB", "5121KiB", "5242881"] {
            assert_eq!(text.parse::<Threshold>().unwrap().to_string(), text);
        }
    }
}
