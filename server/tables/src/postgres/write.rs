//! Writes uploaded rows: one statement per batch; a refused batch is bisected down to the row at fault.
//!
//! Rows that refuse one another because a unique value moved between them are written together once more, after their
//! older versions were deleted.
//!
//! Always: what was written is read back. A row that the table did not keep, or keeps with another value, is refused
//! and undone.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    sync::Arc,
};

use engine::sync::{Mark, Refusal, Row};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, postgres::PgArguments, query::QueryAs};

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
    /// These rows were changed by the table, or not kept; the others may be written.
    Rows(Vec<(i64, Refusal)>),
    /// A row violates a rule of the table; whether it is that a value must be unique.
    Row(Refusal, bool),
    /// The whole statement failed.
    Batch(TableError),
}

const UNDO: &str = "ROLLBACK TO SAVEPOINT batch; RELEASE SAVEPOINT batch";
const KEEP: &str = "RELEASE SAVEPOINT batch";

/// A shape with the table that it belongs to, for the writes of one call.
struct Writer<'a> {
    table: &'a PostgresTable,
    shape: Arc<Shape>,
}

impl PostgresTable {
    pub async fn write(&self, rows: Vec<Row>) -> Result<Vec<(Mark, Refusal)>, TableError> {
        let writer = Writer { table: self, shape: self.shape.get() };
        let (groups, mut refused) = prepare(rows, |column, value| writer.check(column, value));
        let failed = at(&self.location);
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        // A constraint checked only at commit would fail all rows.
        sqlx::raw_sql("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut *transaction).await.map_err(&failed)?;
        for group in &groups {
            refused.extend(writer.write_group(&mut transaction, group).await?);
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(refused)
    }
}

impl Writer<'_> {
    fn check(&self, column: &str, value: &Value) -> Result<(), Refusal> {
        let known = self.shape.columns.iter().find(|known| known.name == column);
        let known = known.ok_or_else(|| format!("{} has no column {column} to write", self.table.location))?;
        known.text(value).map(drop).map_err(|refusal| format!("column {column}: {refusal}"))
    }

    async fn write_group(
        &self,
        connection: &mut PgConnection,
        group: &Group,
    ) -> Result<Vec<(Mark, Refusal)>, TableError> {
        let (mut refused, mut rivals) = (Vec::new(), Vec::new());
        let mut pending: Vec<Vec<&Keyed>> = vec![group.rows.iter().collect()];
        while let Some(mut rows) = pending.pop() {
            self.run(connection, "SAVEPOINT batch").await?;
            let end = match self.put(connection, group, &rows).await {
                Ok(()) => KEEP,
                Err(WriteFault::Rows(bad)) => {
                    let bad: HashMap<_, _> = bad.into_iter().collect();
                    rows.retain(|row| match bad.get(&row.key) {
                        Some(refusal) => {
                            refused.push((row.mark(), refusal.clone()));
                            false
                        }
                        None => true,
                    });
                    pending.extend(Some(rows).filter(|rows| !rows.is_empty()));
                    UNDO
                }
                Err(WriteFault::Row(refusal, unique)) => {
                    if let [row] = *rows {
                        if unique { &mut rivals } else { &mut refused }.push((row.mark(), refusal));
                    } else {
                        let second = rows.split_off(rows.len() / 2);
                        pending.extend([second, rows]);
                    }
                    UNDO
                }
                Err(WriteFault::Batch(error)) => return Err(error),
            };
            self.run(connection, end).await?;
        }
        if rivals.len() < 2 || !self.exchange(connection, group, &rivals).await? {
            refused.extend(rivals);
        }
        Ok(refused)
    }

    /// Writes rows between which unique values moved, after deleting their older versions. Not where that would delete
    /// or change rows of other tables.
    async fn exchange(
        &self,
        connection: &mut PgConnection,
        group: &Group,
        rivals: &[(Mark, Refusal)],
    ) -> Result<bool, TableError> {
        let failed = at(&self.table.location);
        let (follow,): (bool,) = sqlx::query_as(
            "SELECT EXISTS (SELECT FROM pg_constraint
                            WHERE contype = 'f' AND confrelid = $1 AND confdeltype IN ('c', 'n', 'd'))",
        )
        .bind(self.shape.oid)
        .fetch_one(&mut *connection)
        .await
        .map_err(&failed)?;
        if follow {
            return Ok(false);
        }
        let marks: HashSet<_> = rivals.iter().map(|(mark, _)| *mark).collect();
        let rows: Vec<_> = group.rows.iter().filter(|row| marks.contains(&row.mark())).collect();
        let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
        let versions: Vec<_> = rows.iter().map(|row| row.version).collect();
        let Shape { table, key, version, .. } = &*self.shape;
        let sql = format!(
            "DELETE FROM {table} AS held USING unnest($1::bigint[], $2::bigint[]) AS sent (key, version)
             WHERE held.{key} = sent.key AND held.{version} < sent.version"
        );
        self.run(connection, "SAVEPOINT batch").await?;
        let deleted = sqlx::query(AssertSqlSafe(sql)).bind(keys).bind(versions).execute(&mut *connection).await;
        let written = match deleted {
            Ok(_) => self.put(connection, group, &rows).await,
            Err(error) if Failure::of(&error) == Failure::Row => Err(WriteFault::Row(words(&error), false)),
            Err(error) => return Err(failed(error)),
        };
        self.run(connection, if written.is_ok() { KEEP } else { UNDO }).await?;
        Ok(written.is_ok())
    }

