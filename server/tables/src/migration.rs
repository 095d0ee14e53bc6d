//! What would make a table quick to compare, as SQL to be read before it is run.

use std::fmt;

/// Statements that a person may also run by hand, in this order, each by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migration {
    /// Empty if all is there.
    pub up: Vec<String>,
    /// Takes everything away again that `up` ever made.
    pub down: Vec<String>,
}

impl Migration {
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }
}

/// What it would do, with what to know before doing it.
impl fmt::Display for Migration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for statement in &self.up {
            writeln!(formatter, "{statement};\n")?;
        }
        Ok(())
    }
}
