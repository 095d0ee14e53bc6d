//! Names in SQL: quoted, and of the parts that a migration makes.

use sha2::{Digest as _, Sha256};

/// An identifier, whatever it holds.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL writes it, for statements that take no parameters. Needs `standard_conforming_strings`.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// PostgreSQL cuts longer names off, without a word.
const LONGEST: usize = 63;

/// What a part of the migration of a table is called: `orders_logyard_blocks`.
pub fn part(table: &str, name: &str) -> String {
    let end = format!("_logyard_{name}");
    if table.len() + end.len() <= LONGEST {
        return format!("{table}{end}");
    }
    let mark = format!("_{}", hex::encode(&Sha256::digest(table.as_bytes())[..4]));
    let kept = table.floor_char_boundary(LONGEST - end.len() - mark.len());
    format!("{}{mark}{end}", &table[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_their_quotes() {
        assert_eq!(quoted(r#"a"; DROP TABLE b; --"#), r#""a""; DROP TABLE b; --""#);
        assert_eq!(literal("it's"), "'it''s'");
    }

    #[test]
    fn names_of_long_tables_stay_apart() {
        let [one, other] = ["a", "b"].map(|end| part(&format!("{}{end}", "é".repeat(40)), "blocks"));
        assert_ne!(one, other);
        assert!(one.len() <= LONGEST && one.len() > LONGEST - 2);
        assert_eq!(part("orders", "blocks"), "orders_logyard_blocks");
    }
}
