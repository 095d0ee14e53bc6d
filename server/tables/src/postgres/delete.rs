//! Deletes rows: one statement per batch; a batch that is refused is bisected down to the row at fault.
//!
//! Always: a row that a trigger or a rule keeps counts as refused.

use engine::sync::{Mark, Refusal, integer_key};
use sqlx::{AssertSqlSafe, PgConnection};

use super::{PostgresTable, Shape, write::words};
use crate::{
    TableError,
    error::{Failure, at},
};

impl PostgresTable {
    pub async fn remove(&self, marks: &[Mark]) -> Result<Vec<(Mark, Refusal)>, TableError> {
        let failed = at(&self.location);
        let mut marks = marks.to_vec();
        marks.sort_unstable_by_key(|mark| mark.key);
        let mut refused = Vec::new();
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::raw_sql("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut *transaction).await.map_err(&failed)?;
        let mut pending = vec![marks.as_slice()];
        while let Some(marks) = pending.pop() {
            sqlx::raw_sql("SAVEPOINT batch").execute(&mut *transaction).await.map_err(&failed)?;
            let end = match self.remove_all(&mut transaction, marks).await {
                Ok(kept) => {
                    refused.extend(kept);
                    "RELEASE SAVEPOINT batch"
                }
                Err(error) if Failure::of(&error) == Failure::Row => {
                    if let [mark] = marks {
                        refused.push((*mark, words(&error)));
                    } else {
                        let (first, second) = marks.split_at(marks.len() / 2);
                        pending.extend([second, first]);
                    }
                    "ROLLBACK TO SAVEPOINT batch; RELEASE SAVEPOINT batch"
                }
                Err(error) => return Err(failed(error)),
            };
            sqlx::raw_sql(end).execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(refused)
    }

    /// Deletes rows; returns those that are still there.
    async fn remove_all(
        &self,
        connection: &mut PgConnection,
        marks: &[Mark],
    ) -> Result<Vec<(Mark, Refusal)>, sqlx::Error> {
        let shape = self.shape.get();
        let Shape { table, key, version, .. } = &*shape;
        let keys: Vec<_> = marks.iter().map(|mark| mark.key.cast_signed()).collect();
        let versions: Vec<_> = marks.iter().map(|mark| mark.version.cast_signed()).collect();
        let doomed = "unnest($1::bigint[], $2::bigint[]) AS doomed (key, version)";
        let these = format!("held.{key} = doomed.key AND held.{version} = doomed.version");
        let sql = format!("DELETE FROM {table} AS held USING {doomed} WHERE {these}");
        sqlx::query(AssertSqlSafe(sql)).bind(&keys).bind(&versions).execute(&mut *connection).await?;
        let sql = format!("SELECT doomed.key, doomed.version FROM {table} AS held JOIN {doomed} ON {these}");
        let kept: Vec<(i64, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(keys).bind(versions).fetch_all(connection).await?;
        let refusal = |(key, version): (i64, i64)| {
            let mark = Mark { version: version.cast_unsigned(), key: integer_key(key) };
            (mark, "the copy kept the row: a trigger or a rule of the table prevents its deletion".to_owned())
        };
        Ok(kept.into_iter().map(refusal).collect())
    }
}
