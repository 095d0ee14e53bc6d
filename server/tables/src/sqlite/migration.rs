//! The migration of a table in SQLite: an index on the version, and summaries.
//!
//! SQLite has no SHA-256 for triggers. Triggers therefore record which blocks of 64 versions were touched, and
//! [`SqliteTable::refresh`] sums their rows again. A reader that finds touched blocks (the file may be read-only or
//! busy) sums their rows itself.
//!
//! `INSERT OR REPLACE` deletes rows without firing delete triggers. Triggers *before* a write therefore record the
//! blocks of rows with the same key, or with the same values in a unique index.
//!
//! Always: a block that is not recorded as touched equals the sum of its rows.

use std::{collections::BTreeMap, fmt::Write as _};

use engine::sync::{Mark, Span, integer_key};
use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{Shape, SqliteTable};
use crate::{
    Migration, TableError,
    database::Counter,
    error::at,
    naming::{literal, part, quoted},
    range_sums::Sum,
    read_plan::{self, LEVELS, NARROW},
    span::{bounds, merged},
};

/// Most touched blocks refreshed in one transaction: 262,144 versions.
const REFRESH_BATCH: i64 = 4_096;

/// Objects that the migration creates. Names are quoted.
#[derive(Clone)]
pub struct Parts {
    pub blocks: String,
    pub dirty: String,
    pub epoch: String,
    pub index: String,
    /// Statement that creates `blocks`. It names the levels, and SQLite stores its text with the table.
    pub blocks_text: String,
    /// Name and text of each trigger.
    pub triggers: Vec<(String, String)>,
}

impl Parts {
    pub fn of(name: &str, key: &str, version: &str, unique: &[Vec<String>]) -> Self {
        let part = |what: &str| quoted(&part(name, what));
        let (table, dirty) = (quoted(name), part("dirty"));
        // No ON CONFLICT: the clause of the statement that fires the trigger would override it.
        let note = |block: &str| {
            format!(
                "INSERT INTO {dirty} SELECT {block} WHERE NOT EXISTS (SELECT 1 FROM {dirty} WHERE block = {block});"
            )
        };
        let mut replaced = String::new();
        for columns in [vec![key.to_owned()]].iter().chain(unique) {
            let equal: Vec<_> = columns.iter().map(|column| format!("{column} = NEW.{column}")).collect();
            let _ = write!(
                replaced,
                "INSERT INTO {dirty} SELECT DISTINCT {version} >> {NARROW} FROM {table} WHERE {} \
                 AND {version} >> {NARROW} NOT IN (SELECT block FROM {dirty});",
                equal.join(" AND ")
            );
        }
        let (old, new) = (note(&format!("OLD.{version} >> {NARROW}")), note(&format!("NEW.{version} >> {NARROW}")));
        let differs = format!("WHEN OLD.{key} IS NOT NEW.{key} OR OLD.{version} IS NOT NEW.{version} ");
        let trigger = |what: &str, event: &str, when: &str, act: &str| {
            let name = crate::naming::part(name, what);
            let text = format!("CREATE TRIGGER {} {event} ON {table} {when}BEGIN {act} END", quoted(&name));
            (name, text)
        };
        Self {
            triggers: vec![
                trigger("before_insert", "BEFORE INSERT", "", &replaced),
                trigger("before_update", "BEFORE UPDATE", "", &replaced),
                trigger("insert", "AFTER INSERT", "", &new),
                trigger("update", "AFTER UPDATE", &differs, &format!("{old} {new}")),
                trigger("delete", "AFTER DELETE", "", &old),
            ],
            blocks_text: format!(
                "CREATE TABLE {} (level INTEGER CHECK (level IN ({})), block INTEGER, count INTEGER NOT NULL,\n\
                 hash INTEGER NOT NULL, keys INTEGER NOT NULL, versions INTEGER NOT NULL, PRIMARY KEY (level, block)) WITHOUT ROWID",
                part("blocks"),
                read_plan::listed()
            ),
            blocks: part("blocks"),
            epoch: part("epoch"),
            index: part("versions"),
            dirty,
        }
    }
}

impl SqliteTable {
    pub async fn is_summarised(&self, connection: &mut SqliteConnection) -> Result<bool, TableError> {
        let shape = self.shape();
        let Parts { blocks_text, triggers, .. } = &shape.parts;
        let found: Vec<(String,)> = sqlx::query_as(
            "SELECT sql FROM sqlite_schema
             WHERE type = 'trigger' AND tbl_name = $1 OR type = 'table' AND name = $2",
        )
        .bind(&self.shape().name)
        .bind(part(&self.shape().name, "blocks"))
        .fetch_all(connection)
        .await
        .map_err(at(&self.location))?;
        let is_there = |text: &String| found.iter().any(|(sql,)| sql == text);
        Ok(is_there(blocks_text) && triggers.iter().all(|(_, text)| is_there(text)))
    }

