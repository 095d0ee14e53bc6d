//! A number of bytes as people write it: `50MB`, `1GiB`, `8388608`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

/// A number of bytes. In JSON a number; a text such as `"5MB"` is read too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be {}", ByteSize::EXPECTED)]
pub struct NotASize;

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

impl ByteSize {
    /// Accepted form of the text, as an error message states it.
    pub const EXPECTED: &str = "a whole number of bytes, such as 50MB, 1GiB or 8388608";
}

impl FromStr for ByteSize {
    type Err = NotASize;

    /// A whole number of bytes, or of `kB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`.
    fn from_str(text: &str) -> Result<Self, NotASize> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| NotASize)?;
        let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim())).ok_or(NotASize)?;
        number.checked_mul(*factor).map(Self).ok_or(NotASize)
    }
}

impl fmt::Display for ByteSize {
    /// In the largest unit that it is a whole number of, as it is parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().rev().find(|(_, factor)| self.0 > 0 && self.0.is_multiple_of(*factor));
        let (unit, factor) = whole.unwrap_or(&UNITS[0]);
        write!(f, "{}{}", self.0 / factor, unit.trim_start_matches('B'))
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = ByteSize;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(ByteSize::EXPECTED)
            }

            fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<ByteSize, E> {
                Ok(ByteSize(bytes))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_round_trips_through_text() {
        for (text, bytes, shown) in [
            ("0", 0, "0"),
            ("5 mb", 5_000_000, "5MB"),
            ("1024", 1_024, "1KiB"),
            ("7b", 7, "7"),
            ("2GiB", 2 << 30, "2GiB"),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!((size.0, size.to_string().as_str()), (bytes, shown));
        }
        for text in ["", "MB", "-1", "1.5GB", "5TB", "5MB/s", "99999999999GiB"] {
            assert_eq!(text.parse::<ByteSize>(), Err(NotASize), "{text}");
        }
    }

    #[test]
    fn json_takes_numbers_and_texts() {
        let read = |json: &str| serde_json::from_str::<ByteSize>(json);
        assert_eq!((read("7").unwrap(), read("\"5MB\"").unwrap()), (ByteSize(7), ByteSize(5_000_000)));
        assert_eq!(serde_json::to_string(&ByteSize(7)).unwrap(), "7");
        for wrong in ["-1", "1.5", "\"much\"", "null"] {
            assert!(read(wrong).unwrap_err().to_string().contains("such as 50MB"), "{wrong}");
        }
    }
}
