//! Rows as they travel: each value as PostgreSQL writes it, and as what JSON has where that is exact.

use std::fmt::Write as _;

use engine::sync::Row;
use serde_json::{Map, Number, Value, json};
use sqlx::{AssertSqlSafe, Row as _, postgres::PgRow};

use super::{
    PostgresTable, Shape,
    shape::{Column, Travels},
};
use crate::{TableError, error::at, naming::quoted};

impl PostgresTable {
    /// Those with one of the keys.
    pub async fn whole_rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError> {
        let Shape { table, key, version, columns, .. } = &self.shape;
        let mut names = format!("{key}::bigint, {version}::bigint");
        for column in columns {
            let name = quoted(&column.name);
            let _ = match column.travels {
                // Without the line feeds that PostgreSQL puts into it.
                Travels::Bytes => write!(names, r", translate(encode({name}, 'base64'), E'\n', '')"),
                _ => write!(names, ", {name}::text"),
            };
        }
        let sql = format!("SELECT {names} FROM {table} WHERE {key} = ANY($1)");
        let found = sqlx::query(AssertSqlSafe(sql)).bind(keys).fetch_all(&self.pool).await.map_err(at(&self.place))?;
        self.read.add(found.len() as u64);
        found.iter().map(|row| self.row(row).map_err(at(&self.place))).collect()
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
        match self.travels {
            Travels::Truth => Value::Bool(text == "true"),
            Travels::Integer => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            // NaN and the infinities stay text: JSON has none.
            Travels::Float => {
                let number = text.parse().ok().and_then(Number::from_f64);
                number.map_or_else(|| text.into(), Value::Number)
            }
            Travels::Bytes => json!({ "base64": text }),
            Travels::Text => text.into(),
        }
    }
}
