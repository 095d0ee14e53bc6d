//! Rows in transit: each value as an exact JSON type, otherwise as the text that PostgreSQL writes.

use std::fmt::Write as _;

use engine::sync::Row;
use serde_json::{Map, Number, Value, json};
use sqlx::{AssertSqlSafe, Row as _, postgres::PgRow};

use super::{
    PostgresTable, Shape,
    shape::{Column, WireType},
};
use crate::{TableError, error::at, naming::quoted};

impl PostgresTable {
    /// The rows with these keys.
    pub async fn whole_rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError> {
        let shape = self.shape.get();
        let Shape { table, key, version, columns, .. } = &*shape;
        let mut names = format!("{key}::bigint, {version}::bigint");
        for column in columns {
            let name = quoted(&column.name);
            let _ = match column.wire_type {
                // Without the line feeds that `encode` inserts.
                WireType::Bytes => write!(names, r", translate(encode({name}, 'base64'), E'\n', '')"),
                _ => write!(names, ", {name}::text"),
            };
        }
        let sql = format!("SELECT {names} FROM {table} WHERE {key} = ANY($1)");
        let found =
            sqlx::query(AssertSqlSafe(sql)).bind(keys).fetch_all(&self.pool).await.map_err(at(&self.location))?;
        self.read.add(found.len() as u64);
        found.iter().map(|found| row(found, columns).map_err(at(&self.location))).collect()
    }

    /// Bytes of the values that may be large, as stored: long values are not read for it.
    pub async fn row_sizes(&self, keys: &[i64]) -> Result<Vec<(i64, u64)>, TableError> {
        let shape = self.shape.get();
        let large = |column: &Column| match column.kind.as_str() {
            "text" | "character varying" | "bpchar" | "bytea" => {
                Some(format!("COALESCE(octet_length({}), 0)", quoted(&column.name)))
            }
            "boolean" | "smallint" | "integer" | "bigint" | "real" | "double precision" | "date" | "uuid" => None,
            kind if kind.starts_with("time") => None,
            _ => Some(format!("COALESCE(pg_column_size({}), 0)", quoted(&column.name))),
        };
        let sizes: Vec<_> = shape.columns.iter().filter_map(large).collect();
        if sizes.is_empty() {
            return Ok(Vec::new());
        }
        let Shape { table, key, .. } = &*shape;
        let sql = format!("SELECT {key}::bigint, ({})::bigint FROM {table} WHERE {key} = ANY($1)", sizes.join(" + "));
        let found: Vec<(i64, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(keys).fetch_all(&self.pool).await.map_err(at(&self.location))?;
        Ok(found.into_iter().map(|(key, bytes)| (key, bytes.unsigned_abs())).collect())
    }
}

fn row(row: &PgRow, columns: &[Column]) -> Result<Row, sqlx::Error> {
    let mut values = Map::with_capacity(columns.len());
    for (column, at) in columns.iter().zip(2..) {
        let text: Option<String> = row.try_get(at)?;
        values.insert(column.name.clone(), text.map_or(Value::Null, |text| column.value(text)));
    }
    let version: i64 = row.try_get(1)?;
    Ok(Row { key: row.try_get::<i64, _>(0)?.into(), version: version.cast_unsigned(), values })
}

impl Column {
    fn value(&self, text: String) -> Value {
        match self.wire_type {
            WireType::Truth => Value::Bool(text == "true"),
            WireType::Integer => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            // NaN and the infinities stay text: JSON has no such numbers.
            WireType::Float => {
                let number = text.parse().ok().and_then(Number::from_f64);
                number.map_or_else(|| text.into(), Value::Number)
            }
            WireType::Bytes => json!({ "base64": text }),
            WireType::Text => text.into(),
        }
    }
}
