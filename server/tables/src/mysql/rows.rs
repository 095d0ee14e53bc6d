//! Rows as they travel: each value as MySQL writes it, and as what JSON has where that is exact.

use std::fmt::Write as _;

use engine::sync::Row;
use futures::TryStreamExt as _;
use serde_json::{Map, Number, Value};
use sqlx::{AssertSqlSafe, Row as _, mysql::MySqlRow};

use super::{
    MysqlTable, Shape,
    shape::{Column, Travels},
    sql::{numbers, quoted},
};
use crate::{TableError, error::at, upload::base64};

impl MysqlTable {
    /// Those with one of the keys.
    pub async fn whole_rows(&self, keys: &[i64]) -> Result<Vec<Row>, TableError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let Shape { table, key, version, columns, .. } = &self.shape;
        let mut names = format!("CAST({key} AS SIGNED), CAST({version} AS SIGNED)");
        for column in columns {
            let _ = write!(names, ", {}", column.expression());
        }
        let sql = format!("SELECT {names} FROM {table} WHERE {key} IN ({})", numbers(keys));
        // Prepared: only so are floats sent as they are, and not as digits.
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        let found: Vec<MySqlRow> = query.fetch(&self.pool).try_collect().await.map_err(at(&self.place))?;
        self.read.add(found.len() as u64);
        found.iter().map(|row| self.row(row).map_err(at(&self.place))).collect()
    }

    fn row(&self, row: &MySqlRow) -> Result<Row, sqlx::Error> {
        let mut values = Map::with_capacity(self.shape.columns.len());
        for (column, at) in self.shape.columns.iter().zip(2..) {
            values.insert(column.name.clone(), column.value(row, at)?);
        }
        let version: i64 = row.try_get(1)?;
        Ok(Row { key: row.try_get::<i64, _>(0)?.into(), version: version.cast_unsigned(), values })
    }
}

impl Column {
    fn expression(&self) -> String {
        let name = quoted(&self.name);
        match self.travels {
            Travels::Integer | Travels::Written => format!("CAST({name} AS CHAR)"),
            Travels::Moment => format!("CONCAT(CAST({name} AS CHAR), '+00')"),
            Travels::Bits => format!("CAST({name} AS UNSIGNED)"),
            // A float as the double that is equal to it.
            Travels::Float => format!("{name} + 0e0"),
            Travels::Bytes | Travels::Text => name,
        }
    }

    fn value(&self, row: &MySqlRow, at: usize) -> Result<Value, sqlx::Error> {
        let value = match self.travels {
            Travels::Bits => row.try_get::<Option<u64>, _>(at)?.map(Value::from),
            Travels::Float => row.try_get::<Option<f64>, _>(at)?.and_then(Number::from_f64).map(Value::Number),
            Travels::Bytes => row.try_get_unchecked::<Option<Vec<u8>>, _>(at)?.map(|bytes| base64(&bytes)),
            // Some texts come as types that sqlx does not take for text: SET, JSON.
            _ => row.try_get_unchecked::<Option<String>, _>(at)?.map(|text| self.text(text)),
        };
        Ok(value.unwrap_or(Value::Null))
    }

    fn text(&self, text: String) -> Value {
        if self.travels != Travels::Integer {
            return text.into();
        }
        let signed = text.parse::<i64>().map(Value::from);
        signed.or_else(|_| text.parse::<u64>().map(Value::from)).unwrap_or_else(|_| text.into())
    }
}
