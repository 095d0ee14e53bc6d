//! The bearer token for a remote.

use std::{fmt, str::FromStr};

use hyper::header::HeaderValue;
use model::Invalid;

/// A secret of visible ASCII characters; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    const MAX_BYTES: usize = 1_024;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Value of the `Authorization` header, marked as sensitive.
    pub(super) fn header(&self) -> Result<HeaderValue, Invalid> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).map_err(|_| unfit())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl FromStr for Token {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(unfit()) }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

fn unfit() -> Invalid {
    Invalid::new("token", "…", "1 to 1,024 visible characters of ASCII, without spaces")
}
