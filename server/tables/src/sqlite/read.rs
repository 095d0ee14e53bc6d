//! Reads marks and summaries in one snapshot, and rows with their values.

use std::sync::Arc;

use async_trait::async_trait;
use engine::sync::{Mark, Order, Row, Span, integer_key};
use futures::TryStreamExt as _;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Row as _, Sqlite, TypeInfo as _, ValueRef as _, sqlite::SqliteRow};

use super::{Shape, SqliteTable, json, open::Column};
use crate::{
    TableError,
    database::{Counter, Snapshot, TakeBlock, TakeRow},
    error::at,
    range_sums::Sum,
    span::bounds,
    upload::base64,
};

/// Most touched blocks read at once.
const CHUNK: i64 = 1_024;

/// A read-only transaction with a consistent snapshot.
pub struct SqliteSnapshot {
    transaction: sqlx::Transaction<'static, Sqlite>,
    location: String,
    shape: Arc<Shape>,
    indexed: bool,
    summarised: bool,
    read: Counter,
}

impl SqliteSnapshot {
    pub async fn of(table: &SqliteTable) -> Result<Self, TableError> {
        let mut transaction = table.pool().begin().await.map_err(at(&table.location))?;
        let shape = table.shape();
        let indexed: (bool,) = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM pragma_index_list($1) AS list, pragma_index_info(list.name) AS info
             WHERE NOT list.partial AND info.seqno = 0 AND info.name = $2)",
        )
        .bind(&shape.name)
        .bind(&shape.version_name)
        .fetch_one(&mut *transaction)
        .await
        .map_err(at(&table.location))?;
        let summarised = table.is_summarised(&mut transaction).await?;
        Ok(Self {
            transaction,
            location: table.location.clone(),
            shape,
            indexed: indexed.0,
            summarised,
            read: table.read.clone(),
        })
    }

    async fn number(&mut self, sql: String, values: &[i64]) -> Result<Option<i64>, TableError> {
        let mut query = sqlx::query_as::<_, (Option<i64>,)>(AssertSqlSafe(sql));
        for value in values {
            query = query.bind(*value);
        }
        let row = query.fetch_optional(&mut *self.transaction).await.map_err(at(&self.location))?;
        Ok(row.and_then(|(number,)| number))
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    fn summarised(&self) -> bool {
        self.summarised
    }

    fn indexed(&self) -> bool {
        self.indexed
    }

    async fn count(&mut self, span: Span) -> Result<u64, TableError> {
        let (first, last) = bounds(span);
        let Shape { table, version, .. } = &*self.shape;
        let sql = format!("SELECT count(*) FROM {table} WHERE {version} BETWEEN $1 AND $2");
        let count = self.number(sql, &[first, last]).await?.unwrap_or_default().unsigned_abs();
        self.read.add(count);
        Ok(count)
    }

    async fn count_few(&mut self, spans: &[Span], most: u64) -> Result<Vec<u64>, TableError> {
        let Shape { table, version, .. } = &*self.shape;
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {version} BETWEEN $1 AND $2 LIMIT $3)");
        let mut counts = Vec::with_capacity(spans.len());
        for span in spans {
            let (first, last) = bounds(*span);
            let values = [first, last, i64::try_from(most).unwrap_or(i64::MAX)];
            counts.push(self.number(sql.clone(), &values).await?.unwrap_or_default().unsigned_abs());
        }
        self.read.add(counts.iter().sum());
        Ok(counts)
    }

    async fn extremes(&mut self) -> Result<Option<(i64, i64)>, TableError> {
        let Shape { table, version, .. } = &*self.shape;
        let [lowest, highest] = ["min", "max"].map(|end| format!("SELECT {end}({version}) FROM {table}"));
        self.read.add(2);
        Ok(self.number(lowest, &[]).await?.zip(self.number(highest, &[]).await?))
    }

    async fn nth(&mut self, span: Span, order: Order, before: u64) -> Result<Option<u64>, TableError> {
        let (first, last) = bounds(span);
        let Shape { table, version, .. } = &*self.shape;
        let order = if order == Order::Ascending { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT {version} FROM {table} WHERE {version} BETWEEN $1 AND $2 ORDER BY {version} {order} LIMIT 1 OFFSET $3"
        );
        self.read.add(before + 1);
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        Ok(self.number(sql, &[first, last, before]).await?.map(i64::unsigned_abs))
    }

    async fn rows(&mut self, spans: &[Span], take: &mut TakeRow<'_>) -> Result<(), TableError> {
        let Self { transaction, shape, location, indexed, .. } = self;
        let Shape { table, key, version, .. } = &**shape;
        let sql = format!("SELECT {key}, {version} FROM {table} WHERE {version} BETWEEN $1 AND $2");
        // Without an index each span would read the whole table.
        let hull: Vec<_> = match (spans.first(), spans.last()) {
            (Some(first), Some(last)) if !*indexed => vec![Span { from: first.from, until: last.until }],
            _ => spans.to_vec(),
        };
        let mut read = 0;
        for span in hull {
            let (first, last) = bounds(span);
            let query = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql.clone())).bind(first).bind(last);
            let mut found = query.fetch(&mut **transaction);
            while let Some((key, version)) = found.try_next().await.map_err(at(location))? {
                let mark = Mark { version: version.cast_unsigned(), key: integer_key(key) };
                read += 1;
                let at = spans.partition_point(|span| span.until <= mark.version);
                if spans.get(at).is_some_and(|span| span.contains(mark.version)) {
                    take(mark);
                }
            }
        }
        self.read.add(read);
        Ok(())
    }

    async fn blocks(&mut self, level: u32, spans: &[Span], take: &mut TakeBlock<'_>) -> Result<(), TableError> {
        let sql = format!(
            "SELECT block, count, hash, keys, versions FROM {} WHERE level = $1 AND block BETWEEN $2 AND $3",
            self.shape.parts.blocks
        );
        for span in spans {
            let (first, last) = bounds(*span);
            let query =
                sqlx::query_as::<_, (i64, i64, i64, i64, i64)>(AssertSqlSafe(sql.clone())).bind(i64::from(level));
            let mut found = query.bind(first).bind(last).fetch(&mut *self.transaction);
            while let Some((block, count, hash, keys, versions)) = found.try_next().await.map_err(at(&self.location))? {
                self.read.add(1);
                let [block, hash, keys, versions] = [block, hash, keys, versions].map(i64::cast_unsigned);
                take(block, Sum { count, hash, keys, versions });
            }
        }
        Ok(())
    }

    async fn changes(&mut self, take: &mut TakeBlock<'_>) -> Result<(), TableError> {
        let mut after = -1;
        loop {
            let failed = at(&self.location);
            let touched = self.shape.touched_after(&mut self.transaction, after, CHUNK).await.map_err(&failed)?;
            let Some(last) = touched.last() else { return Ok(()) };
            after = *last;
            let changes = self.shape.changes(&mut self.transaction, &touched, &self.read).await.map_err(&failed)?;
            for (block, change) in changes {
                take(block, change);
            }
        }
    }
}

