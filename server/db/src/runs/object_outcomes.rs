//! Recent outcomes of objects, in which patterns of losses are searched.

use std::collections::{HashMap, hash_map::Entry};

use model::{Outcome, PipelineName, Time, Window};

use super::row::key_of;
use crate::{Db, DbError, database::Statement};

/// An object with its last run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectOutcome {
    pub key: model::Key,
    pub started_at: Time,
    pub duration_ms: u64,
    pub size: Option<u64>,
    /// Whether any run of the window delivered it completely.
    pub whole: bool,
}

impl Db {
    /// Objects of the newest runs of a window, from at most `most` runs with a known object.
    pub async fn object_outcomes(
        &self,
        pipeline: &PipelineName,
        window: Window,
        most: u32,
    ) -> Result<Vec<ObjectOutcome>, DbError> {
        let statement = Statement::new(
            "SELECT object_key, started_at, duration_ms, size, outcome FROM runs WHERE pipeline = $1 \
             AND started_at >= $2 AND started_at < $3 ORDER BY started_at DESC, id DESC LIMIT $4",
        )
        .bind(pipeline.as_str())
        .bind(window.from())
        .bind(window.to())
        .bind(i64::from(most));
        let mut outcomes: HashMap<Vec<u8>, ObjectOutcome> = HashMap::new();
        for row in self.database().read(statement).await? {
            let Some(key) = row.get::<Option<Vec<u8>>>("object_key")? else { continue };
            let whole = row.word::<Outcome>("outcome")?.whole();
            match outcomes.entry(key) {
                Entry::Occupied(later) => later.into_mut().whole |= whole,
                Entry::Vacant(first) => {
                    let key = key_of(first.key().clone())?;
                    let size = row.get::<Option<i64>>("size")?.map(i64::unsigned_abs);
                    let (started_at, duration_ms) = (Time(row.get("started_at")?), row.get::<i64>("duration_ms")?);
                    first.insert(ObjectOutcome {
                        key,
                        started_at,
                        duration_ms: duration_ms.unsigned_abs(),
                        size,
                        whole,
                    });
                }
            }
        }
        Ok(outcomes.into_values().collect())
    }
}
