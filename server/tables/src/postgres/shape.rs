//! The shape of a table in PostgreSQL: its columns and indexes, checked for what a sync requires.

use engine::sync::{DOUBLE_DIGITS, Kind, SINGLE_DIGITS};
use sqlx::{
    PgPool,
    postgres::{PgRow, types::Oid},
};

use crate::{
    TableError, TableSpec,
    error::at,
    naming::{part, quoted},
    rows::from_row,
    spec::chosen,
};

/// The shape of a table. Names are quoted unless stated otherwise.
pub struct Shape {
    pub oid: Oid,
    /// Table name with its schema.
    pub table: String,
    pub key: String,
    pub version: String,
    /// Attribute number of the version column.
    pub version_number: i16,
    /// Attribute number of the key column.
    pub key_number: i16,
    /// Columns to send.
    pub columns: Vec<Column>,
    /// Whether rows lie in partitions or in inheriting tables.
    pub parent: bool,
    /// File of the rows, which `TRUNCATE`, `VACUUM FULL` and some forms of `ALTER TABLE` replace; `None` if there are
    /// several.
    pub storage: Option<String>,
    schema: String,
    /// Table name without schema and quotes.
    name: String,
}

pub struct Column {
    /// Name without quotes.
    pub name: String,
    /// SQL type without a length, so that a text that is too long is refused instead of truncated.
    pub kind: String,
    pub wire_type: WireType,
    /// The type with its modifiers.
    full_kind: String,
    modifier: i32,
}

impl Column {
    pub fn told(&self) -> engine::sync::Column {
        let kind = match self.kind.as_str() {
            // The scale is in the lowest eleven bits, after four bytes of header.
            "numeric" if self.modifier >= 4 => Kind::Decimal {
                scale: Some(((self.modifier - 4) & 0x7ff).unsigned_abs()).filter(|scale| *scale <= 1_000).or(Some(0)),
            },
            "numeric" => Kind::Decimal { scale: None },
            "real" => Kind::Float { digits: SINGLE_DIGITS },
            "double precision" => Kind::Float { digits: DOUBLE_DIGITS },
            "text" | "character varying" | "bpchar" => Kind::Text,
            kind if kind.starts_with("time") => {
                Kind::Time { digits: u32::try_from(self.modifier).unwrap_or(MICROSECONDS) }
            }
            _ => Kind::Exact,
        };
        engine::sync::Column { name: self.name.clone(), declared: self.full_kind.clone(), kind }
    }
}

/// Digits of a second that PostgreSQL keeps by default.
const MICROSECONDS: u32 = 6;

/// Representation of a value in transit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    Truth,
    Integer,
    Float,
    Bytes,
    Text,
}

impl WireType {
    fn of(kind: &str) -> Self {
        match kind {
            "boolean" => Self::Truth,
            "smallint" | "integer" | "bigint" => Self::Integer,
            "real" | "double precision" => Self::Float,
            "bytea" => Self::Bytes,
            _ => Self::Text,
        }
    }
}

struct Found {
    oid: Oid,
    schema: String,
    name: String,
    kind: String,
    parent: bool,
    storage: Option<String>,
}

from_row!(PgRow => Found { oid, schema, name, kind, parent, storage });

struct Declared {
    number: i16,
    name: String,
    kind: String,
    full_kind: String,
    modifier: i32,
    not_null: bool,
    generated: bool,
    /// Whether the column alone has an immediate unique index.
    unique: bool,
}

from_row!(PgRow => Declared { number, name, kind, full_kind, modifier, not_null, generated, unique });

impl Shape {
    pub async fn read(pool: &PgPool, spec: &TableSpec, location: &str) -> Result<Self, TableError> {
        let full = spec.table.split('.').map(quoted).collect::<Vec<_>>().join(".");
        let found: Option<Found> = sqlx::query_as(
            "SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
                      c.relkind = 'p' OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS parent,
                      CASE WHEN c.relkind = 'r' THEN pg_relation_filenode(c.oid)::text END AS storage
               FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)",
        )
        .bind(full)
        .fetch_optional(pool)
        .await
        .map_err(at(location))?;
        let Found { oid, schema, name, kind, parent, storage } =
            found.ok_or_else(|| TableError::NoTable { location: location.to_owned() })?;
        let kind = match kind.as_str() {
            "r" | "p" => None,
            "v" => Some("view"),
            "m" => Some("materialized view"),
            "f" => Some("foreign table"),
            _ => Some("relation of another kind"),
        };
        if let Some(kind) = kind {
            return Err(TableError::NotATable { location: location.to_owned(), kind });
        }
        let declared = columns(pool, oid).await.map_err(at(location))?;
        let sent = chosen(spec, &declared, |column| &column.name).map_err(|column| TableError::NoColumn {
            location: location.to_owned(),
            column,
            known: declared.iter().map(|column| column.name.clone()).collect(),
        })?;
        if let Some(column) = sent.iter().find(|column| column.generated && !spec.columns.is_empty()) {
            return Err(TableError::Generated { location: location.to_owned(), column: column.name.clone() });
        }
        let key_number = integer(&declared, &spec.key, "the key", location)?;
        let version_number = integer(&declared, &spec.version, "the version", location)?;
        if !declared.iter().any(|column| column.name == spec.key && column.unique) {
            return Err(TableError::NotUnique { location: location.to_owned(), column: spec.key.clone() });
        }
        let column = |declared: &&Declared| Column {
            name: declared.name.clone(),
            kind: declared.kind.clone(),
            wire_type: WireType::of(&declared.kind),
            full_kind: declared.full_kind.clone(),
            modifier: declared.modifier,
        };
        Ok(Self {
            oid,
            table: format!("{}.{}", quoted(&schema), quoted(&name)),
            key: quoted(&spec.key),
            version: quoted(&spec.version),
            version_number,
            key_number,
            columns: sent.iter().filter(|column| !column.generated).map(column).collect(),
            storage: storage.filter(|_| !parent),
            parent,
            schema,
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
}

async fn columns(pool: &PgPool, table: Oid) -> Result<Vec<Declared>, sqlx::Error> {
    sqlx::query_as(
        r#"SELECT a.attnum AS number, a.attname::text AS name, a.attnotnull AS not_null, a.attgenerated <> '' AS generated,
                  format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, -1) AS kind,
                  format_type(a.atttypid, a.atttypmod) AS full_kind,
                  CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS modifier,
                  EXISTS (SELECT FROM pg_index AS i
                          WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid AND i.indimmediate
                            AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS "unique"
           FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
           WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"#,
    )
    .bind(table)
    .fetch_all(pool)
    .await
}

/// Attribute number of a column, checked to be an integer and never null.
fn integer(declared: &[Declared], name: &str, role: &'static str, location: &str) -> Result<i16, TableError> {
    let (location, column) = (location.to_owned(), name.to_owned());
    match declared.iter().find(|column| column.name == name) {
        Some(Declared { kind, .. }) if WireType::of(kind) != WireType::Integer => {
            Err(TableError::NotAnInteger { location, column, role, found: kind.clone() })
        }
        Some(Declared { not_null: false, .. }) => Err(TableError::Nullable { location, column, role }),
        Some(Declared { number, .. }) => Ok(*number),
        None => Err(TableError::NoColumn { location, column, known: Vec::new() }),
    }
}
