//! A statement with its values, and the rows it returns, for both databases.
//!
//! Always: SQL consists of literals of this crate only; values from outside are bound. Both databases understand `$1`.

use sqlx::{Decode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow};

use crate::DbError;

/// A value bound to a statement.
#[derive(Clone, Debug)]
pub enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

impl From<String> for Value {
    /// Replaces U+0000 by U+FFFD, because PostgreSQL's text cannot contain it. Keys are bytes and keep it.
    fn from(text: String) -> Self {
        Self::Text(Some(if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Text(None), Self::from)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<model::Time> for Value {
    fn from(time: model::Time) -> Self {
        time.0.into()
    }
}

impl From<model::JobId> for Value {
    fn from(id: model::JobId) -> Self {
        id.to_string().into()
    }
}

impl From<model::RunId> for Value {
    fn from(id: model::RunId) -> Self {
        id.to_string().into()
    }
}

impl From<model::AlertId> for Value {
    fn from(id: model::AlertId) -> Self {
        id.to_string().into()
    }
}

impl From<model::ScheduleId> for Value {
    fn from(id: model::ScheduleId) -> Self {
        id.to_string().into()
    }
}

impl From<model::FiringId> for Value {
    fn from(id: model::FiringId) -> Self {
        id.to_string().into()
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl From<Option<&[u8]>> for Value {
    fn from(bytes: Option<&[u8]>) -> Self {
        Self::Bytes(bytes.map(<[u8]>::to_vec))
    }
}

/// SQL and its values. Fixed SQL uses `$1`, `$2`, … with [`Statement::bind`]; SQL that depends on the request is
/// composed with [`Statement::push`] and [`Statement::value`].
#[derive(Clone, Debug)]
pub struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// Whether to keep the statement prepared. False for lists of variable length, whose SQL differs by length.
    pub(super) persistent: bool,
}

impl Statement {
    pub fn new(sql: &'static str) -> Self {
        Self { sql: sql.to_owned(), values: Vec::new(), persistent: true }
    }

    /// Binds the next `$n` of the SQL so far.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    #[must_use]
    pub fn push(mut self, sql: &'static str) -> Self {
        self.sql.push_str(sql);
        self
    }

    /// Appends the next `$n` with its value.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self.sql.push('$');
        self.sql.push_str(&self.values.len().to_string());
        self
    }

    /// Appends `($n, $n, …)` with a fixed number of values.
    #[must_use]
    pub fn tuple<const N: usize>(mut self, values: [Value; N]) -> Self {
        for (index, value) in values.into_iter().enumerate() {
            self = self.push(if index == 0 { "(" } else { ", " }).value(value);
        }
        self.push(")")
    }

    /// Marks SQL of variable length, which is not kept prepared.
    #[must_use]
    pub fn of_any_length(mut self) -> Self {
        self.persistent = false;
        self
    }

    /// Appends `($n, $n, …)` with one or more values.
    #[must_use]
    pub fn list<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.persistent = false;
        for (index, value) in values.into_iter().enumerate() {
            self = self.push(if index == 0 { "(" } else { ", " }).value(value);
        }
        self.push(")")
    }
}

/// A row of either database.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// A column by name, as `String`, `i64`, `Vec<u8>`, or an `Option` of these.
    pub fn get<T>(&self, column: &str) -> Result<T, DbError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A text column parsed into an enum or id.
    pub fn word<T: std::str::FromStr<Err = model::Invalid>>(&self, column: &str) -> Result<T, DbError> {
        self.get::<String>(column)?.parse().map_err(|error: model::Invalid| DbError::Corrupt(error.to_string()))
    }

    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, DbError> {
        from_json(column, &self.get::<String>(column)?)
    }

    pub fn optional_json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<Option<T>, DbError> {
        self.get::<Option<String>>(column)?.map(|text| from_json(column, &text)).transpose()
    }
}

fn from_json<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::Corrupt(format!("{column}: {error}")))
}

/// JSON as stored in the database.
pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| DbError::Corrupt(error.to_string()))
}
