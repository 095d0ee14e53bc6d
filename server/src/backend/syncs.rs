//! Syncs: the tables that are kept in step, and what people ask of them.

use model::{Problem, ProblemCode, TableName};

/// Of a table that nobody configured and no agent reports.
pub(super) fn unknown(table: &TableName) -> Problem {
    Problem::new(ProblemCode::NotFound, format!("No table `{table}` is configured, and no agent reports one."))
}
