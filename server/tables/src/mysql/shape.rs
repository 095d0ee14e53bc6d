//! What a table in MySQL looks like, and whether it can be kept in step.

use sqlx::{FromRow, MySqlConnection};

use super::{all, one, open::Server, sql::quoted};
use crate::{
    TableError, TableSpec,
    error::at,
    naming::{literal, part},
    spec::chosen,
};

/// What is known of a table. Names are quoted where nothing else is said.
pub struct Shape {
    /// With its schema.
    pub table: String,
    pub key: String,
    pub version: String,
    /// Numbers that may be above what is sent: names of columns, not quoted.
    pub unsigned: Vec<String>,
    /// Not quoted, as the following three.
    pub key_name: String,
    pub version_name: String,
    pub schema: String,
    pub name: String,
    pub key_is_primary: bool,
    /// Rows lie in partitions, which can be emptied and dropped without a word to any trigger.
    pub partitioned: bool,
    /// What is sent.
    pub columns: Vec<Column>,
}

pub struct Column {
    /// Not quoted.
    pub name: String,
    pub travels: Travels,
}

/// As what a value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travels {
    Integer,
    /// As the integer that its bits make up.
    Bits,
    Float,
    Bytes,
    Text,
    /// A moment, which MySQL writes without its zone.
    Moment,
    /// Something else, as MySQL writes it.
    Written,
}

impl Travels {
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

#[derive(FromRow)]
struct Found {
    name: String,
    kind: String,
    engine: String,
    partitioned: i64,
}

#[derive(FromRow)]
struct Declared {
    name: String,
    kind: String,
    /// With its length, and whether it has a sign.
    full_kind: String,
    nullable: i64,
    generated: i64,
    primary: i64,
    /// Has a unique index of its own.
    is_unique: i64,
}

impl Shape {
    pub async fn read(
        connection: &mut MySqlConnection,
        spec: &TableSpec,
        database: &str,
        place: &str,
    ) -> Result<Self, TableError> {
        let (schema, name) = spec.table.split_once('.').unwrap_or((database, &spec.table));
        let of = format!("TABLE_SCHEMA = {} AND TABLE_NAME = {}", text(schema), text(name));
        let sql = format!(
            "SELECT CAST(TABLE_NAME AS CHAR) AS name, CAST(TABLE_TYPE AS CHAR) AS kind,
                    COALESCE(CAST(ENGINE AS CHAR), '') AS engine,
                    COALESCE(CREATE_OPTIONS LIKE '%partitioned%', 0) AS partitioned
             FROM information_schema.TABLES WHERE {of}"
        );
        let found: Option<Found> = one(connection, &sql).await.map_err(at(place))?;
        let Found { name, kind, engine, partitioned } =
            found.ok_or_else(|| TableError::NoTable { place: place.to_owned() })?;
        let kind = match kind.as_str() {
            "BASE TABLE" if engine.eq_ignore_ascii_case("innodb") => None,
            "BASE TABLE" => Some("table of another engine than InnoDB"),
            "VIEW" | "SYSTEM VIEW" => Some("view"),
            "SYSTEM VERSIONED" => Some("system-versioned table"),
            _ => Some("relation of another kind"),
        };
        if let Some(kind) = kind {
            return Err(TableError::NotATable { place: place.to_owned(), kind });
        }
        let declared = columns(connection, &of).await.map_err(at(place))?;
        let sent = chosen(spec, &declared, |column| &column.name).map_err(|column| TableError::NoColumn {
            place: place.to_owned(),
            column,
            known: declared.iter().map(|column| column.name.clone()).collect(),
        })?;
        if let Some(column) = sent.iter().find(|column| column.generated != 0 && !spec.columns.is_empty()) {
            return Err(TableError::Generated { place: place.to_owned(), column: column.name.clone() });
        }
        let key = integer(&declared, &spec.key, "the key", place)?;
        let version = integer(&declared, &spec.version, "the version", place)?;
        if key.is_unique == 0 {
            return Err(TableError::NotUnique { place: place.to_owned(), column: spec.key.clone() });
        }
        let unsigned =
            |column: &&Declared| column.full_kind.contains("bigint") && column.full_kind.contains("unsigned");
        let column =
            |declared: &&Declared| Column { name: declared.name.clone(), travels: Travels::of(&declared.kind) };
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

    /// A part of the migration, with its schema.
    pub fn part(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.bare_part(name)))
    }

    /// The same without its schema and quotes.
    pub fn bare_part(&self, name: &str) -> String {
        part(&self.name, name)
    }

    /// That a line of the information schema is about this table.
    pub fn is_this(&self, schema: &str, table: &str) -> String {
        format!("{schema} = {} AND {table} = {}", text(&self.schema), text(&self.name))
    }

    /// What asks for the number that InnoDB gave the table as it was made; not of names that it writes differently.
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

/// A text as MySQL reads it, whether or not a backslash escapes there.
pub fn text(text: &str) -> String {
    literal(&text.replace('\\', "\\\\"))
}

async fn columns(connection: &mut MySqlConnection, of: &str) -> Result<Vec<Declared>, sqlx::Error> {
    let sql = format!(
        "SELECT CAST(COLUMN_NAME AS CHAR) AS name, LOWER(CAST(DATA_TYPE AS CHAR)) AS kind,
                LOWER(CAST(COLUMN_TYPE AS CHAR)) AS full_kind, IS_NULLABLE = 'YES' AS nullable,
                COALESCE(GENERATION_EXPRESSION, '') <> '' AS generated, COLUMN_KEY = 'PRI' AS `primary`,
                EXISTS (SELECT 1 FROM (SELECT INDEX_NAME, MIN(COLUMN_NAME) AS only FROM information_schema.STATISTICS
                                       WHERE {of} AND NON_UNIQUE = 0 GROUP BY INDEX_NAME
                                       HAVING COUNT(*) = 1) AS alone WHERE only = COLUMN_NAME) AS is_unique
         FROM information_schema.COLUMNS WHERE {of} ORDER BY ORDINAL_POSITION"
    );
    all(connection, &sql).await
}

/// A column that is an integer and never null.
fn integer<'a>(
    declared: &'a [Declared],
    name: &str,
    role: &'static str,
    place: &str,
) -> Result<&'a Declared, TableError> {
    let (place, column) = (place.to_owned(), name.to_owned());
    match declared.iter().find(|column| column.name == name) {
        Some(Declared { kind, .. }) if Travels::of(kind) != Travels::Integer => {
            Err(TableError::NotAnInteger { place, column, role, found: kind.clone() })
        }
        Some(Declared { nullable: 1, .. }) => Err(TableError::Nullable { place, column, role }),
        Some(found) => Ok(found),
        None => Err(TableError::NoColumn { place, column, known: Vec::new() }),
    }
}
