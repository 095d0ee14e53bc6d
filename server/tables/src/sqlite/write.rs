//! Writes and deletes rows, one transaction per batch.

use std::fmt::Write as _;

use engine::sync::{Mark, Refusal, Row};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

use super::{Shape, SqliteTable};
use crate::{
    TableError,
    error::{Failure, at},
    naming::quoted,
    upload::{Group, Keyed, bytes, prepare},
};

impl SqliteTable {
    /// Writes one row per statement, which costs no round trip in SQLite; a refused row does not affect the others.
    pub async fn write(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError> {
        let (groups, mut refused) = prepare(rows, |column, value| self.check(column, value));
        let failed = at(&self.location);
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        for group in &groups {
            let sql = self.statement(group);
            for row in &group.rows {
                match self.put(&mut transaction, &sql, group, row).await {
                    Ok(()) => {}
                    Err(error) if Failure::of(&error) == Failure::Row => refused.push((row.mark(), words(&error))),
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(refused)
    }

    fn check(&self, column: &str, value: &Value) -> Result<(), Refusal> {
        if !self.shape.columns.iter().any(|known| known.name == column) {
            return Err(format!("{} has no column {column} to write", self.location));
        }
        match value {
            Value::Array(_) => Err(format!("column {column}: a list is not a value")),
            Value::Number(number) if number.as_i64().is_none() && number.is_u64() => {
                Err(format!("column {column}: {number} is above {}", i64::MAX))
            }
            value => bytes(value).transpose().map(drop).map_err(|refusal| format!("column {column}: {refusal}")),
        }
    }

    fn statement(&self, group: &Group) -> String {
        let Shape { table, key, version, .. } = &*self.shape;
        let names: Vec<_> = group.columns.iter().map(|column| quoted(column)).collect();
        let mut into = format!("{key}, {version}");
        let mut values = "$1, $2".to_owned();
        let mut set = format!("{version} = excluded.{version}");
        for (name, number) in names.iter().zip(3..) {
            let _ = write!(into, ", {name}");
            let _ = write!(values, ", ${number}");
            let _ = write!(set, ", {name} = excluded.{name}");
        }
        format!(
            "INSERT INTO {table} ({into}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {set}
             WHERE {table}.{version} < excluded.{version}"
        )
    }

    async fn put(
        &self,
        connection: &mut SqliteConnection,
        sql: &str,
        group: &Group,
        row: &Keyed,
    ) -> Result<(), sqlx::Error> {
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned())).bind(row.key).bind(row.version);
        for column in &group.columns {
            let real = self.shape.columns.iter().any(|known| known.name == *column && known.real);
            query = bind(query, &row.values[column], real);
        }
        query.execute(connection).await.map(drop)
    }

    pub async fn remove(&self, marks: &[Mark]) -> Result<(), TableError> {
        let Shape { table, key, version, .. } = &*self.shape;
        let sql = format!("DELETE FROM {table} WHERE {key} = $1 AND {version} = $2");
        let failed = at(&self.location);
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        for mark in marks {
            let query = sqlx::query(AssertSqlSafe(sql.clone()));
            query
                .bind(mark.key.cast_signed())
                .bind(mark.version.cast_signed())
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }
}

fn words(error: &sqlx::Error) -> Refusal {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn bind<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    value: &Value,
    real: bool,
) -> Query<'q, Sqlite, SqliteArguments> {
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Bool(truth) => query.bind(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(number) => query.bind(number),
            None => query.bind(number.as_f64()),
        },
        Value::String(text) => match text.as_str() {
            "Infinity" if real => query.bind(f64::INFINITY),
            "-Infinity" if real => query.bind(f64::NEG_INFINITY),
            _ => query.bind(text.clone()),
        },
        // Checked before.
        other => query.bind(bytes(other).and_then(Result::ok)),
    }
}
