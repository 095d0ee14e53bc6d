//! A ceiling on bytes a second, as people write it: `50MB`, `1GiB`, `8388608`.

use std::{fmt, num::NonZeroU64, str::FromStr};

/// A ceiling on bytes, at least one a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BytesPerSecond(NonZeroU64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be {}", BytesPerSecond::EXPECTED)]
pub struct NotARate;

const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("B", 1),
    ("kB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

impl BytesPerSecond {
    /// What a text must look like, for messages.
    pub const EXPECTED: &str = "bytes a second, at least 1, such as 50MB, 1GiB or 8388608";
}

impl From<BytesPerSecond> for NonZeroU64 {
    fn from(ceiling: BytesPerSecond) -> Self {
        ceiling.0
    }
}

impl FromStr for BytesPerSecond {
    type Err = NotARate;

    /// A whole number of bytes, or of `kB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`.
    fn from_str(text: &str) -> Result<Self, NotARate> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| NotARate)?;
        let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim())).ok_or(NotARate)?;
        number.checked_mul(*factor).and_then(NonZeroU64::new).map(Self).ok_or(NotARate)
    }
}

impl fmt::Display for BytesPerSecond {
    /// In the largest unit that it is a whole number of, as it is parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().rev().find(|(_, factor)| self.0.get().is_multiple_of(*factor));
        let (unit, factor) = whole.unwrap_or(&UNITS[0]);
        write!(f, "{}{}", self.0.get() / factor, unit.trim_start_matches('B'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_per_second_prints_as_it_is_parsed() {
        for text in ["50MB", "1GiB", "8MiB", "3kB", "7", "1500kB"] {
            assert_eq!(text.parse::<BytesPerSecond>().unwrap().to_string(), text);
        }
        assert_eq!("50 mb".parse::<BytesPerSecond>(), "50000kB".parse());
    }

    #[test]
    fn bytes_per_second_refuses_other_texts() {
        for text in ["", "0", "0MB", "MB", "-1", "1.5GB", "5TB", "5MB/s", "99999999999999999999", "99999999999GiB"] {
            assert_eq!(text.parse::<BytesPerSecond>(), Err(NotARate), "{text}");
        }
    }
}
