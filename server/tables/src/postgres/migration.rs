//! The migration of a table in PostgreSQL: an index on the version, and summaries maintained by triggers.
//!
//! Writers only *insert* into `…_logyard_changes`: a row for each block of 64 versions that a statement touched, with
//! the sum of its changes. Writers therefore never wait for each other, and the triggers cause no new deadlocks. A
//! reader takes blocks and changes from one snapshot. [`PostgresTable::fold`] folds changes into the blocks, on one
//! connection at a time and in one transaction. Changes accumulate while no sync runs.
//!
//! Always: in every snapshot, blocks plus changes equal the sums of the rows. Blocks count as complete only after the
//! transaction that filled them from the rows, without the changes that its snapshot contained.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, postgres::PgRow};

use super::{PostgresTable, Shape};
use crate::{
    Migration, TableError,
    error::at,
    naming::{literal, quoted},
    read_plan::{self, LEVELS, NARROW},
    rows::from_row,
};

/// Most changes folded in one transaction.
const FOLD_BATCH: i64 = 50_000;
/// Most transactions per call.
const MAX_FOLDS: usize = 20;
/// First key of the advisory lock for folding; the second is the table's number.
const FOLD_LOCK: i32 = 0x6c6f_6779;

const EVENTS: [(&str, &str); 4] = [
    ("INSERT", " REFERENCING NEW TABLE AS added"),
    ("UPDATE", " REFERENCING OLD TABLE AS gone NEW TABLE AS added"),
    ("DELETE", " REFERENCING OLD TABLE AS gone"),
    ("TRUNCATE", ""),
];

/// Objects of the migration that already exist.
struct State {
    version: i32,
    /// Whether a valid index contains version and key.
    covered: bool,
    /// Whether the index of an interrupted migration is invalid.
    broken: bool,
    subscribed: bool,
}

from_row!(PgRow => State { version, covered, broken, subscribed });

impl PostgresTable {
    /// Whether the summaries are complete, every trigger is enabled, and this user may read them.
    pub async fn is_summarised(&self, connection: &mut PgConnection) -> Result<bool, TableError> {
        let (all,): (bool,) = sqlx::query_as(
            "SELECT obj_description(to_regclass($2), 'pg_class') IS NOT DISTINCT FROM $3
                AND COALESCE(has_table_privilege(to_regclass($2), 'SELECT'), FALSE)
                AND COALESCE(has_table_privilege(to_regclass($6), 'SELECT'), FALSE)
                AND (SELECT count(*) FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
                     WHERE t.tgrelid = $1 AND t.tgname LIKE 'logyard\\_%' AND t.tgenabled = 'A' AND p.prosrc = $4) = $5",
        )
        .bind(self.shape.get().oid)
        .bind(self.shape.get().part("blocks"))
        .bind(complete())
        .bind(self.body())
        .bind(i64::try_from(EVENTS.len()).unwrap_or_default())
        .bind(self.shape.get().part("changes"))
        .fetch_one(connection)
        .await
        .map_err(at(&self.location))?;
        Ok(all)
    }

    pub async fn plan(&self) -> Result<Migration, TableError> {
        let mut connection = self.pool.acquire().await.map_err(at(&self.location))?;
        let summarised = self.is_summarised(&mut connection).await?;
        let state = self.state(&mut connection).await.map_err(at(&self.location))?;
        let reason = if state.version < 140_000 {
            Some("it needs PostgreSQL 14 or later")
        } else if self.shape.get().parent {
            Some("its rows lie in partitions or in tables that inherit from it")
        } else if state.subscribed {
            Some("it is filled by a subscription, for which triggers of statements do not fire")
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(TableError::NoSummaries { location: self.location.clone(), reason: reason.to_owned() });
        }
        let mut up = Vec::new();
        if !state.covered {
            up.extend(self.index(state.broken));
        }
        if !summarised {
            up.extend(self.summaries());
        }
        Ok(Migration { up, down: self.down() })
    }

