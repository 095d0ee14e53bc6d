//! Opens a table in PostgreSQL.

use std::{str::FromStr, time::Duration};

use sqlx::{
    AssertSqlSafe, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Horizon, PostgresTable, Shape};
use crate::{TableError, TableSpec, current::Current, database::Counter, error::at};

/// Connections per table: for reading, writing, listing writers, and one spare.
const CONNECTIONS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

impl PostgresTable {
    pub async fn open(spec: &TableSpec) -> Result<Self, TableError> {
        let options = PgConnectOptions::from_str(&spec.url).map_err(|_| TableError::Url)?;
        let location = format!("table {} of {}", spec.table, server(&options));
        let options = options.application_name("logyard");
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(set(connection)))
            .connect_with(options)
            .await
            .map_err(at(&location))?;
        let shape = Shape::read(&pool, spec, &location).await?;
        let (spec, shape) = (spec.clone(), Current::new(shape));
        Ok(Self { location, pool, spec, shape, horizon: Horizon::default(), read: Counter::default() })
    }
}

/// Session settings of every connection. Not options of the connection, which poolers such as `pgbouncer` refuse.
const SETTINGS: [(&str, &str); 12] = [
    // A whole table without summaries is read in one statement.
    ("statement_timeout", "10min"),
    ("lock_timeout", "10s"),
    // Compiling would take longer than the statements.
    ("jit", "off"),
    ("idle_in_transaction_session_timeout", "60s"),
    // The text of a value must not depend on the server's settings.
    ("DateStyle", "ISO"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("lc_monetary", "C"),
    ("standard_conforming_strings", "on"),
    // A policy must not hide rows, which would look deleted: statements fail instead.
    ("row_security", "off"),
];

async fn set(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let statements: Vec<_> = SETTINGS.iter().map(|(name, value)| format!("SET {name} = '{value}'")).collect();
    sqlx::raw_sql(AssertSqlSafe(statements.join("; "))).execute(connection).await.map(drop)
}

/// URL of the database without user and parameters.
fn server(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or(options.get_host().to_owned(), |socket| socket.display().to_string());
    let port = if options.get_port() == 5432 { String::new() } else { format!(":{}", options.get_port()) };
    format!("postgres://{host}{port}/{}", options.get_database().unwrap_or_default())
}
