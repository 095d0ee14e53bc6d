//! The shape of a table in MySQL: its columns and indexes, checked for what a sync requires.

use engine::sync::{DOUBLE_DIGITS, Kind, SINGLE_DIGITS};
use sqlx::{MySqlConnection, mysql::MySqlRow};

use super::{all, one, open::Server, sql::quoted};
use crate::{
    TableError, TableSpec,
    error::at,
    naming::{literal, part},
    rows::from_row,
    spec::chosen,
};

/// The shape of a table. Names are quoted unless stated otherwise.
pub struct Shape {
    /// Table name with its schema.
    pub table: String,
    pub key: String,
    pub version: String,
    /// Unsigned columns, whose values may exceed `i64::MAX`; names without quotes.
    pub unsigned: Vec<String>,
    /// Name without quotes, like the next three.
    pub key_name: String,
    pub version_name: String,
    pub schema: String,
    pub name: String,
    pub key_is_primary: bool,
    /// Whether the table is partitioned; partitions can be emptied and dropped without firing triggers.
    pub partitioned: bool,
    /// Columns to send.
    pub columns: Vec<Column>,
}

pub struct Column {
    /// Name without quotes.
    pub name: String,
    pub wire_type: WireType,
    /// Type with length and sign.
    full_kind: String,
    /// Decimals after the point of a decimal, digits of a second of a time.
    scale: u32,
}

impl Column {
    pub fn told(&self) -> engine::sync::Column {
        let base = self.full_kind.split(['(', ' ']).next().unwrap_or_default();
        let kind = match base {
            "decimal" => Kind::Decimal { scale: Some(self.scale) },
            "float" => Kind::Float { digits: SINGLE_DIGITS },
            "double" => Kind::Float { digits: DOUBLE_DIGITS },
            "datetime" | "timestamp" | "time" => Kind::Time { digits: self.scale },
            _ if self.wire_type == WireType::Text => Kind::Text,
            _ => Kind::Exact,
        };
        engine::sync::Column { name: self.name.clone(), declared: self.full_kind.clone(), kind }
    }
}

/// Representation of a value in transit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    Integer,
    /// The integer formed by the bits.
    Bits,
    Float,
    Bytes,
    Text,
    /// A timestamp, which MySQL writes without its zone.
    Moment,
    /// Another type, as text in the form that MySQL writes.
    Written,
}

impl WireType {
    fn of(kind: &str) -> Self {
        match kind {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Self::Integer,
            "bit" => Self::Bits,
            "float" | "double" => Self::Float,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "geometry" | "point"
            | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon" | "geometrycollection"
            | "geomcollection" => Self::Bytes,
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" => Self::Text,
            "timestamp" => Self::Moment,
            _ => Self::Written,
        }
    }
}

struct Found {
    name: String,
    kind: String,
    engine: String,
    partitioned: i64,
}

from_row!(MySqlRow => Found { name, kind, engine, partitioned });

struct Declared {
    name: String,
    kind: String,
    /// Type with length and sign.
    full_kind: String,
    nullable: i64,
    generated: i64,
    primary: i64,
    /// Whether the column alone has a unique index.
    is_unique: i64,
    scale: i64,
}

from_row!(MySqlRow => Declared { name, kind, full_kind, nullable, generated, primary, is_unique, scale });

