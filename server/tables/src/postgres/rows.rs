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
        let Shape { table, key, version, columns, .. } = &self.shape;
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
        found.iter().map(|row| self.row(row).map_err(at(&self.location))).collect()
    }

    fn row(&self, row: &PgRow) -> Result<Row, sqlx::Error> {
        let mut values = Map::with_capacity(self.shape.columns.len());
        for (column, at) in self.shape.columns.iter().zip(2..) {
            let text: Option<String> = row.try_get(at)?;
            values.insert(column.name.clone(), text.map_or(Value::Null, |text| column.value(text)));
        }
        let version: i64 = row.try_get(1)?;
        Ok(Row { key: row.try_get::<i64, _>(0)?.into(), version: version.cast_unsigned(), values })
    }
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
