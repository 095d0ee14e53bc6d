//! Reads marks and summaries in one `REPEATABLE READ` snapshot.

use async_trait::async_trait;
use engine::sync::{Mark, Order, Span, integer_key};
use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Postgres};

use super::PostgresTable;
use crate::{
    TableError,
    database::{Counter, Snapshot, TakeBlock, TakeRow},
    error::at,
    range_sums::Sum,
    span::bounds,
};

/// A read-only transaction with a consistent snapshot.
pub struct PostgresSnapshot {
    transaction: sqlx::Transaction<'static, Postgres>,
    location: String,
    table: String,
    key: String,
    version: String,
    blocks: String,
    changes: String,
    summarised: bool,
    indexed: bool,
    read: Counter,
}

/// A stored block: number, row count, and the exclusive ors of hashes, keys and versions.
type Block = (i64, i64, i64, i64, i64);

impl PostgresSnapshot {
    pub async fn of(table: &PostgresTable) -> Result<Self, TableError> {
        let shape = table.shape.get();
        // The lock comes before the snapshot: a TRUNCATE has either completed, summaries included, or waits.
        let begin =
            format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE {} IN ACCESS SHARE MODE", shape.table);
        let mut transaction = table.pool.begin_with(AssertSqlSafe(begin)).await.map_err(at(&table.location))?;
        let (indexed, same): (bool, bool) = sqlx::query_as(
            "SELECT EXISTS (SELECT FROM pg_index
                            WHERE indrelid = $1 AND indisvalid AND indpred IS NULL AND indkey[0] = $2),
                    to_regclass($3)::oid IS NOT DISTINCT FROM $1",
        )
        .bind(shape.oid)
        .bind(shape.version_number)
        .bind(&shape.table)
        .fetch_one(&mut *transaction)
        .await
        .map_err(at(&table.location))?;
        if !same {
            return Err(TableError::Replaced { location: table.location.clone() });
        }
        let summarised = table.is_summarised(&mut transaction).await?;
        Ok(Self {
            transaction,
            location: table.location.clone(),
            table: shape.table.clone(),
            key: shape.key.clone(),
            version: shape.version.clone(),
            blocks: shape.part("blocks"),
            changes: shape.part("changes"),
            summarised,
            indexed,
            read: table.read.clone(),
        })
    }

    /// Marks of the rows with these keys.
    pub async fn marks(&mut self, keys: &[i64]) -> Result<Vec<Mark>, TableError> {
        let Self { table, key, version, .. } = &*self;
        let sql = format!("SELECT {key}::bigint, {version}::bigint FROM {table} WHERE {key} = ANY($1)");
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(keys);
        let found: Vec<(i64, i64)> = query.fetch_all(&mut *self.transaction).await.map_err(at(&self.location))?;
        self.read.add(found.len() as u64);
        let mark = |(key, version): (i64, i64)| Mark { version: version.cast_unsigned(), key: integer_key(key) };
        Ok(found.into_iter().map(mark).collect())
    }

    /// Runs a query that returns counts, and adds them to the rows read.
    async fn counts(&mut self, sql: String, spans: &[Span], most: i64) -> Result<Vec<u64>, TableError> {
        let (first, last) = columns(spans);
        let query = sqlx::query_as::<_, (i64,)>(AssertSqlSafe(sql)).bind(first).bind(last).bind(most);
        let counts = query.fetch_all(&mut *self.transaction).await.map_err(at(&self.location))?;
        let counts: Vec<_> = counts.into_iter().map(|(count,)| count.unsigned_abs()).collect();
        self.read.add(counts.iter().sum());
        Ok(counts)
    }
}

