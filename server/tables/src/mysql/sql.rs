//! SQL fragments. Lists of numbers are part of the statement text, because MySQL has no list parameters.

use engine::sync::Span;

use crate::span::bounds;

/// Quotes an identifier.
pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Numbers as a list: `1,2,3`.
pub fn numbers<T: ToString>(numbers: impl IntoIterator<Item = T>) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

/// Condition that a column lies in one of the spans (at least one), which an index resolves range by range.
pub fn within(column: &str, spans: &[Span]) -> String {
    let within = |span: &Span| {
        let (first, last) = bounds(*span);
        format!("{column} BETWEEN {first} AND {last}")
    };
    format!("({})", spans.iter().map(within).collect::<Vec<_>>().join(" OR "))
}

/// SQL for `engine::sync::Mark::hash`: the first eight bytes of the SHA-256 of key and version, big-endian.
pub fn hash(key: &str, version: &str) -> String {
    let bytes = |number: &str| format!("LPAD(HEX(CAST({number} AS SIGNED)), 16, '0')");
    format!("CAST(CONV(LEFT(SHA2(UNHEX(CONCAT({}, {})), 256), 16), 16, 10) AS UNSIGNED)", bytes(key), bytes(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_names_cannot_inject_sql() {
        assert_eq!(quoted("a`; DROP TABLE b; --"), "`a``; DROP TABLE b; --`");
    }

    #[test]
    fn spans_become_inclusive_ranges() {
        let spans = [Span { from: 3, until: 5 }, Span { from: 9, until: Span::END }];
        assert_eq!(within("v", &spans), format!("(v BETWEEN 3 AND 4 OR v BETWEEN 9 AND {})", i64::MAX));
    }
}
