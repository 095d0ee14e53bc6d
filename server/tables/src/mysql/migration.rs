//! An index to read versions from, and summaries, kept by triggers.
//!
//! Writers only ever *add* to `…_logyard_changes`: a line for each row that comes or goes, with its block of 64
//! versions. So no writer waits for another. A reader takes blocks and changes from one snapshot; now and then changes
//! are taken into the blocks (`fold.rs`). While nobody syncs, changes pile up.
//!
//! What MySQL does without a word to triggers is provided against: tables whose rows a foreign key deletes or renames,
//! and partitioned ones, have no summaries; `TRUNCATE` is found out ([`MysqlTable::fits`]).
//!
//! Always: in every snapshot that holds the mark of completeness, blocks plus changes are exactly what the rows come to.
//! The mark is a line of the blocks, written with what the rows came to that were there before the triggers.

use std::sync::atomic::Ordering;

use sqlx::MySqlConnection;

use super::{
    MysqlTable, Shape, all, one, run,
    shape::text,
    sql::{hash, quoted},
};
use crate::{
    Migration, TableError,
    cover::{LEVELS, NARROW},
    error::at,
};

/// The level of the line that says that the summaries are complete, which is no level.
pub const MARK: u32 = 0;

impl MysqlTable {
    /// Whether the summaries are complete and every trigger is as it was made, and we may see so.
    pub async fn is_summarised(&self, connection: &mut MySqlConnection) -> Result<bool, TableError> {
        if self.crooked.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let sql = format!(
            "SELECT CAST(TRIGGER_NAME AS CHAR), CAST(ACTION_STATEMENT AS CHAR) FROM information_schema.TRIGGERS
             WHERE {}",
            self.shape.is_this("EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE")
        );
        let failed = at(&self.place);
        let found: Vec<(String, String)> = all(connection, &sql).await.map_err(&failed)?;
        let kept = |trigger: &Trigger| found.iter().any(|(name, act)| (name, act) == (&trigger.name, &trigger.act));
        if !self.shape.triggers().iter().all(kept) {
            return Ok(false);
        }
        let sql = format!("SELECT 1 FROM {} WHERE level = {MARK} AND block = {}", self.shape.part("blocks"), levels());
        Ok(one::<(i64,)>(connection, &sql).await.map_err(&failed)?.is_some())
    }

    pub async fn plan(&self) -> Result<Migration, TableError> {
        let failed = at(&self.place);
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        if let Some(reason) = self.cannot_have_summaries(&mut connection).await.map_err(&failed)? {
            return Err(TableError::NoSummaries { place: self.place.clone(), reason });
        }
        let mut up = Vec::new();
        if !self.is_covered(&mut connection).await.map_err(&failed)? {
            up.push(self.shape.index());
        }
        if !self.is_summarised(&mut connection).await? {
            up.extend(self.shape.summaries());
        }
        let mut down = self.shape.without_summaries();
        // MySQL knows no IF EXISTS here.
        let drop = if self.server.is_mariadb { "DROP INDEX IF EXISTS" } else { "DROP INDEX" };
        down.push(format!("{drop} {} ON {}", quoted(&self.shape.bare_part("versions")), self.shape.table));
        Ok(Migration { up, down })
    }

    pub async fn apply(&self) -> Result<(), TableError> {
        let migration = self.plan().await?;
        let failed = at(&self.place);
        let pooled = self.pool.acquire().await.map_err(&failed)?;
        // Not given back: what it was set to, and what it may have begun, must not stay with others.
        let mut connection = pooled.detach();
        let unlimited = if self.server.is_mariadb { "max_statement_time = 0" } else { "max_execution_time = 0" };
        run(&mut connection, &format!("SET SESSION {unlimited}")).await.map_err(&failed)?;
        for statement in migration.up {
            run(&mut connection, &statement).await.map_err(&failed)?;
        }
        sqlx::Connection::close(connection).await.map_err(&failed)?;
        self.crooked.store(false, Ordering::Relaxed);
        self.fold().await
    }

