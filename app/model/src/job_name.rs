//! The name that a user gives a job.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// One line of 1 to 80 characters, none of them a control character, no space at its ends. Jobs may share a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobName(String);

const MAX_CHARS: usize = 80;

impl JobName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JobName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for JobName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        let fits = (1..=MAX_CHARS).contains(&name.chars().count());
        if fits && name.trim() == name && !name.chars().any(char::is_control) {
            return Ok(Self(name));
        }
        let expected = format!("one line of 1 to {MAX_CHARS} characters without spaces at its ends");
        Err(Invalid::new("name", name, expected))
    }
}

impl From<JobName> for String {
    fn from(name: JobName) -> Self {
        name.0
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_one_short_line() {
        for name in ["a", "Move of März: part 2", &"é".repeat(80)] {
            assert_eq!(name.parse::<JobName>().unwrap().as_str(), name);
        }
        for name in ["", " ", " a", "a\nb", &"a".repeat(81)] {
            assert_eq!(name.parse::<JobName>().unwrap_err().field, "name", "{name}");
        }
    }
}
