//! What opens the remote's door.

use std::{fmt, str::FromStr};

use hyper::header::HeaderValue;
use model::Invalid;

/// A secret of visible ASCII characters. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    const MOST: usize = 1_024;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `Authorization`, marked as a secret.
    pub(super) fn header(&self) -> Result<HeaderValue, Invalid> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).map_err(|_| unfit())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl FromStr for Token {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=Self::MOST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
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