    async fn run(&self, connection: &mut PgConnection, sql: &'static str) -> Result<(), TableError> {
        sqlx::raw_sql(sql).execute(connection).await.map(drop).map_err(at(&self.table.location))
    }

    fn statement(&self, columns: &[String]) -> String {
        let Shape { table, key, version, .. } = &*self.shape;
        let mut into = format!("{key}, {version}");
        let mut values = "sent.v1, sent.v2".to_owned();
        let mut set = format!("{version} = excluded.{version}");
        for (column, number) in self.given(columns).zip(3..) {
            let name = quoted(&column.name);
            let _ = write!(into, ", {name}");
            let _ = write!(values, ", sent.v{number}::{}", column.kind);
            let _ = write!(set, ", {name} = excluded.{name}");
        }
        format!(
            "INSERT INTO {table} AS held ({into}) OVERRIDING SYSTEM VALUE
             SELECT {values} FROM {} ON CONFLICT ({key}) DO UPDATE SET {set} WHERE held.{version} <= excluded.{version}
             RETURNING {key}::bigint, {version}::bigint",
            self.sent(columns)
        )
    }

    /// Reads what was just written: the rows that are missing, older, or of the same version with another value. The
    /// third column is 0, or the number of the column that differs, from 3.
    fn read_back(&self, columns: &[String]) -> String {
        let Shape { table, key, version, .. } = &*self.shape;
        let mut differing = String::new();
        for (column, number) in self.given(columns).zip(3..) {
            let _ = write!(differing, " WHEN {} THEN {number}", column.differs(number));
        }
        let differing = if differing.is_empty() { "0".to_owned() } else { format!("CASE{differing} ELSE 0 END") };
        format!(
            "SELECT found.key, found.kept, found.differing
             FROM (SELECT sent.v1 AS key, held.{version} IS NOT NULL AND held.{version} >= sent.v2 AS kept,
                          CASE WHEN held.{version} = sent.v2 THEN {differing} ELSE 0 END AS differing
                   FROM {} LEFT JOIN {table} AS held ON held.{key} = sent.v1) AS found
             WHERE NOT found.kept OR found.differing <> 0",
            self.sent(columns)
        )
    }

    fn sent(&self, columns: &[String]) -> String {
        let mut from = "$1::bigint[], $2::bigint[]".to_owned();
        let mut names = "v1, v2".to_owned();
        for (_, number) in self.given(columns).zip(3..) {
            let _ = write!(from, ", ${number}::text[]");
            let _ = write!(names, ", v{number}");
        }
        format!("unnest({from}) AS sent ({names})")
    }

