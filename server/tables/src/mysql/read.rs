//! Reads marks and summaries in one InnoDB snapshot.

use async_trait::async_trait;
use engine::sync::{Mark, Order, Span, integer_key};
use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, FromRow as _, MySql};

use super::{
    MysqlTable, all, one,
    sql::{quoted, within},
};
use crate::{
    TableError,
    database::{Counter, Snapshot, TakeBlock, TakeRow},
    error::at,
    range_sums::Sum,
};

/// Begins a read-only transaction with a consistent snapshot.
pub const BEGIN: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

/// Most spans in one statement.
const MAX_PER_STATEMENT: usize = 500;

pub struct MysqlSnapshot {
    transaction: sqlx::Transaction<'static, MySql>,
    location: String,
    table: String,
    key: String,
    version: String,
    /// Unsigned columns, whose values may exceed `i64::MAX`.
    unsigned: Vec<String>,
    blocks: String,
    changes: String,
    summarised: bool,
    indexed: bool,
    read: Counter,
}

/// A stored block: number, row count, and the exclusive ors of hashes, keys and versions.
pub type Block = (u64, i64, u64, u64, u64);

pub fn sum((number, count, hash, keys, versions): Block) -> (u64, Sum) {
    (number, Sum { count, hash, keys, versions })
}

impl MysqlSnapshot {
    pub async fn of(table: &MysqlTable) -> Result<Self, TableError> {
        let mut transaction = table.pool.begin_with(BEGIN).await.map_err(at(&table.location))?;
        let shape = table.shape.get();
        let indexed = format!(
            "SELECT COUNT(*) FROM information_schema.STATISTICS
             WHERE {} AND SEQ_IN_INDEX = 1 AND COLUMN_NAME = {}",
            shape.is_this("TABLE_SCHEMA", "TABLE_NAME"),
            super::shape::text(&shape.version_name)
        );
        let found: Option<(i64,)> = one(&mut transaction, &indexed).await.map_err(at(&table.location))?;
        let summarised = table.is_summarised(&mut transaction).await?;
        Ok(Self {
            transaction,
            location: table.location.clone(),
            table: shape.table.clone(),
            key: shape.key.clone(),
            version: shape.version.clone(),
            unsigned: shape.unsigned.clone(),
            blocks: shape.part("blocks"),
            changes: shape.part("changes"),
            summarised,
            indexed: found.is_some_and(|(indexes,)| indexes > 0),
            read: table.read.clone(),
        })
    }

    async fn sums(&mut self, sql: String, take: &mut TakeBlock<'_>) -> Result<(), TableError> {
        let mut found = sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&mut *self.transaction);
        while let Some(row) = found.try_next().await.map_err(at(&self.location))? {
            self.read.add(1);
            let (number, sum) = sum(Block::from_row(&row).map_err(at(&self.location))?);
            take(number, sum);
        }
        Ok(())
    }
}

#[async_trait]
impl Snapshot for MysqlSnapshot {
    fn summarised(&self) -> bool {
        self.summarised
    }

    fn indexed(&self) -> bool {
        self.indexed
    }

    async fn count(&mut self, span: Span) -> Result<u64, TableError> {
        let sql = format!("SELECT COUNT(*) FROM {} WHERE {}", self.table, within(&self.version, &[span]));
        let count: Option<(i64,)> = one(&mut self.transaction, &sql).await.map_err(at(&self.location))?;
        let count = count.map_or(0, |(count,)| count.unsigned_abs());
        self.read.add(count);
        Ok(count)
    }

