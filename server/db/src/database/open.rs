//! Opens the database: pools with the required settings, then migrations.

use std::{fs, path::Path, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Database, Pools, Statement, migrations::migrator};
use crate::DbError;

/// PostgreSQL connections per server; a dozen servers fit into the default limit of 100.
const POSTGRES_CONNECTIONS: u32 = 8;
const SQLITE_READERS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for another process that has locked the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle time after which a connection is pinged before use.
const PING_AFTER: Duration = Duration::from_secs(10);

pub async fn open(url: &str) -> Result<Database, DbError> {
    let pools = if url.starts_with("sqlite:") {
        sqlite(url).await?
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        postgres(url).await?
    } else {
        return Err(DbError::Url);
    };
    let mut database = Database { pools, description: String::new(), statements: Arc::default() };
    let (name, version) = match &database.pools {
        Pools::Sqlite { writer, .. } => {
            migrator().run(writer).await?;
            ("SQLite", "SELECT sqlite_version() AS version")
        }
        Pools::Postgres(pool) => {
            migrator().run(pool).await?;
            ("PostgreSQL", "SELECT current_setting('server_version') AS version")
        }
    };
    let rows = database.read(Statement::new(version)).await?;
    let version: String = rows.first().map(|row| row.get("version")).transpose()?.unwrap_or_default();
    // Debian's PostgreSQL appends the package version in parentheses.
    database.description = format!("{name} {}", version.split(' ').next().unwrap_or_default());
    Ok(database)
}

async fn sqlite(url: &str) -> Result<Pools, DbError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|_| DbError::Url)?;
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    if !in_memory {
        make_file(options.get_filename())?;
    }
    let options = options
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let pool = |connections| {
        let options = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false);
        // A database in memory ends with its last connection.
        if in_memory { options.idle_timeout(None).max_lifetime(None) } else { options }.max_connections(connections)
    };
    let writer: SqlitePool = pool(1).connect_with(options.clone()).await?;
    let readers = if in_memory { writer.clone() } else { pool(SQLITE_READERS).connect_lazy_with(options) };
    Ok(Pools::Sqlite { writer, readers })
}

/// Makes the file, and the folder it lies in, here rather than in SQLite, whose error does not say which or why.
fn make_file(path: &Path) -> Result<(), DbError> {
    let failed = |source| DbError::File { path: path.to_owned(), source };
    if path.as_os_str().is_empty() {
        return Err(DbError::Url);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::OpenOptions::new().append(true).create(true).open(path).map_err(failed)?;
    Ok(())
}

async fn postgres(url: &str) -> Result<Pools, DbError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| DbError::Url)?.application_name("logyard").options([
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ]);
    let pool: PgPool =
        PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, known| {
                Box::pin(async move {
                    if known.idle_for > PING_AFTER {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            // sqlx retries a refused connection until the acquire timeout.
            .map_err(|error| {
                if matches!(error, sqlx::Error::PoolTimedOut) { DbError::Unreachable(error) } else { error.into() }
            })?;
    Ok(Pools::Postgres(pool))
}
