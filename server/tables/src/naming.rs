//! Names in SQL: quoting, and names of the objects that a migration creates.

use sha2::{Digest as _, Sha256};

/// Quotes an identifier.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text literal, for statements without parameters. Requires `standard_conforming_strings`.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Longest name in bytes; PostgreSQL truncates longer names silently.
const MAX_NAME_BYTES: usize = 63;

/// Name of an object that a migration creates for a table, such as `orders_logyard_blocks`.
pub fn part(table: &str, name: &str) -> String {
    let end = format!("_logyard_{name}");
    if table.len() + end.len() <= MAX_NAME_BYTES {
        return format!("{table}{end}");
    }
    let mark = format!("_{}", hex::encode(&Sha256::digest(table.as_bytes())[..4]));
    let kept = table.floor_char_boundary(MAX_NAME_BYTES - end.len() - mark.len());
    format!("{}{mark}{end}", &table[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_names_cannot_inject_sql() {
        assert_eq!(quoted(r#"a"; DROP TABLE b; --"#), r#""a""; DROP TABLE b; --""#);
        assert_eq!(literal("it's"), "'it''s'");
    }

    #[test]
    fn names_for_long_tables_stay_distinct() {
        let [one, other] = ["a", "b"].map(|end| part(&format!("{}{end}", "é".repeat(40)), "blocks"));
        assert_ne!(one, other);
        assert!(one.len() <= MAX_NAME_BYTES && one.len() > MAX_NAME_BYTES - 2);
        assert_eq!(part("orders", "blocks"), "orders_logyard_blocks");
    }
}