impl SqliteTable {
    pub async fn whole_rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError> {
        let shape = self.shape();
        let Shape { table, key, version, columns, .. } = &*shape;
        let names: Vec<_> = [key.clone(), version.clone()]
            .into_iter()
            .chain(columns.iter().map(|column| crate::naming::quoted(&column.name)))
            .collect();
        let names = names.join(", ");
        let sql = format!("SELECT {names} FROM {table} WHERE {key} IN (SELECT value FROM json_each($1))");
        let found = sqlx::query(AssertSqlSafe(sql))
            .bind(json(keys))
            .fetch_all(&self.pool())
            .await
            .map_err(at(&self.location))?;
        self.read.add(found.len() as u64);
        found.iter().map(|found| row(found, columns).map_err(at(&self.location))).collect()
    }

    /// Bytes of all values as stored: long values are not read for it.
    pub async fn row_sizes(&self, keys: &[i64]) -> Result<Vec<(i64, u64)>, TableError> {
        let shape = self.shape();
        let Shape { table, key, columns, .. } = &*shape;
        let size = |column: &Column| format!("COALESCE(octet_length({}), 0)", crate::naming::quoted(&column.name));
        let sizes: Vec<_> = columns.iter().map(size).collect();
        if sizes.is_empty() {
            return Ok(Vec::new());
        }
        let sizes = sizes.join(" + ");
        let sql = format!("SELECT {key}, {sizes} FROM {table} WHERE {key} IN (SELECT value FROM json_each($1))");
        let query = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql)).bind(json(keys));
        let found = query.fetch_all(&self.pool()).await.map_err(at(&self.location))?;
        Ok(found.into_iter().map(|(key, bytes)| (key, bytes.unsigned_abs())).collect())
    }
}

/// A row that begins with key and version.
pub fn row(row: &SqliteRow, columns: &[Column]) -> Result<Row, sqlx::Error> {
    let mut values = Map::with_capacity(columns.len());
    for (column, at) in columns.iter().zip(2..) {
        values.insert(column.name.clone(), value(row, at)?);
    }
    let version: i64 = row.try_get(1)?;
    Ok(Row { key: row.try_get::<i64, _>(0)?.into(), version: version.cast_unsigned(), values })
}

/// A value by its own type, which in SQLite may differ from the declared type of its column.
fn value(row: &SqliteRow, at: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let kind = raw.type_info();
    Ok(match kind.name() {
        "INTEGER" => row.try_get_unchecked::<i64, _>(at)?.into(),
        "REAL" => {
            let number: f64 = row.try_get_unchecked(at)?;
            // JSON has no infinity.
            let text = if number > 0.0 { "Infinity" } else { "-Infinity" };
            serde_json::Number::from_f64(number).map_or_else(|| text.into(), Value::Number)
        }
        "TEXT" => {
            let bytes: Vec<u8> = row.try_get_unchecked(at)?;
            // A text may be invalid UTF-8; it then travels as bytes.
            String::from_utf8(bytes).map_or_else(|error| base64(error.as_bytes()), Value::String)
        }
        _ => base64(&row.try_get_unchecked::<Vec<u8>, _>(at)?),
    })
}