/// The bounds of spans as two parameter lists.
fn columns(spans: &[Span]) -> (Vec<i64>, Vec<i64>) {
    spans.iter().map(|span| bounds(*span)).unzip()
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    fn summarised(&self) -> bool {
        self.summarised
    }

    fn indexed(&self) -> bool {
        self.indexed
    }

    async fn count(&mut self, span: Span) -> Result<u64, TableError> {
        let Self { table, version, .. } = &*self;
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE {version} BETWEEN ($1::bigint[])[1] AND ($2::bigint[])[1] AND $3 = 0"
        );
        Ok(self.counts(sql, &[span], 0).await?.iter().sum())
    }

    async fn count_few(&mut self, spans: &[Span], most: u64) -> Result<Vec<u64>, TableError> {
        let Self { table, version, .. } = &*self;
        let sql = format!(
            "SELECT (SELECT count(*) FROM (SELECT FROM {table} AS held
                                           WHERE held.{version} BETWEEN span.first AND span.last LIMIT $3) AS few)
             FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS span (first, last, number)
             ORDER BY span.number"
        );
        self.counts(sql, spans, i64::try_from(most).unwrap_or(i64::MAX)).await
    }

    async fn extremes(&mut self) -> Result<Option<(i64, i64)>, TableError> {
        let Self { table, version, .. } = &*self;
        let sql = format!("SELECT min({version})::bigint, max({version})::bigint FROM {table}");
        let (lowest, highest): (Option<i64>, Option<i64>) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut *self.transaction).await.map_err(at(&self.location))?;
        self.read.add(2);
        Ok(lowest.zip(highest))
    }

    async fn nth(&mut self, span: Span, order: Order, before: u64) -> Result<Option<u64>, TableError> {
        let Self { table, version, .. } = &*self;
        let order = if order == Order::Ascending { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT {version}::bigint FROM {table} WHERE {version} BETWEEN $1 AND $2
             ORDER BY {version} {order} LIMIT 1 OFFSET $3"
        );
        let (first, last) = bounds(span);
        let query = sqlx::query_as::<_, (i64,)>(AssertSqlSafe(sql)).bind(first).bind(last);
        let query = query.bind(i64::try_from(before).unwrap_or(i64::MAX));
        self.read.add(before + 1);
        let found = query.fetch_optional(&mut *self.transaction).await.map_err(at(&self.location))?;
        Ok(found.map(|(version,)| version.unsigned_abs()))
    }

    async fn rows(&mut self, spans: &[Span], take: &mut TakeRow<'_>) -> Result<(), TableError> {
        let Self { transaction, location, table, key, version, read, .. } = self;
        let (first, last) = columns(spans);
        // The planner decides about a single range; several ranges are looked up one by one if there is an index.
        let (sql, first, last) = if spans.len() > 1 && self.indexed {
            let sql = format!(
                "SELECT found.key, found.version FROM unnest($1::bigint[], $2::bigint[]) AS span (first, last),
                 LATERAL (SELECT held.{key}::bigint AS key, held.{version}::bigint AS version FROM {table} AS held
                          WHERE held.{version} BETWEEN span.first AND span.last) AS found"
            );
            (sql, first, last)
        } else {
            let sql = format!(
                "SELECT {key}::bigint, {version}::bigint FROM {table}
                 WHERE {version} BETWEEN ($1::bigint[])[1] AND ($2::bigint[])[1]"
            );
            (sql, first, last.last().copied().into_iter().collect())
        };
        let query = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql)).bind(first).bind(last);
        let mut found = query.fetch(&mut **transaction);
        while let Some((key, version)) = found.try_next().await.map_err(at(location))? {
            read.add(1);
            let mark = Mark { version: version.cast_unsigned(), key: integer_key(key) };
            let span = spans.partition_point(|span| span.until <= mark.version);
            if spans.get(span).is_some_and(|span| span.contains(mark.version)) {
                take(mark);
            }
        }
        Ok(())
    }

    async fn blocks(&mut self, level: u32, spans: &[Span], take: &mut TakeBlock<'_>) -> Result<(), TableError> {
        let sql = format!(
            "SELECT block, count, hash, keys, versions FROM unnest($1::bigint[], $2::bigint[]) AS span (first, last)
             JOIN {} ON level = $3 AND block BETWEEN first AND last",
            self.blocks
        );
        let (first, last) = columns(spans);
        let query = sqlx::query_as::<_, Block>(AssertSqlSafe(sql)).bind(first).bind(last).bind(level.cast_signed());
        let mut found = query.fetch(&mut *self.transaction);
        while let Some(block) = found.try_next().await.map_err(at(&self.location))? {
            self.read.add(1);
            let (number, sum) = sum(block);
            take(number, sum);
        }
        Ok(())
    }

    async fn changes(&mut self, take: &mut TakeBlock<'_>) -> Result<(), TableError> {
        let sql = format!("SELECT block, count, hash, keys, versions FROM {}", self.changes);
        let mut found = sqlx::query_as::<_, Block>(AssertSqlSafe(sql)).fetch(&mut *self.transaction);
        while let Some(block) = found.try_next().await.map_err(at(&self.location))? {
            self.read.add(1);
            let (number, sum) = sum(block);
            take(number, sum);
        }
        Ok(())
    }
}

fn sum((number, count, hash, keys, versions): Block) -> (u64, Sum) {
    let [hash, keys, versions] = [hash, keys, versions].map(i64::cast_unsigned);
    (number.cast_unsigned(), Sum { count, hash, keys, versions })
}
