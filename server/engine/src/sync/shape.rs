//! The shape of a table as an evaluation compares it: which columns are sent, and whether the copy can hold their values.
//!
//! A value too long or too large is refused by the copy's database, row by row. Some types change a value without a
//! word instead: they round it, cut it, or take a text for a number. Such a pair of columns is found here, before any
//! row is sent.
//!
//! Always: a type that is not known here counts as one that keeps values. Rows are read back where they are written, so
//! a changed value is found there at the latest.

use serde::{Deserialize, Serialize};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// The type in the words of its database, such as `numeric(10,2)`.
    #[serde(rename = "type")]
    pub declared: String,
    #[serde(flatten)]
    pub kind: Kind,
}

/// What a type does to values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "keeps", rename_all = "snake_case")]
pub enum Kind {
    /// Decimals; those after the point beyond `scale` are rounded away.
    Decimal { scale: Option<u32> },
    /// Binary floating-point numbers with so many decimal digits that survive.
    Float { digits: u32 },
    /// Times with so many digits of a second.
    Time { digits: u32 },
    /// Text as it is.
    Text,
    /// Any value, but a text that looks like a number becomes one.
    Numeric,
    /// Any value as it is, or refused.
    #[serde(other)]
    Exact,
}

/// Decimal digits that a 64-bit and a 32-bit floating-point number keep.
pub const DOUBLE_DIGITS: u32 = 15;
pub const SINGLE_DIGITS: u32 = 6;

impl Kind {
    /// Whether the other type may change values of this one without refusing them.
    pub fn is_altered_by(self, into: Self) -> bool {
        match (self, into) {
            (Self::Decimal { scale: Some(here) }, Self::Decimal { scale: Some(there) })
            | (Self::Float { digits: here }, Self::Float { digits: there })
            | (Self::Time { digits: here }, Self::Time { digits: there }) => there < here,
            (Self::Decimal { scale: None } | Self::Float { .. }, Self::Decimal { scale: Some(_) })
            | (Self::Text, Self::Numeric | Self::Float { .. }) => true,
            (Self::Decimal { .. }, Self::Float { digits }) => digits < DOUBLE_DIGITS,
            _ => false,
        }
    }
}

/// Why rows of the local columns cannot be sent to the remote ones as they are, a sentence each.
pub fn obstacles(local: &[Column], remote: &[Column], narrowing: bool) -> Vec<String> {
    let obstacle = |column: &Column| {
        let name = &column.name;
        match remote.iter().find(|there| there.name == *name) {
            None => Some(format!("the copy has no column {name}")),
            Some(there) if !narrowing && column.kind.is_altered_by(there.kind) => Some(format!(
                "column {name} is {} here and {} at the copy, which would change values",
                column.declared, there.declared
            )),
            Some(_) => None,
        }
    };
    local.iter().filter_map(obstacle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, declared: &str, kind: Kind) -> Column {
        Column { name: name.to_owned(), declared: declared.to_owned(), kind }
    }

    #[test]
    fn types_that_round_or_reinterpret_values_are_obstacles() {
        let decimal = |scale| Kind::Decimal { scale };
        let float = |digits| Kind::Float { digits };
        let time = |digits| Kind::Time { digits };
        for (from, into, altered) in [
            (decimal(Some(4)), decimal(Some(2)), true),
            (decimal(Some(2)), decimal(Some(4)), false),
            (decimal(None), decimal(Some(9)), true),
            (decimal(Some(2)), decimal(None), false),
            (decimal(Some(2)), float(DOUBLE_DIGITS), false),
            (decimal(Some(2)), float(SINGLE_DIGITS), true),
            (float(DOUBLE_DIGITS), float(SINGLE_DIGITS), true),
            (float(SINGLE_DIGITS), float(DOUBLE_DIGITS), false),
            (time(6), time(0), true),
            (time(3), time(6), false),
            (Kind::Text, Kind::Numeric, true),
            (Kind::Text, Kind::Text, false),
            (Kind::Exact, Kind::Numeric, false),
            (time(6), Kind::Text, false),
        ] {
            assert_eq!(from.is_altered_by(into), altered, "{from:?} into {into:?}");
        }
    }

    #[test]
    fn obstacles_name_columns_with_both_types() {
        let here = [
            column("total", "numeric(20,4)", Kind::Decimal { scale: Some(4) }),
            column("note", "text", Kind::Text),
            column("id", "bigint", Kind::Exact),
        ];
        let there = [here[2].clone(), column("total", "numeric(10,2)", Kind::Decimal { scale: Some(2) })];
        assert_eq!(
            obstacles(&here, &there, false),
            [
                "column total is numeric(20,4) here and numeric(10,2) at the copy, which would change values",
                "the copy has no column note",
            ]
        );
        assert_eq!(obstacles(&here, &there, true), ["the copy has no column note"], "asked for");
    }

    #[test]
    fn column_of_a_newer_version_counts_as_one_that_keeps_values() {
        let column: Column = serde_json::from_str(r#"{"name":"a","type":"t","keeps":"stars"}"#).unwrap();
        assert_eq!(column.kind, Kind::Exact);
        let column = Column { kind: Kind::Time { digits: 3 }, ..column };
        let text = serde_json::to_string(&column).unwrap();
        assert_eq!(text, r#"{"name":"a","type":"t","keeps":"time","digits":3}"#);
        assert_eq!(serde_json::from_str::<Column>(&text).unwrap(), column);
    }
}