impl Shape {
    pub async fn read(
        connection: &mut MySqlConnection,
        spec: &TableSpec,
        database: &str,
        location: &str,
    ) -> Result<Self, TableError> {
        let (schema, name) = spec.table.split_once('.').unwrap_or((database, &spec.table));
        let of = format!("TABLE_SCHEMA = {} AND TABLE_NAME = {}", text(schema), text(name));
        let sql = format!(
            "SELECT CAST(TABLE_NAME AS CHAR) AS name, CAST(TABLE_TYPE AS CHAR) AS kind,
                    COALESCE(CAST(ENGINE AS CHAR), '') AS engine,
                    COALESCE(CREATE_OPTIONS LIKE '%partitioned%', 0) AS partitioned
             FROM information_schema.TABLES WHERE {of}"
        );
        let found: Option<Found> = one(connection, &sql).await.map_err(at(location))?;
        let Found { name, kind, engine, partitioned } =
            found.ok_or_else(|| TableError::NoTable { location: location.to_owned() })?;
        let kind = match kind.as_str() {
            "BASE TABLE" if engine.eq_ignore_ascii_case("innodb") => None,
            "BASE TABLE" => Some("table of a storage engine other than InnoDB"),
            "VIEW" | "SYSTEM VIEW" => Some("view"),
            "SYSTEM VERSIONED" => Some("system-versioned table"),
            _ => Some("relation of another kind"),
        };
        if let Some(kind) = kind {
            return Err(TableError::NotATable { location: location.to_owned(), kind });
        }
        let declared = columns(connection, &of).await.map_err(at(location))?;
        let sent = chosen(spec, &declared, |column| &column.name).map_err(|column| TableError::NoColumn {
            location: location.to_owned(),
            column,
            known: declared.iter().map(|column| column.name.clone()).collect(),
        })?;
        if let Some(column) = sent.iter().find(|column| column.generated != 0 && !spec.columns.is_empty()) {
            return Err(TableError::Generated { location: location.to_owned(), column: column.name.clone() });
        }
        let key = integer(&declared, &spec.key, "the key", location)?;
        let version = integer(&declared, &spec.version, "the version", location)?;
        if key.is_unique == 0 {
            return Err(TableError::NotUnique { location: location.to_owned(), column: spec.key.clone() });
        }
        let unsigned =
            |column: &&Declared| column.full_kind.contains("bigint") && column.full_kind.contains("unsigned");
        let column = |declared: &&Declared| Column {
            name: declared.name.clone(),
            wire_type: WireType::of(&declared.kind),
            full_kind: declared.full_kind.clone(),
            scale: u32::try_from(declared.scale).unwrap_or_default(),
        };
        Ok(Self {
            table: format!("{}.{}", quoted(schema), quoted(&name)),
            key: quoted(&spec.key),
            version: quoted(&spec.version),
            unsigned: [key, version].into_iter().filter(unsigned).map(|column| column.name.clone()).collect(),
            key_name: spec.key.clone(),
            version_name: spec.version.clone(),
            schema: schema.to_owned(),
            key_is_primary: key.primary != 0,
            partitioned: partitioned != 0,
            columns: sent.iter().filter(|column| column.generated == 0).map(column).collect(),
            name,
        })
    }

    /// Quoted name of an object of the migration, with its schema.
    pub fn part(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.bare_part(name)))
    }

    /// Name of an object of the migration without schema and quotes.
    pub fn bare_part(&self, name: &str) -> String {
        part(&self.name, name)
    }

    /// Condition that a row of the information schema concerns this table.
    pub fn is_this(&self, schema: &str, table: &str) -> String {
        format!("{schema} = {} AND {table} = {}", text(&self.schema), text(&self.name))
    }

    /// SQL for the number that InnoDB gave the table; `None` for names that InnoDB encodes, and for partitioned tables.
    pub fn number_in_innodb(&self, server: &Server) -> Option<String> {
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if self.partitioned || !plain(&self.schema) || !plain(&self.name) {
            return None;
        }
        let tables = if server.is_mariadb { "INNODB_SYS_TABLES" } else { "INNODB_TABLES" };
        let name = text(&format!("{}/{}", self.schema, self.name));
        Some(format!("SELECT CAST(TABLE_ID AS UNSIGNED) FROM information_schema.{tables} WHERE NAME = {name}"))
    }
}

/// A text literal, correct whether or not backslash is an escape character.
pub fn text(text: &str) -> String {
    literal(&text.replace('\\', "\\\\"))
}

async fn columns(connection: &mut MySqlConnection, of: &str) -> Result<Vec<Declared>, sqlx::Error> {
    let sql = format!(
        "SELECT CAST(COLUMN_NAME AS CHAR) AS name, LOWER(CAST(DATA_TYPE AS CHAR)) AS kind,
                LOWER(CAST(COLUMN_TYPE AS CHAR)) AS full_kind, IS_NULLABLE = 'YES' AS nullable,
                CAST(COALESCE(DATETIME_PRECISION, NUMERIC_SCALE, 0) AS SIGNED) AS scale,
                COALESCE(GENERATION_EXPRESSION, '') <> '' AS generated, COLUMN_KEY = 'PRI' AS `primary`,
                EXISTS (SELECT 1 FROM (SELECT INDEX_NAME, MIN(COLUMN_NAME) AS only FROM information_schema.STATISTICS
                                       WHERE {of} AND NON_UNIQUE = 0 GROUP BY INDEX_NAME
                                       HAVING COUNT(*) = 1) AS alone WHERE only = COLUMN_NAME) AS is_unique
         FROM information_schema.COLUMNS WHERE {of} ORDER BY ORDINAL_POSITION"
    );
    all(connection, &sql).await
}

/// Finds a column and checks that it is an integer and never null.
fn integer<'a>(
    declared: &'a [Declared],
    name: &str,
    role: &'static str,
    location: &str,
) -> Result<&'a Declared, TableError> {
    let (location, column) = (location.to_owned(), name.to_owned());
    match declared.iter().find(|column| column.name == name) {
        Some(Declared { kind, .. }) if WireType::of(kind) != WireType::Integer => {
            Err(TableError::NotAnInteger { location, column, role, found: kind.clone() })
        }
        Some(Declared { nullable: 1, .. }) => Err(TableError::Nullable { location, column, role }),
        Some(found) => Ok(found),
        None => Err(TableError::NoColumn { location, column, known: Vec::new() }),
    }
}
