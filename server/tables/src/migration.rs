//! A migration that makes a table fast to compare, as SQL to review before it runs.

use std::fmt;

/// SQL statements, to be run one by one in this order, by Logyard or by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migration {
    /// Statements to apply; empty if nothing is missing.
    pub up: Vec<String>,
    /// Statements that remove everything that `up` creates.
    pub down: Vec<String>,
}

impl Migration {
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }
}

/// The `up` statements with their explanatory comments.
impl fmt::Display for Migration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for statement in &self.up {
            writeln!(formatter, "{statement};\n")?;
        }
        Ok(())
    }
}
