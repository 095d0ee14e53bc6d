//! Digests of the values of rows, by which both endpoints compare contents where versions prove nothing.
//!
//! Databases write the same value in different ways: 12.50 or 12.5, true or 1, bytes or the text that they spell. A
//! digest is therefore made of one canonical form:
//!
//! - null, or the bytes of the value;
//! - a boolean as `1` or `0`; a number, and a text that is one, without needless zeros: `-12.5`;
//! - any other text as UTF-8; bytes (`{"base64": "…"}`) as they are.
//!
//! The digest of a row is the first 16 bytes, big-endian, of the SHA-256 of key, version, and for each column in the
//! order given its value: `0` for null, else `1`, the length in eight bytes, and the bytes.
//!
//! Always: these numbers are part of the protocol and fixed by the vectors in the tests. Equal digests prove equal
//! values, up to the form in which they are written.

use std::borrow::Cow;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::cell::Mark;
use super::endpoint::Row;

/// Row count of a span, and the exclusive or of the rows' digests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentSum {
    pub count: u64,
    pub digests: u128,
}

impl ContentSum {
    pub const BYTES: usize = 24;

    pub fn add(&mut self, digest: u128) {
        self.count += 1;
        self.digests ^= digest;
    }

    /// Wire form: both numbers, big-endian.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.count.to_be_bytes());
        bytes[8..].copy_from_slice(&self.digests.to_be_bytes());
        bytes
    }

    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let (count, digests) = bytes.split_at(8);
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
        Self { count: u64::try_from(number(count)).unwrap_or(u64::MAX), digests: number(digests) }
    }
}

/// The digest of a row over these columns. A column that the row lacks counts as null.
pub fn digest(mark: Mark, row: &Row, columns: &[String]) -> u128 {
    let mut hash = Sha256::new();
    hash.update(mark.key.to_be_bytes());
    hash.update(mark.version.to_be_bytes());
    for column in columns {
        match row.values.get(column).and_then(canonical) {
            None => hash.update([0]),
            Some(bytes) => {
                hash.update([1]);
                hash.update((bytes.len() as u64).to_be_bytes());
                hash.update(&bytes);
            }
        }
    }
    hash.finalize()[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// Whether two values are the same in their canonical form.
pub fn is_same(one: &Value, other: &Value) -> bool {
    canonical(one) == canonical(other)
}

/// The canonical bytes of a value; `None` for null.
fn canonical(value: &Value) -> Option<Cow<'_, [u8]>> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(truth) => Cow::Borrowed(if *truth { b"1" } else { b"0" }),
        Value::Number(number) => Cow::Owned(plain_number(&number.to_string())),
        Value::String(text) if is_decimal(text) => Cow::Owned(plain_number(text)),
        Value::String(text) => Cow::Borrowed(text.as_bytes()),
        Value::Object(object) => {
            match object.get("base64").and_then(Value::as_str).map(|it| BASE64_STANDARD.decode(it)) {
                Some(Ok(bytes)) => Cow::Owned(bytes),
                _ => Cow::Owned(value.to_string().into_bytes()),
            }
        }
        Value::Array(_) => Cow::Owned(value.to_string().into_bytes()),
    })
}

/// A decimal as a number column writes it: `-12.50`, but not `007`, `+1` or `1.`.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

/// A number without needless zeros and without an exponent, as far as it has 400 digits at most.
fn plain_number(text: &str) -> Vec<u8> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let Ok(exponent) = exponent.trim_start_matches('+').parse::<i32>() else { return text.as_bytes().to_vec() };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = format!("{whole}{fraction}");
    let point = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_add(i64::from(exponent));
    if point.unsigned_abs() > 400 {
        return text.as_bytes().to_vec();
    }
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
    let (whole, fraction) = if point <= 0 {
        (String::new(), format!("{}{digits}", zeros(-point)))
    } else if point >= length {
        (format!("{digits}{}", zeros(point - length)), String::new())
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
        (whole.to_owned(), fraction.to_owned())
    };
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    match (whole, fraction) {
        ("", "") => b"0".to_vec(),
        (whole, fraction) => {
            let whole = if whole.is_empty() { "0" } else { whole };
            let point = if fraction.is_empty() { "" } else { "." };
            format!("{sign}{whole}{point}{fraction}").into_bytes()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn same_value_in_another_form_is_the_same() {
        for (one, other) in [
            (json!("12.50"), json!(12.5)),
            (json!(true), json!(1)),
            (json!(1e21), json!("1000000000000000000000")),
            (json!(0.000_000_1), json!("0.0000001")),
            (json!("-0.0"), json!(0)),
            (json!({"base64": "aGk="}), json!("hi")),
            (json!(3.0), json!(3)),
        ] {
            assert!(is_same(&one, &other), "{one} {other}");
        }
        for (one, other) in [
            (json!("007"), json!(7)),
            (json!("+1"), json!(1)),
            (json!(null), json!("")),
            (json!("a"), json!("a ")),
            (json!("1.2345"), json!(1.23)),
            (json!(0.1), json!(0.100_000_001)),
        ] {
            assert!(!is_same(&one, &other), "{one} {other}");
        }
    }

    /// Computed with Python's hashlib.
    #[test]
    fn digests_are_fixed() {
        let mark = Mark { version: 7, key: 3 };
        let values = json!({"name": "Zoë", "total": "12.50", "gone": null});
        let row = Row { key: 3.into(), version: 7, values: values.as_object().unwrap().clone() };
        let columns = ["gone", "name", "total"].map(str::to_owned);
        assert_eq!(format!("{:032x}", digest(mark, &row, &columns)), "b213fb116909e682614ab28735a74760");
        let mut sum = ContentSum::default();
        sum.add(digest(mark, &row, &columns));
        assert_eq!(ContentSum::from_bytes(&sum.to_bytes()), sum);
    }
}
