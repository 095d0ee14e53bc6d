//! Writes and deletes rows, one transaction per batch, one statement per row: statements cost no round trip in SQLite,
//! and a refused row does not affect the others.
//!
//! Rows that refuse one another because a unique value moved between them are written together once more, after their
//! older versions were deleted.
//!
//! Always: what was written is read back. A row that the table did not keep, or keeps with another value, is refused
//! and undone.

use std::{fmt::Write as _, sync::Arc};

use engine::sync::{Mark, Refusal, Row, is_same};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

use super::{Shape, SqliteTable, read::row};
use crate::{
    TableError,
    error::{Failure, at},
    naming::quoted,
    upload::{Group, Keyed, bytes, prepare},
};

const SET: &str = "SAVEPOINT row";
const UNDO: &str = "ROLLBACK TO row; RELEASE row";
const KEEP: &str = "RELEASE row";

/// A shape with the table that it belongs to, for the writes of one call.
struct Writer<'a> {
    table: &'a SqliteTable,
    shape: Arc<Shape>,
}

impl SqliteTable {
    pub async fn write(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError> {
        let writer = Writer { table: self, shape: self.shape() };
        let (groups, mut refused) = prepare(rows, |column, value| writer.check(column, value));
        let failed = at(&self.location);
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        for group in &groups {
            refused.extend(writer.write_group(&mut transaction, group).await?);
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(refused)
    }

    pub async fn remove(&self, marks: &[Mark]) -> Result<Vec<(Mark, Refusal)>, TableError> {
        let shape = self.shape();
        let Shape { table, key, version, .. } = &*shape;
        let delete = format!("DELETE FROM {table} WHERE {key} = $1 AND {version} = $2");
        let find = format!("SELECT TRUE FROM {table} WHERE {key} = $1 AND {version} = $2");
        let failed = at(&self.location);
        let mut refused = Vec::new();
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        for mark in marks {
            let (key, version) = (mark.key.cast_signed(), mark.version.cast_signed());
            let query = sqlx::query(AssertSqlSafe(delete.clone())).bind(key).bind(version);
            match query.execute(&mut *transaction).await {
                Ok(_) => {
                    let query = sqlx::query_as::<_, (bool,)>(AssertSqlSafe(find.clone())).bind(key).bind(version);
                    if query.fetch_optional(&mut *transaction).await.map_err(&failed)?.is_some() {
                        let kept = "the copy kept the row: a trigger of the table prevents its deletion";
                        refused.push((*mark, kept.to_owned()));
                    }
                }
                Err(error) if Failure::of(&error) == Failure::Row => refused.push((*mark, words(&error))),
                Err(error) => return Err(failed(error)),
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(refused)
    }
}

impl Writer<'_> {
    fn check(&self, column: &str, value: &Value) -> Result<(), Refusal> {
        if !self.shape.columns.iter().any(|known| known.name == column) {
            return Err(format!("{} has no column {column} to write", self.table.location));
        }
        match value {
            Value::Array(_) => Err(format!("column {column}: a list is not a value")),
            Value::Number(number) if number.as_i64().is_none() && number.is_u64() => {
                Err(format!("column {column}: {number} is above {}", i64::MAX))
            }
            value => bytes(value).transpose().map(drop).map_err(|refusal| format!("column {column}: {refusal}")),
        }
    }

    async fn write_group(
        &self,
        connection: &mut SqliteConnection,
        group: &Group,
    ) -> Result<Vec<(Mark, Refusal)>, TableError> {
        let failed = at(&self.table.location);
        let (mut refused, mut rivals, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        let (put, read) = (self.statement(group), self.read_back(group));
        for row in &group.rows {
            match self.put(connection, (&put, &read), group, row).await.map_err(&failed)? {
                Ok(()) => {}
                Err((refusal, true)) => {
                    rivals.push(row);
                    refusals.push((row.mark(), refusal));
                }
                Err((refusal, false)) => refused.push((row.mark(), refusal)),
            }
        }
        if rivals.len() < 2 || !self.exchange(connection, group, &rivals).await.map_err(&failed)? {
            refused.extend(refusals);
        }
        Ok(refused)
    }

    /// Writes rows between which unique values moved, after deleting their older versions. Not where that would delete
    /// or change rows of other tables.
    async fn exchange(
        &self,
        connection: &mut SqliteConnection,
        group: &Group,
        rows: &[&Keyed],
    ) -> Result<bool, sqlx::Error> {
        let followed: Option<(bool,)> = sqlx::query_as(
            "SELECT TRUE FROM sqlite_schema AS other, pragma_foreign_key_list(other.name) AS key
             WHERE other.type = 'table' AND key.\"table\" = $1 COLLATE NOCASE
               AND key.on_delete NOT IN ('NO ACTION', 'RESTRICT') LIMIT 1",
        )
        .bind(&self.shape.name)
        .fetch_optional(&mut *connection)
        .await?;
        if followed.is_some() {
            return Ok(false);
        }
        let Shape { table, key, version, .. } = &*self.shape;
        let delete = format!("DELETE FROM {table} WHERE {key} = $1 AND {version} < $2");
        let (put, read) = (self.statement(group), self.read_back(group));
        sqlx::raw_sql("SAVEPOINT exchange").execute(&mut *connection).await?;
        let mut written = true;
        for row in rows {
            let query = sqlx::query(AssertSqlSafe(delete.clone())).bind(row.key).bind(row.version);
            match query.execute(&mut *connection).await {
                Ok(_) => {}
                Err(error) if Failure::of(&error) == Failure::Row => written = false,
                Err(error) => return Err(error),
            }
        }
        for row in rows {
            written = written && self.put(connection, (&put, &read), group, row).await?.is_ok();
        }
        let end = if written { "RELEASE exchange" } else { "ROLLBACK TO exchange; RELEASE exchange" };
        sqlx::raw_sql(end).execute(connection).await?;
        Ok(written)
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
             WHERE {table}.{version} <= excluded.{version}"
        )
    }

    fn read_back(&self, group: &Group) -> String {
        let Shape { table, key, version, .. } = &*self.shape;
        let names = group.columns.iter().map(|column| quoted(column));
        let names = [key.clone(), version.clone()].into_iter().chain(names).collect::<Vec<_>>().join(", ");
        format!("SELECT {names} FROM {table} WHERE {key} = $1")
    }

    /// Writes a row and reads it back; undone if it is refused. The refusal says whether a value must be unique.
    async fn put(
        &self,
        connection: &mut SqliteConnection,
        (write, back): (&str, &str),
        group: &Group,
        row: &Keyed,
    ) -> Result<Result<(), (Refusal, bool)>, sqlx::Error> {
        sqlx::raw_sql(SET).execute(&mut *connection).await?;
        let mut query = sqlx::query(AssertSqlSafe(write.to_owned())).bind(row.key).bind(row.version);
        for column in &group.columns {
            let real = self.shape.columns.iter().any(|known| known.name == *column && known.real);
            query = bind(query, &row.values[column], real);
        }
        let outcome = match query.execute(&mut *connection).await {
            Ok(_) => self.look(connection, back, group, row).await?.map_err(|refusal| (refusal, false)),
            Err(error) if Failure::of(&error) == Failure::Row => Err((words(&error), is_rivalry(&error))),
            Err(error) => return Err(error),
        };
        sqlx::raw_sql(if outcome.is_ok() { KEEP } else { UNDO }).execute(connection).await?;
        Ok(outcome)
    }

    /// Compares a written row with what the table has now.
    async fn look(
        &self,
        connection: &mut SqliteConnection,
        read: &str,
        group: &Group,
        sent: &Keyed,
    ) -> Result<Result<(), Refusal>, sqlx::Error> {
        let query = sqlx::query(AssertSqlSafe(read.to_owned())).bind(sent.key);
        let Some(found) = query.fetch_optional(connection).await? else {
            return Ok(Err("the copy did not keep the row: a trigger of the table drops it".to_owned()));
        };
        let columns: Vec<_> = group.columns.iter().filter_map(|name| self.shape.column(name)).cloned().collect();
        let found = row(&found, &columns)?;
        if found.version != sent.version.cast_unsigned() {
            let newer = found.version > sent.version.cast_unsigned();
            let older = "the copy kept an older version: a trigger of the table drops the new one".to_owned();
            return Ok(if newer { Ok(()) } else { Err(older) });
        }
        let other = columns.iter().find(|column| !is_same(&found.values[&column.name], &sent.values[&column.name]));
        Ok(other.map_or(Ok(()), |column| {
            let told = column.told();
            Err(format!(
                "column {}: the copy would keep another value: its type is {}, or a trigger changes it",
                told.name, told.declared
            ))
        }))
    }
}

fn words(error: &sqlx::Error) -> Refusal {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// Whether another row has the value of this one: `SQLITE_CONSTRAINT_UNIQUE`.
fn is_rivalry(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "2067")
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
