//! Opens a table in SQLite, and checks what a sync requires.

use std::{os::unix::fs::MetadataExt as _, path::Path, str::FromStr, sync::Arc, time::Duration};

use engine::sync::{DOUBLE_DIGITS, Kind};
use sqlx::{
    AssertSqlSafe, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{SqliteTable, migration::Parts};
use crate::{TableError, TableSpec, current::Current, database::Counter, error::at, naming::quoted, spec::chosen};

/// Connections per table.
const CONNECTIONS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a lock on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The shape of a table. Names are quoted unless stated otherwise.
#[derive(Clone)]
pub struct Shape {
    /// Table name without quotes, as in the configuration.
    pub name: String,
    /// Quoted table name.
    pub table: String,
    pub key: String,
    pub version: String,
    /// Column name without quotes.
    pub version_name: String,
    pub key_name: String,
    /// Columns to send.
    pub columns: Vec<Column>,
    /// Whether the key is the rowid, which every index contains.
    pub key_is_rowid: bool,
    /// Whether a unique index is partial or on an expression.
    pub odd_unique: bool,
    pub parts: Parts,
    /// Path of the file; empty for a database in memory.
    pub file: std::path::PathBuf,
}

#[derive(Clone)]
pub struct Column {
    pub name: String,
    /// Whether the column has REAL affinity, which converts texts to numbers.
    pub real: bool,
    declared: String,
}

/// A row of `pragma_table_xinfo`.
struct Declared {
    name: String,
    kind: String,
    not_null: bool,
    /// Position in the primary key, from 1; 0 if not part of it.
    primary: i64,
    generated: bool,
}

/// An open file with the shape of the table in it.
pub struct Opened {
    pub pool: SqlitePool,
    pub shape: Arc<Shape>,
    /// Number of the file; `None` for a database in memory.
    inode: Option<u64>,
}

impl SqliteTable {
    pub async fn open(spec: &TableSpec) -> Result<Self, TableError> {
        let file = options(spec)?.get_filename().to_owned();
        let location = format!("table {} of sqlite:{}", spec.table, file.display());
        let opened = Opened::new(spec, &location).await?;
        Ok(Self { location, spec: spec.clone(), opened: Current::new(opened), read: Counter::default() })
    }

    /// Epoch from the inode of the file.
    pub fn epoch_of_file(&self) -> String {
        self.opened.get().inode.map_or_else(|| "memory".to_owned(), |inode| format!("file {inode}"))
    }
}

impl Opened {
    async fn new(spec: &TableSpec, location: &str) -> Result<Self, TableError> {
        let options = options(spec)?;
        let file = options.get_filename().to_owned();
        // A database in memory belongs to one connection and ends with it.
        let in_memory = spec.url.contains(":memory:") || spec.url.contains("mode=memory");
        let pool = SqlitePoolOptions::new().max_connections(if in_memory { 1 } else { CONNECTIONS });
        let pool = if in_memory { pool.idle_timeout(None).max_lifetime(None) } else { pool };
        let pool = pool.acquire_timeout(ACQUIRE_TIMEOUT).connect_with(options).await.map_err(at(location))?;
        let inode = inode(&file);
        let shape = Arc::new(Shape::read(&pool, spec, location, file).await?);
        Ok(Self { pool, shape, inode })
    }

    /// The same file with the table's shape as it is now, or the file that took its place.
    pub async fn again(&self, spec: &TableSpec, location: &str) -> Result<Self, TableError> {
        let file = &self.shape.file;
        if self.inode.is_some() && inode(file) != self.inode {
            // Connections of the file before end with their last use.
            return Self::new(spec, location).await;
        }
        let shape = Arc::new(Shape::read(&self.pool, spec, location, file.clone()).await?);
        Ok(Self { pool: self.pool.clone(), shape, inode: self.inode })
    }
}

fn options(spec: &TableSpec) -> Result<SqliteConnectOptions, TableError> {
    Ok(SqliteConnectOptions::from_str(&spec.url).map_err(|_| TableError::Url)?.busy_timeout(BUSY_TIMEOUT))
}

fn inode(file: &Path) -> Option<u64> {
    std::fs::metadata(file).ok().map(|file| file.ino())
}

/// Number of changes that SQLite has counted in the header of the file: bytes 24 to 27, big-endian. It grows with each
/// transaction, or in WAL mode at times.
pub fn changes(file: &Path) -> Option<u64> {
    use std::io::Read as _;
    let mut header = [0; 28];
    std::fs::File::open(file).ok()?.read_exact(&mut header).ok()?;
    Some(header[24..].iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

impl Column {
    /// What the affinity of the declared type does to values: <https://www.sqlite.org/datatype3.html>.
    pub fn told(&self) -> engine::sync::Column {
        let kind = self.declared.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
        let kind = if has(&["INT"]) {
            Kind::Numeric
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Kind::Text
        } else if kind.is_empty() || has(&["BLOB"]) {
            Kind::Exact
        } else if self.real {
            Kind::Float { digits: DOUBLE_DIGITS }
        } else {
            Kind::Numeric
        };
        let declared = if self.declared.is_empty() { "of no type".to_owned() } else { self.declared.clone() };
        engine::sync::Column { name: self.name.clone(), declared, kind }
    }
}

impl Shape {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    async fn read(
        pool: &SqlitePool,
        spec: &TableSpec,
        location: &str,
        file: std::path::PathBuf,
    ) -> Result<Self, TableError> {
        let failed = at(location);
        let kind: Option<(String,)> =
            sqlx::query_as("SELECT type FROM sqlite_schema WHERE name = $1 AND type <> 'index'")
                .bind(&spec.table)
                .fetch_optional(pool)
                .await
                .map_err(&failed)?;
        match kind.as_ref().map(|(kind,)| kind.as_str()) {
            Some("table") => {}
            Some(_) => return Err(TableError::NotATable { location: location.to_owned(), kind: "view" }),
            None => return Err(TableError::NoTable { location: location.to_owned() }),
        }
        let declared: Vec<(String, String, bool, i64, i64)> =
            sqlx::query_as(r#"SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo($1)"#)
                .bind(&spec.table)
                .fetch_all(pool)
                .await
                .map_err(&failed)?;
        let declared: Vec<_> = declared
            .into_iter()
            .map(|(name, kind, not_null, primary, hidden)| Declared {
                name,
                kind,
                not_null,
                primary,
                generated: hidden != 0,
            })
            .collect();
        let columns = chosen(spec, &declared, |column| &column.name).map_err(|column| TableError::NoColumn {
            location: location.to_owned(),
            column,
            known: declared.iter().map(|column| column.name.clone()).collect(),
        })?;
        if let Some(column) = columns.iter().find(|column| column.generated && !spec.columns.is_empty()) {
            return Err(TableError::Generated { location: location.to_owned(), column: column.name.clone() });
        }
        let (unique, odd_unique, without_rowid) = unique_indexes(pool, spec).await.map_err(&failed)?;
        let of = |name: &str| declared.iter().find(|column| column.name == name);
        let alone = declared.iter().filter(|column| column.primary > 0).count() == 1;
        let rowid = |column: &Declared| {
            alone && column.primary > 0 && column.kind.eq_ignore_ascii_case("INTEGER") && !without_rowid
        };
        let key_is_rowid = of(&spec.key).is_some_and(rowid);
        for (name, role) in [(&spec.key, "the key"), (&spec.version, "the version")] {
            let Some(column) = of(name) else { continue };
            let (location, column_name) = (location.to_owned(), name.clone());
            if !column.kind.to_ascii_uppercase().contains("INT") {
                let found = if column.kind.is_empty() { "no type".to_owned() } else { column.kind.clone() };
                return Err(TableError::NotAnInteger { location, column: column_name, role, found });
            }
            let never_null = column.not_null || rowid(column) || without_rowid && column.primary > 0;
            if !never_null {
                return Err(TableError::Nullable { location, column: column_name, role });
            }
        }
        if !key_is_rowid && !unique.iter().any(|columns| columns.len() == 1 && columns[0] == spec.key) {
            return Err(TableError::NotUnique { location: location.to_owned(), column: spec.key.clone() });
        }
        let quoted_unique: Vec<Vec<_>> =
            unique.iter().map(|columns| columns.iter().map(|column| quoted(column)).collect()).collect();
        let column = |declared: &&Declared| Column {
            name: declared.name.clone(),
            declared: declared.kind.clone(),
            real: ["REAL", "FLOA", "DOUB"].iter().any(|word| declared.kind.to_ascii_uppercase().contains(word)),
        };
        Ok(Self {
            name: spec.table.clone(),
            table: quoted(&spec.table),
            key: quoted(&spec.key),
            version: quoted(&spec.version),
            version_name: spec.version.clone(),
            columns: columns.iter().filter(|column| !column.generated).map(column).collect(),
            key_name: spec.key.clone(),
            key_is_rowid,
            odd_unique,
            parts: Parts::of(&spec.table, &quoted(&spec.key), &quoted(&spec.version), &quoted_unique),
            file,
        })
    }
}

/// The columns of each unique index; whether there are partial or expression indexes; and whether the table has no
/// rowid.
async fn unique_indexes(pool: &SqlitePool, spec: &TableSpec) -> Result<(Vec<Vec<String>>, bool, bool), sqlx::Error> {
    let names: Vec<(String, bool)> =
        sqlx::query_as(r#"SELECT name, partial FROM pragma_index_list($1) WHERE "unique""#)
            .bind(&spec.table)
            .fetch_all(pool)
            .await?;
    let (mut unique, mut odd) = (Vec::new(), false);
    for (name, partial) in names {
        let columns: Vec<(Option<String>,)> =
            sqlx::query_as("SELECT name FROM pragma_index_info($1) ORDER BY seqno").bind(&name).fetch_all(pool).await?;
        // An expression has no name.
        match columns.into_iter().map(|(column,)| column).collect::<Option<Vec<_>>>() {
            Some(columns) if !partial => unique.push(columns),
            _ => odd = true,
        }
    }
    let (without_rowid,): (bool,) =
        sqlx::query_as(AssertSqlSafe("SELECT wr FROM pragma_table_list($1) WHERE schema = 'main'"))
            .bind(&spec.table)
            .fetch_one(pool)
            .await?;
    Ok((unique, odd, without_rowid))
}
