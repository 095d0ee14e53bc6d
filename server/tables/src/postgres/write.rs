//! Writes uploaded rows: one statement per batch; a refused batch is bisected down to the row at fault.

use std::{collections::HashMap, fmt::Write as _};

use engine::sync::{Mark, Refusal, Row};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    PostgresTable, Shape,
    shape::{Column, WireType},
};
use crate::{
    TableError,
    error::{Failure, at},
    naming::quoted,
    upload::{Group, Keyed, bytes, prepare},
};

/// Reason why a batch was not written.
enum WriteFault {
    /// A row violates a rule of the table.
    Row(Refusal),
    /// The whole statement failed.
    Batch(TableError),
}

impl PostgresTable {
    pub async fn write(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError> {
        let (groups, mut refused) = prepare(rows, |column, value| self.check(column, value));
        let failed = at(&self.location);
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        // A constraint checked only at commit would fail all rows.
        sqlx::raw_sql("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut *transaction).await.map_err(&failed)?;
        for group in &groups {
            let sql = self.statement(group);
            let mut pending = vec![group.rows.as_slice()];
            while let Some(rows) = pending.pop() {
                sqlx::raw_sql("SAVEPOINT batch").execute(&mut *transaction).await.map_err(&failed)?;
                let end = match self.put(&mut transaction, &sql, &group.columns, rows).await {
                    Ok(()) => "RELEASE SAVEPOINT batch",
                    Err(WriteFault::Row(refusal)) => {
                        if let [row] = rows {
                            refused.push((row.mark(), refusal));
                        } else {
                            let (first, second) = rows.split_at(rows.len() / 2);
                            pending.extend([second, first]);
                        }
                        "ROLLBACK TO SAVEPOINT batch; RELEASE SAVEPOINT batch"
                    }
                    Err(WriteFault::Batch(error)) => return Err(error),
                };
                sqlx::raw_sql(end).execute(&mut *transaction).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(refused)
    }

    fn check(&self, column: &str, value: &Value) -> Result<(), Refusal> {
        let known = self.shape.columns.iter().find(|known| known.name == column);
        let known = known.ok_or_else(|| format!("{} has no column {column} to write", self.location))?;
        known.text(value).map(drop).map_err(|refusal| format!("column {column}: {refusal}"))
    }

    fn statement(&self, group: &Group) -> String {
        let Shape { table, key, version, .. } = &self.shape;
        let mut into = format!("{key}, {version}");
        let mut from = "$1::bigint[], $2::bigint[]".to_owned();
        let mut values = "v1, v2".to_owned();
        let mut names = "v1, v2".to_owned();
        let mut set = format!("{version} = excluded.{version}");
        for (column, number) in self.given(&group.columns).zip(3..) {
            let name = quoted(&column.name);
            let _ = write!(into, ", {name}");
            let _ = write!(from, ", ${number}::text[]");
            let _ = write!(values, ", v{number}::{}", column.kind);
            let _ = write!(names, ", v{number}");
            let _ = write!(set, ", {name} = excluded.{name}");
        }
        format!(
            "INSERT INTO {table} AS held ({into}) OVERRIDING SYSTEM VALUE
             SELECT {values} FROM unnest({from}) AS sent ({names})
             ON CONFLICT ({key}) DO UPDATE SET {set} WHERE held.{version} < excluded.{version}
             RETURNING {key}::bigint, {version}::bigint"
        )
    }

    /// The columns with these names, in their order.
    fn given<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = &'a Column> {
        names.iter().filter_map(|name| self.shape.columns.iter().find(|column| column.name == *name))
    }

    async fn put(
        &self,
        connection: &mut PgConnection,
        sql: &str,
        columns: &[String],
        rows: &[Keyed],
    ) -> Result<(), WriteFault> {
        let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
        let versions: Vec<_> = rows.iter().map(|row| row.version).collect();
        let mut query = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql.to_owned())).bind(keys).bind(versions);
        for column in self.given(columns) {
            let texts: Result<Vec<_>, _> = rows.iter().map(|row| column.text(&row.values[&column.name])).collect();
            query = query.bind(texts.map_err(WriteFault::Row)?);
        }
        let written = query.fetch_all(connection).await.map_err(|error| match Failure::of(&error) {
            Failure::Row => WriteFault::Row(words(&error)),
            _ => WriteFault::Batch(at(&self.location)(error)),
        })?;
        let sent: HashMap<_, _> = rows.iter().map(|row| (row.key, row.version)).collect();
        match written.iter().find(|(key, version)| sent.get(key) != Some(version)) {
            None => Ok(()),
            Some((_, version)) => Err(WriteFault::Row(format!(
                "the table itself set the version {version}: remove the trigger or default that sets versions in the copy"
            ))),
        }
    }
}

/// The database's message with its detail about the row.
fn words(error: &sqlx::Error) -> Refusal {
    let Some(error) = error.as_database_error() else { return error.to_string() };
    let detail = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().and_then(|error| error.detail());
    detail.map_or_else(|| error.message().to_owned(), |detail| format!("{}: {detail}", error.message()))
}

impl Column {
    /// A value as text for the column's type.
    fn text(&self, value: &Value) -> Result<Option<String>, Refusal> {
        let hex = |bytes: &[u8]| format!("\\x{}", hex::encode(bytes));
        Ok(Some(match (value, self.wire_type) {
            (Value::Null, _) => return Ok(None),
            (Value::Bool(truth), _) => truth.to_string(),
            (Value::Number(number), _) => number.to_string(),
            (Value::String(text), WireType::Bytes) => hex(text.as_bytes()),
            (Value::String(text), _) => text.clone(),
            (Value::Array(_), _) => return Err("a list is not a value".to_owned()),
            (Value::Object(_), wire_type) => match bytes(value) {
                Some(Ok(bytes)) if wire_type == WireType::Bytes => hex(&bytes),
                Some(Err(refusal)) => return Err(refusal),
                _ => return Err(format!("bytes do not fit type {}", self.kind)),
            },
        }))
    }
}
