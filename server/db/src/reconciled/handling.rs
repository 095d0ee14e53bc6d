//! Runs of an object, as needed for reconciliation.

use std::collections::HashMap;

use model::{Key, Outcome, PipelineName, RunId, RunSource, Summary, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement},
    jobs::row::integer,
    runs::key_of,
};

/// Keys per query.
const ASKED: usize = 500;

/// A run of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handling {
    pub run: RunId,
    pub source: RunSource,
    /// ETag of the object that the run read, if known.
    pub etag: Option<String>,
    pub outcome: Outcome,
    pub started_at: Time,
    /// Number of records encountered.
    pub lines: u64,
    /// Number of events delivered.
    pub delivered: u64,
    /// Whether the whole object was delivered.
    pub whole: bool,
    /// Whether another run would bring no more: all that is missing are dead letters, and some of the object arrived; or
    /// a person accepted what is missing.
    pub settled: bool,
}

/// Attributes of an object from a listing, for a run that did not record them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    pub run: RunId,
    pub etag: Option<String>,
    pub size: u64,
}

impl Db {
    /// Runs of these objects by key, the oldest first, without dry runs.
    pub async fn handling(
        &self,
        pipeline: &PipelineName,
        bucket: &str,
        keys: &[Key],
    ) -> Result<HashMap<Key, Vec<Handling>>, DbError> {
        let mut handled: HashMap<Key, Vec<Handling>> = HashMap::new();
        for asked in keys.chunks(ASKED) {
            let statement = Statement::new(
                "SELECT id, object_key, source, etag, outcome, started_at, lines, delivered, whole, again, accepted_at, window_from, bucket, \
                 CASE WHEN source = 'logyard' AND whole = 0 THEN summary END AS summary FROM runs WHERE pipeline = ",
            )
            .value(pipeline.as_str())
            .push(" AND object_key IN ")
            .list(asked.iter().map(|key| key.as_str().as_bytes()))
            .push(" ORDER BY started_at, id");
            for row in self.database().read(statement).await? {
                // An invocation may not have logged its bucket.
                let elsewhere = row.get::<Option<String>>("bucket")?.is_some_and(|other| other != bucket);
                let run = decode(&row)?;
                if let Some(run) = run.filter(|_| !elsewhere) {
                    handled.entry(key_of(row.get("object_key")?)?).or_default().push(run);
                }
            }
        }
        Ok(handled)
    }

    /// Adds attributes that runs did not record.
    pub async fn learn_objects(&self, learned: &[Learned]) -> Result<(), DbError> {
        let mut transaction = self.database().begin().await?;
        for Learned { run, etag, size } in learned {
            let statement = Statement::new("UPDATE runs SET etag = $1, size = $2 WHERE id = $3 AND etag IS NULL")
                .bind(etag.clone())
                .bind(integer(*size))
                .bind(*run);
            transaction.run(statement).await?;
        }
        transaction.commit().await
    }
}

/// A run from its row; `None` for a dry run.
fn decode(row: &Row) -> Result<Option<Handling>, DbError> {
    let source: RunSource = row.word("source")?;
    let outcome: Outcome = row.word("outcome")?;
    let dry = row.optional_json::<Summary>("summary")?.is_some_and(|summary| summary.sink.is_none());
    let all = row.get::<Option<i64>>("window_from")?.is_none();
    let (whole, settled) = match source {
        // What a function could not parse or send is kept nowhere.
        RunSource::Lambda => (outcome.whole(), outcome.whole()),
        RunSource::Logyard => {
            let whole = all && row.get::<i64>("whole")? == 1;
            let some = row.get::<i64>("delivered")? > 0;
            let accepted = row.get::<Option<i64>>("accepted_at")?.is_some();
            (whole, whole || (all && (accepted || (some && row.get::<i64>("again")? == 0))))
        }
    };
    let handling = Handling {
        run: row.word("id")?,
        source,
        etag: row.get("etag")?,
        outcome,
        started_at: Time(row.get("started_at")?),
        lines: row.get::<i64>("lines")?.unsigned_abs(),
        delivered: row.get::<i64>("delivered")?.unsigned_abs(),
        whole,
        settled,
    };
    Ok((!dry).then_some(handling))
}