    async fn count_few(&mut self, spans: &[Span], most: u64) -> Result<Vec<u64>, TableError> {
        let Self { table, version, .. } = &*self;
        let few = |(number, span): (usize, &Span)| {
            let within = within(version, &[*span]);
            format!(
                "SELECT {number}, (SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE {within} LIMIT {most}) AS few)"
            )
        };
        let statements: Vec<String> = spans.iter().enumerate().map(few).collect();
        let mut counts = vec![0; spans.len()];
        for group in statements.chunks(MAX_PER_STATEMENT) {
            let sql = group.join(" UNION ALL ");
            let found: Vec<(i64, i64)> = all(&mut self.transaction, &sql).await.map_err(at(&self.location))?;
            for (number, count) in found {
                self.read.add(count.unsigned_abs());
                counts[usize::try_from(number).unwrap_or_default()] = count.unsigned_abs();
            }
        }
        Ok(counts)
    }

    async fn extremes(&mut self) -> Result<Option<(i64, i64)>, TableError> {
        let Self { table, version, unsigned, transaction, location, read, .. } = self;
        for column in unsigned.iter() {
            let highest = format!("SELECT MAX({}) FROM {table}", quoted(column));
            let highest: Option<(Option<u64>,)> = one(transaction, &highest).await.map_err(at(location))?;
            if let Some(value) = highest.and_then(|(highest,)| highest).filter(|value| i64::try_from(*value).is_err()) {
                return Err(TableError::TooLarge { location: location.clone(), column: column.clone(), value });
            }
        }
        let sql = format!("SELECT CAST(MIN({version}) AS SIGNED), CAST(MAX({version}) AS SIGNED) FROM {table}");
        let found: Option<(Option<i64>, Option<i64>)> = one(transaction, &sql).await.map_err(at(location))?;
        read.add(2);
        Ok(found.and_then(|(lowest, highest)| lowest.zip(highest)))
    }

    async fn nth(&mut self, span: Span, order: Order, before: u64) -> Result<Option<u64>, TableError> {
        let Self { table, version, .. } = &*self;
        let order = if order == Order::Ascending { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT CAST({version} AS SIGNED) FROM {table} WHERE {} ORDER BY {version} {order} LIMIT 1 OFFSET {before}",
            within(version, &[span])
        );
        self.read.add(before + 1);
        let found: Option<(i64,)> = one(&mut self.transaction, &sql).await.map_err(at(&self.location))?;
        Ok(found.map(|(version,)| version.unsigned_abs()))
    }

    async fn rows(&mut self, spans: &[Span], take: &mut TakeRow<'_>) -> Result<(), TableError> {
        let Self { transaction, location, table, key, version, read, indexed, .. } = self;
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(()) };
        // Without an index the whole range is read once instead of once per group of spans.
        let around = [Span { from: first.from, until: last.until }];
        let groups = if *indexed { spans.chunks(MAX_PER_STATEMENT) } else { around.chunks(1) };
        for group in groups {
            let within = within(version, group);
            let sql = format!("SELECT CAST({key} AS SIGNED), CAST({version} AS SIGNED) FROM {table} WHERE {within}");
            let mut found = sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&mut **transaction);
            while let Some(row) = found.try_next().await.map_err(at(location))? {
                let (key, version) = <(i64, i64)>::from_row(&row).map_err(at(location))?;
                read.add(1);
                let mark = Mark { version: version.cast_unsigned(), key: integer_key(key) };
                let span = spans.partition_point(|span| span.until <= mark.version);
                if spans.get(span).is_some_and(|span| span.contains(mark.version)) {
                    take(mark);
                }
            }
        }
        Ok(())
    }

    async fn blocks(&mut self, level: u32, spans: &[Span], take: &mut TakeBlock<'_>) -> Result<(), TableError> {
        for group in spans.chunks(MAX_PER_STATEMENT) {
            let sql = format!(
                "SELECT block, `count`, `hash`, `keys`, `versions` FROM {} WHERE level = {level} AND {}",
                self.blocks,
                within("block", group)
            );
            self.sums(sql, take).await?;
        }
        Ok(())
    }

    async fn changes(&mut self, take: &mut TakeBlock<'_>) -> Result<(), TableError> {
        let sql = format!("SELECT block, `count`, `hash`, `keys`, `versions` FROM {}", self.changes);
        self.sums(sql, take).await
    }
}
