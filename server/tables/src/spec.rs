//! Which table, where it lies, and which of its columns matter.

/// A table that is one end of a sync.
#[derive(Clone)]
pub struct TableSpec {
    /// `postgres://…`, `mysql://…` or `sqlite:path`. May hold a password: it is in no message.
    pub url: String,
    /// `orders`, but for SQLite also `shop.orders`.
    pub table: String,
    /// The column that names a row: an integer, unique.
    pub key: String,
    /// The column that grows with every write: an integer, never null, never negative.
    pub version: String,
    /// The column that says when a row was written, for people.
    pub timestamp: Option<String>,
    /// What is sent beside key and version; empty: all other columns that are not generated.
    pub columns: Vec<String>,
}

/// Which columns of `existing` to send, in that order; or the one that there is not.
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