    async fn cannot_have_summaries(&self, connection: &mut MySqlConnection) -> Result<Option<String>, sqlx::Error> {
        // Which know SKIP LOCKED, and more than one trigger for an event.
        if self.server.version < if self.server.is_mariadb { [10, 6] } else { [8, 0] } {
            return Ok(Some("it needs MySQL 8.0 or MariaDB 10.6, or later".to_owned()));
        }
        if self.shape.partitioned {
            return Ok(Some("its rows lie in partitions, which can be emptied without triggers".to_owned()));
        }
        // Deletes and new keys that cascade fire no triggers.
        let sql = format!(
            "SELECT CAST(CONSTRAINT_NAME AS CHAR) FROM information_schema.REFERENTIAL_CONSTRAINTS
             WHERE {} AND (DELETE_RULE = 'CASCADE' OR UPDATE_RULE = 'CASCADE')",
            self.shape.is_this("CONSTRAINT_SCHEMA", "TABLE_NAME")
        );
        let found: Option<(String,)> = one(connection, &sql).await?;
        Ok(found.map(|(name,)| format!("its foreign key {name} cascades, for which triggers do not fire")))
    }

    /// Whether an index answers for versions and keys without the rows. Each holds the primary key anyway.
    async fn is_covered(&self, connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
        let Shape { key_name, version_name, key_is_primary, .. } = &self.shape;
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.STATISTICS AS first
             WHERE {} AND SEQ_IN_INDEX = 1 AND COLUMN_NAME = {} AND ({key_is_primary} OR EXISTS (
                SELECT 1 FROM information_schema.STATISTICS AS other
                WHERE {} AND other.INDEX_NAME = first.INDEX_NAME AND other.COLUMN_NAME = {}))",
            self.shape.is_this("first.TABLE_SCHEMA", "first.TABLE_NAME"),
            text(version_name),
            self.shape.is_this("other.TABLE_SCHEMA", "other.TABLE_NAME"),
            text(key_name),
        );
        Ok(one::<(i64,)>(connection, &sql).await?.is_some_and(|(indexes,)| indexes > 0))
    }
}

/// A trigger on every row.
pub struct Trigger {
    pub name: String,
    pub event: &'static str,
    /// What it does, in one statement without a semicolon, so that every client can be given it.
    pub act: String,
}

impl Shape {
    /// Two on updates, as one cannot do both without a block.
    pub fn triggers(&self) -> Vec<Trigger> {
        let Self { key, version, .. } = self;
        let changes = self.part("changes");
        let trigger = |name: &str, event, sign: i8, row: &str, when: &str| {
            let (key, version) = (format!("{row}.{key}"), format!("{row}.{version}"));
            let act = format!(
                "INSERT INTO {changes} (id, block, `count`, `hash`, `keys`, `versions`) \
                 SELECT UUID_SHORT(), {version} >> {NARROW}, {sign}, {}, CAST({key} AS UNSIGNED), \
                 CAST({version} AS UNSIGNED) FROM DUAL{when}",
                hash(&key, &version)
            );
            Trigger { name: self.bare_part(name), event, act }
        };
        let differs = format!(" WHERE OLD.{key} <> NEW.{key} OR OLD.{version} <> NEW.{version}");
        vec![
            trigger("insert", "INSERT", 1, "NEW", ""),
            trigger("gone", "UPDATE", -1, "OLD", &differs),
            trigger("added", "UPDATE", 1, "NEW", &differs),
            trigger("delete", "DELETE", -1, "OLD", ""),
        ]
    }

    fn index(&self) -> String {
        let Self { table, key, version, key_is_primary, .. } = self;
        let columns = if *key_is_primary { version.clone() } else { format!("{version}, {key}") };
        format!(
            "-- So that a range of versions is read without the rows. Writers are not held up, or it is refused.\n\
             ALTER TABLE {table} ADD INDEX {} ({columns}), ALGORITHM = INPLACE, LOCK = NONE",
            quoted(&self.bare_part("versions"))
        )
    }

