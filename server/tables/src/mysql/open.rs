//! Connects to MySQL or MariaDB.

use std::{str::FromStr, sync::atomic::AtomicBool, time::Duration};

use sqlx::{
    MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};

use super::{Horizon, MysqlTable, Shape, all, one, run};
use crate::{TableError, TableSpec, current::Current, database::Counter, error::at};

/// Connections per table: for reading, folding, listing writers, and one spare.
const CONNECTIONS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// The database server.
pub struct Server {
    pub is_mariadb: bool,
    /// Major and minor version, such as `[10, 11]`.
    pub version: [u32; 2],
    /// Identity that distinguishes it from other servers.
    pub id: String,
}

impl MysqlTable {
    pub async fn open(spec: &TableSpec) -> Result<Self, TableError> {
        let options = MySqlConnectOptions::from_str(&spec.url).map_err(|_| TableError::Url)?;
        let database = options.get_database().ok_or(TableError::Url)?.to_owned();
        let location = format!("table {} of {}", spec.table, name(&options, &database));
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(set(connection)))
            .connect_with(options)
            .await
            .map_err(at(&location))?;
        let mut connection = pool.acquire().await.map_err(at(&location))?;
        let server = server(&mut connection).await.map_err(at(&location))?;
        let shape = Shape::read(&mut connection, spec, &database, &location).await?;
        drop(connection);
        let (horizon, read, summaries_mismatch) = (Horizon::default(), Counter::default(), AtomicBool::new(false));
        let (spec, server, shape) = (spec.clone(), Current::new(server), Current::new(shape));
        Ok(Self { location, pool, spec, database, server, shape, horizon, read, summaries_mismatch })
    }
}

/// Session settings of every connection, beside UTC and UTF-8, which sqlx sets.
async fn set(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    // For statements outside a snapshot: each sees the data committed at its start, and `INSERT … SELECT` locks no rows
    // of the source.
    run(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    run(connection, "SET SESSION lock_wait_timeout = 10, innodb_lock_wait_timeout = 10").await?;
    // A whole table without summaries is read in one statement: allow ten minutes.
    let limit = if version(connection).await?.contains("MariaDB") {
        "max_statement_time = 600"
    } else {
        "max_execution_time = 600000"
    };
    run(connection, &format!("SET SESSION {limit}")).await
}

/// `8.4.3` or `10.11.6-MariaDB-0+deb12u1`.
async fn version(connection: &mut MySqlConnection) -> Result<String, sqlx::Error> {
    let version: Option<(String,)> = one(connection, "SELECT VERSION()").await?;
    Ok(version.map(|(version,)| version).unwrap_or_default())
}

pub async fn server(connection: &mut MySqlConnection) -> Result<Server, sqlx::Error> {
    let variables = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid', 'hostname', 'port')";
    let variables: Vec<(String, String)> = all(connection, variables).await?;
    let of = |name: &str| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str()).to_owned()
    };
    // MySQL has the first, MariaDB since 10.11 the second; older servers are identified by host and port.
    let ids = [of("server_uuid"), of("server_uid"), format!("{}:{}", of("hostname"), of("port"))];
    let id = ids.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
    let version = version(connection).await?;
    let mut numbers = version.split(|other: char| !other.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    Ok(Server {
        is_mariadb: version.contains("MariaDB"),
        version: [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)],
        id: format!("server {id}"),
    })
}

/// URL of the database without user and parameters.
fn name(options: &MySqlConnectOptions, database: &str) -> String {
    let host = options.get_socket().map_or(options.get_host().to_owned(), |socket| socket.display().to_string());
    let port = if options.get_port() == 3306 { String::new() } else { format!(":{}", options.get_port()) };
    format!("mysql://{host}{port}/{database}")
}
