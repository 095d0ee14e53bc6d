//! A window: a half-open interval of time, without its end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, Time};

/// A window of time. Always: `from < to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WindowJson")]
pub struct Window {
    from: Time,
    to: Time,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowJson {
    from: Time,
    to: Time,
}

impl Window {
    pub fn new(from: Time, to: Time) -> Result<Self, Invalid> {
        if from < to {
            Ok(Self { from, to })
        } else {
            Err(Invalid::new("to", to.to_string(), format!("a time after `from`, {from}")))
        }
    }

    /// A window from one time to another, extended by a number of milliseconds at both ends.
    pub fn around(from: Time, to: Time, beside_ms: u32) -> Self {
        let (first, last) = (from.0.min(to.0), from.0.max(to.0));
        let first = first.saturating_sub(beside_ms.into()).min(i64::MAX - 1);
        Self { from: Time(first), to: Time(last.saturating_add(beside_ms.into()).max(first + 1)) }
    }

    pub fn from(&self) -> Time {
        self.from
    }

    pub fn to(&self) -> Time {
        self.to
    }

    pub fn contains(&self, time: Time) -> bool {
        self.from <= time && time < self.to
    }
}

impl TryFrom<WindowJson> for Window {
    type Error = Invalid;

    fn try_from(WindowJson { from, to }: WindowJson) -> Result<Self, Invalid> {
        Self::new(from, to)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_includes_start_and_excludes_end() {
        let window = Window::new(Time(10), Time(20)).unwrap();
        assert_eq!([9, 10, 19, 20].map(|at| window.contains(Time(at))), [false, true, true, false]);
        assert_eq!(Window::new(Time(10), Time(10)).unwrap_err().field, "to");
    }
}