    fn summaries(&self) -> Vec<String> {
        let Self { table, key, version, .. } = self;
        let (blocks, changes) = (self.part("blocks"), self.part("changes"));
        let sums = "`count` bigint NOT NULL, `hash` bigint unsigned NOT NULL,\n\
                    `keys` bigint unsigned NOT NULL, `versions` bigint unsigned NOT NULL";
        let mut statements = self.without_summaries();
        if let Some(first) = statements.first_mut() {
            *first = format!(
                "-- Summaries of blocks of {} versions, and what triggers note of every\n\
                 -- row that is written: some microseconds a row. While nobody syncs, these notes pile up. Creating the\n\
                 -- triggers waits for the transactions that have the table in use, and those that come wait for it: a\n\
                 -- moment, or it gives up after five seconds, and may be tried again. A transaction that began before\n\
                 -- and then writes to the table for the first time is refused (1412 or 1146), and may be repeated;\n\
                 -- MariaDB may refuse a prepared statement once in the same way. So do it when few are writing.\n\
                 -- Take them away before the table, its key or its version is renamed: they know them by name.\n\
                 SET SESSION lock_wait_timeout = 5;\n{first}",
                sizes()
            );
        }
        statements.push(format!(
            "CREATE TABLE {blocks} (level int NOT NULL, block bigint unsigned NOT NULL, {sums},\n\
             PRIMARY KEY (level, block)) ENGINE = InnoDB"
        ));
        statements.push(format!(
            "CREATE TABLE {changes} (id bigint unsigned NOT NULL PRIMARY KEY, block bigint unsigned NOT NULL, {sums})\n\
             ENGINE = InnoDB"
        ));
        for Trigger { name, event, act } in self.triggers() {
            let name = format!("{}.{}", quoted(&self.schema), quoted(&name));
            statements.push(format!("CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {act}"));
        }
        let rows = format!(
            "SELECT {version} >> {NARROW} AS block, 1 AS `count`, {} AS `hash`,\n\
             CAST({key} AS UNSIGNED) AS `keys`, CAST({version} AS UNSIGNED) AS `versions` FROM {table}",
            hash(key, version)
        );
        // Without what the triggers have noted: each statement sees both in one state.
        let before = format!("SELECT block, -`count`, `hash`, `keys`, `versions` FROM {changes}");
        statements.extend([
            "-- The rows that were there before, in one reading of the table; writers are not held up.\n\
             SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
                .to_owned(),
            "START TRANSACTION".to_owned(),
            format!("INSERT INTO {blocks}\n{}", level(NARROW, 0, &format!("({rows}\nUNION ALL {before}) AS sides"))),
        ]);
        for pair in LEVELS.windows(2).rev() {
            let narrower = format!("(SELECT * FROM {blocks} WHERE level = {}) AS narrower", pair[1]);
            statements.push(format!("INSERT INTO {blocks}\n{}", level(pair[0], pair[0] - pair[1], &narrower)));
        }
        statements.push(format!("INSERT INTO {blocks} VALUES ({MARK}, {}, 0, 0, 0, 0)", levels()));
        statements.push("COMMIT".to_owned());
        statements
    }

    fn without_summaries(&self) -> Vec<String> {
        let triggers = self
            .triggers()
            .into_iter()
            .map(|Trigger { name, .. }| format!("DROP TRIGGER IF EXISTS {}.{}", quoted(&self.schema), quoted(&name)));
        let tables = format!("DROP TABLE IF EXISTS {}, {}", self.part("blocks"), self.part("changes"));
        triggers.chain([tables]).collect()
    }
}

/// `64, 4,096 and 262,144`.
fn sizes() -> String {
    let sizes: Vec<_> = LEVELS.iter().rev().map(|level| (1u64 << level).to_string()).collect();
    sizes.join(", ")
}

/// A bit for each level that there is: summaries with others, of another version of this crate, are not complete.
fn levels() -> u64 {
    LEVELS.iter().fold(0, |levels, level| levels | 1 << level)
}

/// Blocks of a level that narrower ones, or rows, make up.
fn level(level: u32, shift: u32, narrower: &str) -> String {
    format!(
        "SELECT {level}, block >> {shift}, CAST(SUM(`count`) AS SIGNED), BIT_XOR(`hash`), BIT_XOR(`keys`),\n\
         BIT_XOR(`versions`) FROM {narrower} GROUP BY 2"
    )
}
