//! The migration of a table in MySQL: an index on the version, and summaries maintained by triggers.
//!
//! Writers only *insert* into `…_logyard_changes`: a row for each row added or removed, with its block of 64 versions.
//! Writers therefore never wait for each other. A reader takes blocks and changes from one snapshot; `fold.rs` folds
//! changes into the blocks. Changes accumulate while no sync runs.
//!
//! Operations that fire no triggers are handled: tables with cascading foreign keys and partitioned tables get no
//! summaries, and a `TRUNCATE` is detected ([`MysqlTable::lowest_versions_match`]).
//!
//! Always: in every snapshot with the completeness row, blocks plus changes equal the sums of the rows. The
//! completeness row is stored among the blocks, and written together with the sums of the rows that existed before the
//! triggers.

use std::sync::atomic::Ordering;

use sqlx::MySqlConnection;

use super::{
    MysqlTable, Shape, all, one, run,
    shape::text,
    sql::{hash, quoted},
};
use crate::{
    Migration, TableError,
    error::at,
    read_plan::{LEVELS, NARROW},
};

/// Level of the row that marks the summaries as complete; not a level of blocks.
pub const COMPLETE_LEVEL: u32 = 0;

impl MysqlTable {
    /// Whether the summaries are complete, every trigger is unchanged, and this user may read that.
    pub async fn is_summarised(&self, connection: &mut MySqlConnection) -> Result<bool, TableError> {
        if self.summaries_mismatch.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let sql = format!(
            "SELECT CAST(TRIGGER_NAME AS CHAR), CAST(ACTION_STATEMENT AS CHAR) FROM information_schema.TRIGGERS
             WHERE {}",
            self.shape.get().is_this("EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE")
        );
        let failed = at(&self.location);
        let found: Vec<(String, String)> = all(connection, &sql).await.map_err(&failed)?;
        let kept = |trigger: &Trigger| found.iter().any(|(name, act)| (name, act) == (&trigger.name, &trigger.act));
        if !self.shape.get().triggers().iter().all(kept) {
            return Ok(false);
        }
        let sql = format!(
            "SELECT 1 FROM {} WHERE level = {COMPLETE_LEVEL} AND block = {}",
            self.shape.get().part("blocks"),
            levels()
        );
        Ok(one::<(i64,)>(connection, &sql).await.map_err(&failed)?.is_some())
    }

    pub async fn plan(&self) -> Result<Migration, TableError> {
        let failed = at(&self.location);
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        if let Some(reason) = self.cannot_have_summaries(&mut connection).await.map_err(&failed)? {
            return Err(TableError::NoSummaries { location: self.location.clone(), reason });
        }
        let mut up = Vec::new();
        if !self.is_covered(&mut connection).await.map_err(&failed)? {
            up.push(self.shape.get().index());
        }
        if !self.is_summarised(&mut connection).await? {
            up.extend(self.shape.get().summaries());
        }
        let mut down = self.shape.get().without_summaries();
        // MySQL has no IF EXISTS here.
        let drop = if self.server.get().is_mariadb { "DROP INDEX IF EXISTS" } else { "DROP INDEX" };
        down.push(format!("{drop} {} ON {}", quoted(&self.shape.get().bare_part("versions")), self.shape.get().table));
        Ok(Migration { up, down })
    }

    pub async fn apply(&self) -> Result<(), TableError> {
        let migration = self.plan().await?;
        let failed = at(&self.location);
        let pooled = self.pool.acquire().await.map_err(&failed)?;
        // Detached from the pool, because its settings and an open transaction must not reach other users.
        let mut connection = pooled.detach();
        let unlimited = if self.server.get().is_mariadb { "max_statement_time = 0" } else { "max_execution_time = 0" };
        run(&mut connection, &format!("SET SESSION {unlimited}")).await.map_err(&failed)?;
        for statement in migration.up {
            run(&mut connection, &statement).await.map_err(&failed)?;
        }
        sqlx::Connection::close(connection).await.map_err(&failed)?;
        self.summaries_mismatch.store(false, Ordering::Relaxed);
        self.fold().await
    }

    async fn cannot_have_summaries(&self, connection: &mut MySqlConnection) -> Result<Option<String>, sqlx::Error> {
        // These versions have SKIP LOCKED and several triggers per event.
        if self.server.get().version < if self.server.get().is_mariadb { [10, 6] } else { [8, 0] } {
            return Ok(Some("it needs MySQL 8.0 or MariaDB 10.6, or later".to_owned()));
        }
        if self.shape.get().partitioned {
            return Ok(Some("its rows lie in partitions, which can be emptied without triggers".to_owned()));
        }
        // Cascading deletes and updates fire no triggers.
        let sql = format!(
            "SELECT CAST(CONSTRAINT_NAME AS CHAR) FROM information_schema.REFERENTIAL_CONSTRAINTS
             WHERE {} AND (DELETE_RULE = 'CASCADE' OR UPDATE_RULE = 'CASCADE')",
            self.shape.get().is_this("CONSTRAINT_SCHEMA", "TABLE_NAME")
        );
        let found: Option<(String,)> = one(connection, &sql).await?;
        Ok(found.map(|(name,)| format!("its foreign key {name} cascades, for which triggers do not fire")))
    }

    /// Whether an index contains version and key. Every index contains the primary key.
    async fn is_covered(&self, connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
        let shape = self.shape.get();
        let Shape { key_name, version_name, key_is_primary, .. } = &*shape;
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.STATISTICS AS first
             WHERE {} AND SEQ_IN_INDEX = 1 AND COLUMN_NAME = {} AND ({key_is_primary} OR EXISTS (
                SELECT 1 FROM information_schema.STATISTICS AS other
                WHERE {} AND other.INDEX_NAME = first.INDEX_NAME AND other.COLUMN_NAME = {}))",
            self.shape.get().is_this("first.TABLE_SCHEMA", "first.TABLE_NAME"),
            text(version_name),
            self.shape.get().is_this("other.TABLE_SCHEMA", "other.TABLE_NAME"),
            text(key_name),
        );
        Ok(one::<(i64,)>(connection, &sql).await?.is_some_and(|(indexes,)| indexes > 0))
    }
}

/// A row trigger.
pub struct Trigger {
    pub name: String,
    pub event: &'static str,
    /// Body: one statement without a semicolon, which any client accepts.
    pub act: String,
}

impl Shape {
    /// The triggers; two on updates, because one statement cannot record both the old and the new row.
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
        // Minus the changes recorded so far: each statement reads both in one consistent state.
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
        statements.push(format!("INSERT INTO {blocks} VALUES ({COMPLETE_LEVEL}, {}, 0, 0, 0, 0)", levels()));
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

/// Block sizes of all levels as a list.
fn sizes() -> String {
    let sizes: Vec<_> = LEVELS.iter().rev().map(|level| (1u64 << level).to_string()).collect();
    sizes.join(", ")
}

/// A bit for each level: summaries with other levels count as incomplete.
fn levels() -> u64 {
    LEVELS.iter().fold(0, |levels, level| levels | 1 << level)
}

/// SQL for the blocks of a level, summed from narrower blocks or from rows.
fn level(level: u32, shift: u32, narrower: &str) -> String {
    format!(
        "SELECT {level}, block >> {shift}, CAST(SUM(`count`) AS SIGNED), BIT_XOR(`hash`), BIT_XOR(`keys`),\n\
         BIT_XOR(`versions`) FROM {narrower} GROUP BY 2"
    )
}
