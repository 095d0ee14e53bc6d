//! Rows in transit: each value as an exact JSON type, otherwise as the text that MySQL writes.

use std::fmt::Write as _;

use engine::sync::Row;
use futures::TryStreamExt as _;
use serde_json::{Map, Number, Value};
use sqlx::{AssertSqlSafe, Row as _, mysql::MySqlRow};

use super::{
    MysqlTable, Shape, all,
    shape::{Column, WireType},
    sql::{numbers, quoted},
};
use crate::{TableError, error::at, upload::base64};

impl MysqlTable {
    /// The rows with these keys.
    pub async fn whole_rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let shape = self.shape.get();
        let Shape { table, key, version, columns, .. } = &*shape;
        let mut names = format!("CAST({key} AS SIGNED), CAST({version} AS SIGNED)");
        for column in columns {
            let _ = write!(names, ", {}", column.expression());
        }
        let sql = format!("SELECT {names} FROM {table} WHERE {key} IN ({})", numbers(keys));
        // Prepared, because only the binary protocol sends floats exactly.
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        let found: Vec<MySqlRow> = query.fetch(&self.pool).try_collect().await.map_err(at(&self.location))?;
        self.read.add(found.len() as u64);
        found.iter().map(|found| row(found, columns).map_err(at(&self.location))).collect()
    }

    /// Bytes of the values that may be large.
    pub async fn row_sizes(&self, keys: &[i64]) -> Result<Vec<(i64, u64)>, TableError> {
        let shape = self.shape.get();
        let large = |column: &&Column| matches!(column.wire_type, WireType::Bytes | WireType::Text | WireType::Written);
        let size = |column: &Column| format!("COALESCE(OCTET_LENGTH({}), 0)", quoted(&column.name));
        let sizes: Vec<_> = shape.columns.iter().filter(large).map(size).collect();
        if sizes.is_empty() || keys.is_empty() {
            return Ok(Vec::new());
        }
        let (Shape { table, key, .. }, sizes, keys) = (&*shape, sizes.join(" + "), numbers(keys));
        let sql = format!("SELECT CAST({key} AS SIGNED), CAST({sizes} AS SIGNED) FROM {table} WHERE {key} IN ({keys})");
        let mut connection = self.pool.acquire().await.map_err(at(&self.location))?;
        let found: Vec<(i64, i64)> = all(&mut connection, &sql).await.map_err(at(&self.location))?;
        Ok(found.into_iter().map(|(key, bytes)| (key, bytes.unsigned_abs())).collect())
    }
}

fn row(row: &MySqlRow, columns: &[Column]) -> Result<Row, sqlx::Error> {
    let mut values = Map::with_capacity(columns.len());
    for (column, at) in columns.iter().zip(2..) {
        values.insert(column.name.clone(), column.value(row, at)?);
    }
    let version: i64 = row.try_get(1)?;
    Ok(Row { key: row.try_get::<i64, _>(0)?.into(), version: version.cast_unsigned(), values })
}

impl Column {
    fn expression(&self) -> String {
        let name = quoted(&self.name);
        match self.wire_type {
            WireType::Integer | WireType::Written => format!("CAST({name} AS CHAR)"),
            WireType::Moment => format!("CONCAT(CAST({name} AS CHAR), '+00')"),
            WireType::Bits => format!("CAST({name} AS UNSIGNED)"),
            // Converts a float to the equal double.
            WireType::Float => format!("{name} + 0e0"),
            WireType::Bytes | WireType::Text => name,
        }
    }

    fn value(&self, row: &MySqlRow, at: usize) -> Result<Value, sqlx::Error> {
        let value = match self.wire_type {
            WireType::Bits => row.try_get::<Option<u64>, _>(at)?.map(Value::from),
            WireType::Float => row.try_get::<Option<f64>, _>(at)?.and_then(Number::from_f64).map(Value::Number),
            WireType::Bytes => row.try_get_unchecked::<Option<Vec<u8>>, _>(at)?.map(|bytes| base64(&bytes)),
            // SET and JSON arrive as types that sqlx does not accept as text.
            _ => row.try_get_unchecked::<Option<String>, _>(at)?.map(|text| self.text(text)),
        };
        Ok(value.unwrap_or(Value::Null))
    }

    fn text(&self, text: String) -> Value {
        if self.wire_type != WireType::Integer {
            return text.into();
        }
        let signed = text.parse::<i64>().map(Value::from);
        signed.or_else(|_| text.parse::<u64>().map(Value::from)).unwrap_or_else(|_| text.into())
    }
}
