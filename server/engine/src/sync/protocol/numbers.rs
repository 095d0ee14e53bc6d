//! Versions and spans in messages.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Expected, IgnoredAny, SeqAccess, Unexpected, Visitor},
};

use crate::sync::{Mark, Span};

/// A row version from 0 to `i64::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u64);

/// Start or end of a span: from 0 to [`Span::END`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound(pub u64);

/// A non-empty span, written `[from, until]`: versions `from <= v < until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanOnWire(pub Span);

/// A mark, written `[version, key]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkOnWire(pub Mark);

impl Version {
    pub const EXPECTED: &str = "a version, a whole number from 0 to 9223372036854775807";
    pub const MAX: u64 = Span::END - 1;
}

impl Bound {
    pub const EXPECTED: &str = "a bound of versions, a whole number from 0 to 9223372036854775808";
}

/// Reads a whole number up to `max`, or fails with the expected form.
struct Whole {
    max: u64,
    expected: &'static str,
}

impl Visitor<'_> for Whole {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
        if number <= self.max { Ok(number) } else { Err(E::invalid_value(Unexpected::Unsigned(number), &self)) }
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(Whole { max: Self::MAX, expected: Self::EXPECTED }).map(Self)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(Whole { max: Span::END, expected: Self::EXPECTED }).map(Self)
    }
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

/// The key of a mark: any 64-bit number, because negative keys are in two's complement.
struct KeyNumber(u64);

impl<'de> Deserialize<'de> for KeyNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a row's key, a whole number from 0 to 18446744073709551615";
        deserializer.deserialize_u64(Whole { max: u64::MAX, expected }).map(Self)
    }
}

impl SpanOnWire {
    const EXPECTED: &str = "[from, until], two versions of which the first is the smaller";
}

impl<'de> Deserialize<'de> for SpanOnWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = SpanOnWire;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(SpanOnWire::EXPECTED)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SpanOnWire, A::Error> {
                let (Bound(from), Bound(until)) = pair(&mut list, &self)?;
                if from >= until {
                    let expected = SpanOnWire::EXPECTED;
                    return Err(A::Error::custom(format!("[{from}, {until}] is not a span: it must be {expected}")));
                }
                Ok(SpanOnWire(Span { from, until }))
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

impl<'de> Deserialize<'de> for MarkOnWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = MarkOnWire;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[version, key], two whole numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<MarkOnWire, A::Error> {
                let (Version(version), KeyNumber(key)) = pair(&mut list, &self)?;
                Ok(MarkOnWire(Mark { version, key }))
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// Reads a list of exactly two elements.
fn pair<'de, A: SeqAccess<'de>, First: Deserialize<'de>, Second: Deserialize<'de>>(
    list: &mut A,
    expected: &impl Expected,
) -> Result<(First, Second), A::Error> {
    let first = list.next_element()?.ok_or_else(|| A::Error::invalid_length(0, expected))?;
    let second = list.next_element()?.ok_or_else(|| A::Error::invalid_length(1, expected))?;
    match list.next_element::<IgnoredAny>()? {
        None => Ok((first, second)),
        Some(_) => Err(A::Error::invalid_length(3, expected)),
    }
}

impl Serialize for SpanOnWire {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.from, self.0.until).serialize(serializer)
    }
}

impl Serialize for MarkOnWire {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.version, self.0.key).serialize(serializer)
    }
}