    /// The columns with these names, in their order.
    fn given<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = &'a Column> {
        names.iter().filter_map(|name| self.shape.columns.iter().find(|column| column.name == *name))
    }

    /// Binds keys, versions and the texts of the values.
    fn bind<'q, O>(
        &self,
        mut query: QueryAs<'q, sqlx::Postgres, O, PgArguments>,
        columns: &[String],
        rows: &[&Keyed],
    ) -> Result<QueryAs<'q, sqlx::Postgres, O, PgArguments>, WriteFault> {
        query = query.bind(rows.iter().map(|row| row.key).collect::<Vec<_>>());
        query = query.bind(rows.iter().map(|row| row.version).collect::<Vec<_>>());
        for column in self.given(columns) {
            let texts: Result<Vec<_>, _> = rows.iter().map(|row| column.text(&row.values[&column.name])).collect();
            query = query.bind(texts.map_err(|refusal| WriteFault::Row(refusal, false))?);
        }
        Ok(query)
    }

    async fn put(&self, connection: &mut PgConnection, group: &Group, rows: &[&Keyed]) -> Result<(), WriteFault> {
        let columns = &group.columns;
        let fault = |error: sqlx::Error| match Failure::of(&error) {
            Failure::Row => WriteFault::Row(words(&error), is_rivalry(&error)),
            _ => WriteFault::Batch(at(&self.table.location)(error)),
        };
        let query = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(self.statement(columns)));
        let written = self.bind(query, columns, rows)?.fetch_all(&mut *connection).await.map_err(fault)?;
        let sent: HashMap<_, _> = rows.iter().map(|row| (row.key, row.version)).collect();
        if let Some((_, version)) = written.iter().find(|(key, version)| sent.get(key) != Some(version)) {
            let refusal = format!(
                "the table itself set the version {version}: remove the trigger or default that sets versions in the copy"
            );
            return Err(WriteFault::Row(refusal, false));
        }
        let query = sqlx::query_as::<_, (i64, bool, i32)>(AssertSqlSafe(self.read_back(columns)));
        let bad = self.bind(query, columns, rows)?.fetch_all(connection).await.map_err(fault)?;
        if bad.is_empty() {
            return Ok(());
        }
        let refusal = |(key, kept, differing): (i64, bool, i32)| {
            let column = usize::try_from(differing - 3).ok().and_then(|at| self.given(columns).nth(at));
            let refusal = match column {
                Some(column) if kept => format!(
                    "column {}: the copy would keep another value: its type is {}, or a trigger changes it",
                    column.name,
                    column.told().declared
                ),
                _ => "the copy did not keep the row: a trigger or a rule of the table drops it".to_owned(),
            };
            (key, refusal)
        };
        Err(WriteFault::Rows(bad.into_iter().map(refusal).collect()))
    }
}

/// The database's message with its detail about the row.
pub fn words(error: &sqlx::Error) -> Refusal {
    let Some(error) = error.as_database_error() else { return error.to_string() };
    let detail = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().and_then(|error| error.detail());
    detail.map_or_else(|| error.message().to_owned(), |detail| format!("{}: {detail}", error.message()))
}

/// Whether another row has the value, or the place, of this one.
fn is_rivalry(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    matches!(code.as_deref(), Some("23505" | "23P01"))
}

impl Column {
    /// Condition that the stored value is not the one sent as text in this column of `sent`. Types without equality, and
    /// those whose equality is loose, are compared as text.
    fn differs(&self, number: usize) -> String {
        let (held, sent) = (format!("held.{}", quoted(&self.name)), format!("sent.v{number}"));
        match self.kind.as_str() {
            kind if kind.starts_with("numeric") => format!("{held} IS DISTINCT FROM {sent}::{kind}"),
            "double precision" => format!("{held} IS DISTINCT FROM {sent}::float8"),
            // A decimal that survives as text, or a double that is equal.
            "real" => format!(
                "{held}::text::float8 IS DISTINCT FROM {sent}::float8 AND {held}::float8 IS DISTINCT FROM {sent}::float8"
            ),
            kind => format!("{held}::text IS DISTINCT FROM {sent}::{kind}::text"),
        }
    }

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