    pub async fn apply(&self) -> Result<(), TableError> {
        let migration = self.plan().await?;
        let failed = at(&self.location);
        let pooled = self.pool.acquire().await.map_err(&failed)?;
        // Detached from the pool, because its settings must not reach other users.
        let mut connection = pooled.detach();
        let unlimited = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
        sqlx::raw_sql(unlimited).execute(&mut connection).await.map_err(&failed)?;
        for statement in migration.up {
            // A failure inside a transaction rolls it back when the connection closes.
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.map_err(&failed)?;
        }
        connection.close().await.map_err(&failed)
    }

    /// Folds pending changes into the blocks. The next call continues if too many are pending.
    pub async fn fold(&self) -> Result<(), TableError> {
        for _ in 0..MAX_FOLDS {
            match self.fold_some().await {
                Ok(folded) if folded >= FOLD_BATCH => {}
                Ok(_) => break,
                // Reading continues without the fold.
                Err(error) => {
                    tracing::warn!(%error, "folding changes into the summaries failed; reads stay correct and the next evaluation retries");
                    break;
                }
            }
        }
        Ok(())
    }

    async fn fold_some(&self) -> Result<i64, TableError> {
        let failed = at(&self.location);
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        if !self.is_summarised(&mut transaction).await? {
            return Ok(0);
        }
        let (alone,): (bool,) = sqlx::query_as("SELECT pg_try_advisory_xact_lock($1, $2::oid::int)")
            .bind(FOLD_LOCK)
            .bind(self.shape.get().oid)
            .fetch_one(&mut *transaction)
            .await
            .map_err(&failed)?;
        if !alone {
            return Ok(0);
        }
        let (blocks, changes) = (self.shape.get().part("blocks"), self.shape.get().part("changes"));
        let sql = format!(
            "WITH taken AS (
                 DELETE FROM {changes} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {changes} LIMIT {FOLD_BATCH}))
                 RETURNING block, count, hash, keys, versions
             ), sums AS (
                 {sums}
             ), changed AS (
                 INSERT INTO {blocks} AS held (level, block, count, hash, keys, versions) SELECT * FROM sums
                 ON CONFLICT (level, block) DO UPDATE
                 SET count = held.count + excluded.count, hash = held.hash # excluded.hash,
                     keys = held.keys # excluded.keys, versions = held.versions # excluded.versions
                 RETURNING level, block, count, hash, keys, versions
             )
             SELECT (SELECT count(*) FROM taken),
                    ARRAY(SELECT level FROM changed WHERE (count, hash, keys, versions) = (0, 0, 0, 0) ORDER BY level, block),
                    ARRAY(SELECT block FROM changed WHERE (count, hash, keys, versions) = (0, 0, 0, 0) ORDER BY level, block)",
            sums = levels("taken")
        );
        let (folded, levels, numbers): (i64, Vec<i32>, Vec<i64>) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut *transaction).await.map_err(&failed)?;
        if !numbers.is_empty() {
            // Blocks that became empty.
            let sql = format!(
                "DELETE FROM {blocks} AS held USING unnest($1::int[], $2::bigint[]) AS empty (level, block)
                 WHERE held.level = empty.level AND held.block = empty.block"
            );
            let query = sqlx::query(AssertSqlSafe(sql)).bind(levels).bind(numbers);
            query.execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        self.read.add(folded.unsigned_abs());
        Ok(folded)
    }

    async fn state(&self, connection: &mut PgConnection) -> Result<State, sqlx::Error> {
        sqlx::query_as(
            "SELECT current_setting('server_version_num')::int AS version,
                    EXISTS (SELECT FROM pg_index WHERE indrelid = $1 AND indisvalid AND indpred IS NULL AND indkey[0] = $2
                            AND $3 = ANY (indkey::smallint[])) AS covered,
                    EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass($4) AND NOT indisvalid) AS broken,
                    EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid = $1) AS subscribed",
        )
        .bind(self.shape.get().oid)
        .bind(self.shape.get().version_number)
        .bind(self.shape.get().key_number)
        .bind(self.shape.get().part("versions"))
        .fetch_one(connection)
        .await
    }

    fn index(&self, broken: bool) -> Vec<String> {
        let shape = self.shape.get();
        let Shape { table, key, version, .. } = &*shape;
        let name = self.shape.get().part("versions");
        let mut statements = Vec::new();
        if broken {
            statements.push(format!("-- Begun before, and not finished.\nDROP INDEX CONCURRENTLY {name}"));
        }
        statements.push(format!(
            "-- So that a range of versions is read without the rows. Writers are not held up; it takes a scan or two of\n\
             -- the table, and waits for transactions that are open when it begins.\n\
             CREATE INDEX CONCURRENTLY {} ON {table} ({version}) INCLUDE ({key})",
            quoted(&self.shape.get().bare_part("versions"))
        ));
        statements
    }

    fn summaries(&self) -> Vec<String> {
        let shape = self.shape.get();
        let (table, key, version) = (&shape.table, &shape.key, &shape.version);
        let (blocks, changes, note) = (shape.part("blocks"), shape.part("changes"), shape.part("note"));
        let mut statements = vec![
            "-- Summaries of blocks of 64 versions, of 512, and so on to 16,777,216, and what triggers note of every statement\n\
             -- that writes: some tens of microseconds a statement and about one a row. While nobody syncs, these notes\n\
             -- pile up.\n\
             -- Creating the triggers waits for the transactions that are writing to the table, and those that come wait\n\
             -- for it: a moment, or it gives up after five seconds, and may be tried again. Take them away before the\n\
             -- table, its key or its version is renamed: they know them by name.\n\
             BEGIN"
                .to_owned(),
            "SET LOCAL lock_timeout = '5s'".to_owned(),
        ];
        statements.extend(self.without_summaries());
        let sums = "count bigint NOT NULL, hash bigint NOT NULL, keys bigint NOT NULL, versions bigint NOT NULL";
        statements.extend([
            format!(
                "CREATE TABLE {blocks} (level int NOT NULL, block bigint NOT NULL, {sums}, PRIMARY KEY (level, block))\n\
                 WITH (fillfactor = 70)"
            ),
            format!(
                "CREATE TABLE {changes} (block bigint NOT NULL, {sums})\n\
                 WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)"
            ),
            format!(
                "-- With its owner's rights, so that who writes to the table needs none on these.\n\
                 CREATE FUNCTION {note}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n\
                 SET search_path = pg_catalog, pg_temp AS $logyard${}$logyard$",
                self.body()
            ),
        ]);
        for (event, transition) in EVENTS {
            let trigger = trigger(event);
            statements.push(format!(
                "CREATE TRIGGER {trigger} AFTER {event} ON {table}{transition}\nFOR EACH STATEMENT EXECUTE FUNCTION {note}()"
            ));
            statements.push(format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"));
        }
        let first = narrow(&signed(key, version, 1, table));
        statements.extend([
            "COMMIT".to_owned(),
            "-- The rows that were there before, in one reading of the table; writers are not held up. What the triggers\n\
             -- noted of those that this transaction sees is in them.\n\
             BEGIN ISOLATION LEVEL REPEATABLE READ"
                .to_owned(),
            format!(
                "INSERT INTO {blocks} (level, block, count, hash, keys, versions)\n{}",
                levels(&format!("({first}) AS narrow"))
            ),
            format!("DELETE FROM {changes}"),
            format!("COMMENT ON TABLE {blocks} IS {}", literal(&complete())),
            "COMMIT".to_owned(),
            format!("ANALYZE {blocks}"),
        ]);
        statements
    }

    fn without_summaries(&self) -> Vec<String> {
        let shape = self.shape.get();
        let triggers =
            EVENTS.iter().map(|(event, _)| format!("DROP TRIGGER IF EXISTS {} ON {}", trigger(event), shape.table));
        let parts = [
            format!("DROP FUNCTION IF EXISTS {}()", shape.part("note")),
            format!("DROP TABLE IF EXISTS {}, {}", shape.part("blocks"), shape.part("changes")),
        ];
        triggers.chain(parts).collect()
    }

    fn down(&self) -> Vec<String> {
        let mut statements = vec!["BEGIN".to_owned(), "SET LOCAL lock_timeout = '5s'".to_owned()];
        statements.extend(self.without_summaries());
        statements.push("COMMIT".to_owned());
        statements.push(format!("DROP INDEX CONCURRENTLY IF EXISTS {}", self.shape.get().part("versions")));
        statements
    }

    /// Body of the trigger function.
    fn body(&self) -> String {
        let shape = self.shape.get();
        let Shape { key, version, .. } = &*shape;
        let (blocks, changes) = (self.shape.get().part("blocks"), self.shape.get().part("changes"));
        let into = format!("INSERT INTO {changes} (block, count, hash, keys, versions)");
        let added = signed(key, version, 1, "added");
        let gone = signed(key, version, -1, "gone");
        format!(
            "
BEGIN
    IF TG_OP = 'INSERT' THEN
        {into} {};
    ELSIF TG_OP = 'DELETE' THEN
        {into} {};
    ELSIF TG_OP = 'UPDATE' THEN
        {into} {}
        HAVING (sum(sign), bit_xor(key), bit_xor(version)) <> (0, 0, 0) OR bit_xor({HASH}) <> 0;
    ELSE
        TRUNCATE {blocks}, {changes};
    END IF;
    RETURN NULL;
END
",
            narrow(&added),
            narrow(&gone),
            narrow(&format!("{added} UNION ALL {gone}"))
        )
    }
}

