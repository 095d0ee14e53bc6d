//! A ceiling on bytes a second, as people write it: `50MB`, `1GiB`, `8388608`.

use std::{fmt, num::NonZeroU64, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ByteSize;

/// A ceiling on bytes, at least one a second. In JSON a number; a text such as `"50MB"` is read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "ByteSize", into = "ByteSize")]
pub struct BytesPerSecond(NonZeroU64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be {}", BytesPerSecond::EXPECTED)]
pub struct NotARate;

impl BytesPerSecond {
    /// Accepted form of the text, as an error message states it.
    pub const EXPECTED: &str = "bytes a second, at least 1, such as 50MB, 1GiB or 8388608";
}

impl From<BytesPerSecond> for NonZeroU64 {
    fn from(ceiling: BytesPerSecond) -> Self {
        ceiling.0
    }
}

impl From<BytesPerSecond> for ByteSize {
    fn from(ceiling: BytesPerSecond) -> Self {
        Self(ceiling.0.get())
    }
}

impl TryFrom<ByteSize> for BytesPerSecond {
    type Error = NotARate;

    fn try_from(size: ByteSize) -> Result<Self, NotARate> {
        NonZeroU64::new(size.0).map(Self).ok_or(NotARate)
    }
}

impl FromStr for BytesPerSecond {
    type Err = NotARate;

    /// A whole number of bytes, or of `kB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`.
    fn from_str(text: &str) -> Result<Self, NotARate> {
        text.parse::<ByteSize>().map_err(|_| NotARate)?.try_into()
    }
}

impl fmt::Display for BytesPerSecond {
    /// In the largest unit that it is a whole number of, as it is parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ByteSize::from(*self).fmt(f)
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
