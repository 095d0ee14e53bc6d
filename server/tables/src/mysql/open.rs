//! Connects to MySQL or MariaDB.

use std::{str::FromStr, sync::atomic::AtomicBool, time::Duration};

use sqlx::{
    MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};

use super::{Horizon, MysqlTable, Shape, all, one, run};
use crate::{TableError, TableSpec, database::Counter, error::at};

/// Connections of one table: what reads, what folds, what looks at others, and one to spare.
const CONNECTIONS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// What answers.
pub struct Server {
    pub is_mariadb: bool,
    /// `[10, 11]`
    pub version: [u32; 2],
    /// By which it is told from others.
    pub id: String,
}

impl MysqlTable {
    pub async fn open(spec: &TableSpec) -> Result<Self, TableError> {
        let options = MySqlConnectOptions::from_str(&spec.url).map_err(|_| TableError::Url)?;
        let database = options.get_database().ok_or(TableError::Url)?.to_owned();
        let place = format!("table {} of {}", spec.table, name(&options, &database));
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(set(connection)))
            .connect_with(options)
            .await
            .map_err(at(&place))?;
        let mut connection = pool.acquire().await.map_err(at(&place))?;
        let server = server(&mut connection).await.map_err(at(&place))?;
        let shape = Shape::read(&mut connection, spec, &database, &place).await?;
        drop(connection);
        let (horizon, read, crooked) = (Horizon::default(), Counter::default(), AtomicBool::new(false));
        Ok(Self { place, pool, server, shape, horizon, read, crooked })
    }
}

/// What every connection is set to, beside UTC and UTF-8, which sqlx sees to.
async fn set(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    // Of statements outside a snapshot: each sees what is committed as it begins, and one that fills a table out of
    // another locks no rows of that one.
    run(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    run(connection, "SET SESSION lock_wait_timeout = 10, innodb_lock_wait_timeout = 10").await?;
    // A whole table that has no summaries is read in one statement: ten minutes.
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

async fn server(connection: &mut MySqlConnection) -> Result<Server, sqlx::Error> {
    let variables = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid', 'hostname', 'port')";
    let variables: Vec<(String, String)> = all(connection, variables).await?;
    let of = |name: &str| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str()).to_owned()
    };
    // MySQL has the first, MariaDB since 10.11 the second; older ones are known by where they are.
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

/// Without who connects and how.
fn name(options: &MySqlConnectOptions, database: &str) -> String {
    let host = options.get_socket().map_or(options.get_host().to_owned(), |socket| socket.display().to_string());
    let port = if options.get_port() == 3306 { String::new() } else { format!(":{}", options.get_port()) };
    format!("mysql://{host}{port}/{database}")
}