/// Comment on the table of blocks once they are complete.
fn complete() -> String {
    format!("Logyard: complete, levels {}", read_plan::listed())
}

fn trigger(event: &str) -> String {
    quoted(&format!("logyard_{}", event.to_ascii_lowercase()))
}

/// SQL for `engine::sync::Mark::hash`.
const HASH: &str =
    "('x' || encode(substring(sha256(int8send(key) || int8send(version)) FROM 1 FOR 8), 'hex'))::bit(64)::bigint";

/// SQL for rows with a sign: 1 for added rows, -1 for removed rows.
fn signed(key: &str, version: &str, sign: i8, rows: &str) -> String {
    format!("SELECT {sign} AS sign, {key}::bigint AS key, {version}::bigint AS version FROM {rows}")
}

/// SQL for the blocks of the narrowest level, summed from signed rows.
fn narrow(rows: &str) -> String {
    format!(
        "SELECT version >> {NARROW} AS block, sum(sign) AS count, bit_xor({HASH}) AS hash,
               bit_xor(key) AS keys, bit_xor(version) AS versions
        FROM ({rows}) AS rows GROUP BY 1"
    )
}

/// SQL for the blocks of all levels, each summed from the level below.
fn levels(narrow: &str) -> String {
    let (mut below, mut below_level) = (narrow.to_owned(), NARROW);
    let (mut steps, mut all) = (Vec::new(), Vec::new());
    for level in LEVELS.into_iter().rev() {
        let name = format!("level_{level}");
        steps.push(format!(
            "{name} AS (SELECT {level} AS level, block >> {} AS block, sum(count)::bigint AS count, bit_xor(hash) AS hash,
                    bit_xor(keys) AS keys, bit_xor(versions) AS versions FROM {below} GROUP BY 2)",
            level - below_level
        ));
        all.push(format!("SELECT * FROM {name}"));
        (below, below_level) = (name, level);
    }
    format!("WITH {}\n{}", steps.join(",\n"), all.join(" UNION ALL "))
}