    pub async fn plan(&self) -> Result<Migration, TableError> {
        let failed = at(&self.location);
        if self.shape().odd_unique {
            let reason = "it has a unique index on an expression or on some rows only".to_owned();
            return Err(TableError::NoSummaries { location: self.location.clone(), reason });
        }
        let mut connection = self.pool().acquire().await.map_err(&failed)?;
        let (covered,): (bool,) = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM pragma_index_list($1) AS list
                            WHERE NOT list.partial
                              AND (SELECT name FROM pragma_index_info(list.name) WHERE seqno = 0) = $2
                              AND ($4 OR (SELECT name FROM pragma_index_info(list.name) WHERE seqno = 1) = $3))",
        )
        .bind(&self.shape().name)
        .bind(&self.shape().version_name)
        .bind(&self.shape().key_name)
        .bind(self.shape().key_is_rowid)
        .fetch_one(&mut *connection)
        .await
        .map_err(&failed)?;
        let summarised = self.is_summarised(&mut connection).await?;
        let shape = self.shape();
        let Shape { table, key, version, parts, .. } = &*shape;
        let mut up = Vec::new();
        if !covered {
            let columns = if self.shape().key_is_rowid { version.clone() } else { format!("{version}, {key}") };
            up.push(format!(
                "-- So that a range of versions is read without the rows. Others cannot write meanwhile.\n\
                 CREATE INDEX IF NOT EXISTS {} ON {table} ({columns})",
                parts.index
            ));
        }
        if !summarised {
            up.push(
                "-- Summaries of blocks of 64 versions, of 512, and so on to 16,777,216; triggers note which blocks are to be\n\
                 -- read again.\n\
                 BEGIN IMMEDIATE"
                    .to_owned(),
            );
            up.extend(self.without_summaries());
            up.push(parts.blocks_text.clone());
            up.push(format!("CREATE TABLE {} (block INTEGER PRIMARY KEY)", parts.dirty));
            up.push(format!("CREATE TABLE IF NOT EXISTS {} (epoch TEXT NOT NULL)", parts.epoch));
            up.push(format!(
                "-- By which the file is known from now on, wherever it is moved.\n\
                 INSERT INTO {epoch} SELECT {} WHERE NOT EXISTS (SELECT 1 FROM {epoch})",
                literal(&self.epoch_of_file()),
                epoch = parts.epoch
            ));
            up.extend(parts.triggers.iter().map(|(_, text)| text.clone()));
            up.push(format!("INSERT INTO {} SELECT DISTINCT {version} >> {NARROW} FROM {table}", parts.dirty));
            up.push("COMMIT".to_owned());
        }
        let mut down = vec!["BEGIN IMMEDIATE".to_owned()];
        down.extend(self.without_summaries());
        down.push(format!("DROP TABLE IF EXISTS {}", parts.epoch));
        down.push(format!("DROP INDEX IF EXISTS {}", parts.index));
        down.push("COMMIT".to_owned());
        Ok(Migration { up, down })
    }

    fn without_summaries(&self) -> Vec<String> {
        let shape = self.shape();
        let Parts { blocks, dirty, triggers, .. } = &shape.parts;
        let triggers = triggers.iter().map(|(name, _)| format!("DROP TRIGGER IF EXISTS {}", quoted(name)));
        triggers.chain([blocks, dirty].map(|table| format!("DROP TABLE IF EXISTS {table}"))).collect()
    }

    pub async fn apply(&self) -> Result<(), TableError> {
        let migration = self.plan().await?;
        let failed = at(&self.location);
        let mut connection = self.pool().acquire().await.map_err(&failed)?;
        for statement in migration.up {
            if let Err(error) = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await {
                // There may be no open transaction.
                sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.ok();
                return Err(failed(error));
            }
        }
        drop(connection);
        self.refresh().await
    }

    /// Sums touched blocks again, in small transactions, so that others can write in between.
    pub async fn refresh(&self) -> Result<(), TableError> {
        loop {
            let mut connection = self.pool().acquire().await.map_err(at(&self.location))?;
            if !self.is_summarised(&mut connection).await?
                || self.shape().touched(&mut connection, 1).await.map_err(at(&self.location))?.is_empty()
            {
                return Ok(());
            }
            drop(connection);
            if let Err(error) = self.refresh_some().await {
                // Reads stay correct: the file is read-only, or another connection holds the lock.
                tracing::debug!(%error, location = self.location, "refreshing touched blocks failed; reads use their rows instead");
                return Ok(());
            }
        }
    }

    async fn refresh_some(&self) -> Result<(), sqlx::Error> {
        let shape = self.shape();
        let Parts { blocks, dirty, .. } = &shape.parts;
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let touched = self.shape().touched(&mut transaction, REFRESH_BATCH).await?;
        let changes = self.shape().changes(&mut transaction, &touched, &self.read).await?;
        // SQLite has no exclusive-or operator.
        let xor = |column: &str| format!("{column} = ({column} | excluded.{column}) - ({column} & excluded.{column})");
        let put = format!(
            "INSERT INTO {blocks} VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (level, block) DO UPDATE
             SET count = count + excluded.count, {}, {}, {}",
            xor("hash"),
            xor("keys"),
            xor("versions")
        );
        let clear = format!(
            "DELETE FROM {blocks} WHERE level = $1 AND block = $2 AND (count, hash, keys, versions) = (0, 0, 0, 0)"
        );
        for level in LEVELS {
            let mut sums: BTreeMap<u64, Sum> = BTreeMap::new();
            for (block, change) in &changes {
                sums.entry(block >> (level - NARROW)).or_default().add(change);
            }
            for (block, sum) in sums.into_iter().filter(|(_, sum)| !sum.is_zero()) {
                let (level, block) = (i64::from(level), block.cast_signed());
                let query = sqlx::query(AssertSqlSafe(put.clone())).bind(level).bind(block).bind(sum.count);
                let [hash, keys, versions] = [sum.hash, sum.keys, sum.versions].map(u64::cast_signed);
                query.bind(hash).bind(keys).bind(versions).execute(&mut *transaction).await?;
                let query = sqlx::query(AssertSqlSafe(clear.clone())).bind(level).bind(block);
                query.execute(&mut *transaction).await?;
            }
        }
        let done = format!("DELETE FROM {dirty} WHERE block IN (SELECT value FROM json_each($1))");
        sqlx::query(AssertSqlSafe(done)).bind(super::json(&touched)).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

impl Shape {
    /// Up to `most` touched blocks.
    pub async fn touched(&self, connection: &mut SqliteConnection, most: i64) -> Result<Vec<i64>, sqlx::Error> {
        self.touched_after(connection, -1, most).await
    }

    pub async fn touched_after(
        &self,
        connection: &mut SqliteConnection,
        after: i64,
        most: i64,
    ) -> Result<Vec<i64>, sqlx::Error> {
        let sql = format!("SELECT block FROM {} WHERE block > $1 ORDER BY block LIMIT $2", self.parts.dirty);
        let found: Vec<(i64,)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(after).bind(most).fetch_all(connection).await?;
        Ok(found.into_iter().map(|(block,)| block).collect())
    }

    /// The sums to add to touched blocks so that they equal the sums of their rows.
    pub async fn changes(
        &self,
        connection: &mut SqliteConnection,
        touched: &[i64],
        read: &Counter,
    ) -> Result<BTreeMap<u64, Sum>, sqlx::Error> {
        let mut changes: BTreeMap<u64, Sum> =
            touched.iter().map(|block| (block.cast_unsigned(), Sum::default())).collect();
        let Self { table, key, version, parts, .. } = self;
        let rows = format!("SELECT {key}, {version} FROM {table} WHERE {version} BETWEEN $1 AND $2");
        let span = |block: &u64| Span { from: block << NARROW, until: (block + 1) << NARROW };
        for span in merged(changes.keys().map(span).collect::<Vec<_>>()) {
            let (first, last) = bounds(span);
            let query = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(rows.clone())).bind(first).bind(last);
            let mut found = query.fetch(&mut *connection);
            while let Some((key, version)) = found.try_next().await? {
                read.add(1);
                let mark = Mark { version: version.cast_unsigned(), key: integer_key(key) };
                if let Some(sum) = changes.get_mut(&(mark.version >> NARROW)) {
                    sum.add(&Sum::of(mark));
                }
            }
        }
        let kept = format!(
            "SELECT block, count, hash, keys, versions FROM {}
             WHERE level = {NARROW} AND block IN (SELECT value FROM json_each($1))",
            parts.blocks
        );
        let query = sqlx::query_as::<_, (i64, i64, i64, i64, i64)>(AssertSqlSafe(kept)).bind(super::json(touched));
        let mut found = query.fetch(&mut *connection);
        while let Some((block, count, hash, keys, versions)) = found.try_next().await? {
            read.add(1);
            let [hash, keys, versions] = [hash, keys, versions].map(i64::cast_unsigned);
            if let Some(sum) = changes.get_mut(&block.cast_unsigned()) {
                sum.subtract(&Sum { count, hash, keys, versions });
            }
        }
        Ok(changes)
    }
}
