//! The specification of a table: its database, its name, and its columns.

/// A table used as an endpoint of a sync.
#[derive(Clone)]
pub struct TableSpec {
    /// Database URL: `postgres://…`, `mysql://…` or `sqlite:path`. May contain a password, which appears in no message.
    pub url: String,
    /// Table name such as `orders`; with a schema, `shop.orders`, except in SQLite.
    pub table: String,
    /// Column that identifies a row: a unique integer.
    pub key: String,
    /// Column with the row version, which grows with every write: an integer, never null, never negative.
    pub version: String,
    /// Column with the time of the last write, for display.
    pub timestamp: Option<String>,
    /// Columns to send beside key and version; if empty, all columns that are not generated.
    pub columns: Vec<String>,
}

/// The columns of `existing` to send, in that order; the error is the name of a missing column.
pub fn chosen<'a, T>(spec: &TableSpec, existing: &'a [T], name: impl Fn(&T) -> &str) -> Result<Vec<&'a T>, String> {
    let special = |column: &str| column == spec.key || column == spec.version;
    for wanted in spec.columns.iter().chain([&spec.key, &spec.version]).chain(&spec.timestamp) {
        if !existing.iter().any(|column| name(column) == wanted) {
            return Err(wanted.clone());
        }
    }
    let sent = |column: &&T| {
        let column = name(column);
        !special(column) && (spec.columns.is_empty() || spec.columns.iter().any(|wanted| wanted == column))
    };
    Ok(existing.iter().filter(sent).collect())
}
