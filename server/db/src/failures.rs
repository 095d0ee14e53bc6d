//! The table of failures: the objects of a job that failed, each once.
//!
//! Keys are stored as bytes (`BYTEA`, a blob in SQLite). They sort by UTF-8 bytes in both databases, like S3 listings,
//! and may contain U+0000, which PostgreSQL's text refuses.
//!
//! Always: only the holder of the job's lease writes here, and a retry of the job.

use std::collections::HashMap;

use model::{Failure, FailureGroup, JobId, Key, Reason, Time};

use crate::{
    Db, DbError,
    database::{Row, Statement},
    leases,
};

/// Rows per statement, six values each: SQLite parses a statement in quadratic time of its values.
const BATCH: usize = 150;

impl Db {
    /// Inserts or updates failures and removes those of `resolved` keys. False if the lease was lost. `attempts` of a
    /// failure count since its last record, and are added up.
    pub async fn record(
        &self,
        id: JobId,
        attempt: i64,
        failures: &[Failure],
        resolved: &[Key],
    ) -> Result<bool, DbError> {
        let mut transaction = self.database().begin().await?;
        if leases::held(&mut transaction, id, attempt).await?.is_none() {
            return Ok(false);
        }
        for keys in resolved.chunks(BATCH) {
            let statement = Statement::new("DELETE FROM failures WHERE job_id = ")
                .value(id)
                .push(" AND object_key IN ")
                .list(keys.iter().map(|key| key.as_str().as_bytes()));
            transaction.run(statement).await?;
        }
        for batch in each_once(failures).chunks(BATCH) {
            let mut statement = Statement::new(
                "INSERT INTO failures (job_id, object_key, reason, message, attempts, failed_at) VALUES ",
            )
            .of_any_length();
            for (index, failure) in batch.iter().enumerate() {
                statement = statement.push(if index == 0 { "" } else { ", " }).tuple([
                    id.into(),
                    failure.key.as_str().as_bytes().into(),
                    word(failure.reason).into(),
                    failure.message.as_str().into(),
                    i64::from(failure.attempts).into(),
                    failure.at.into(),
                ]);
            }
            let statement = statement.push(
                " ON CONFLICT (job_id, object_key) DO UPDATE SET reason = excluded.reason, \
                 message = excluded.message, attempts = failures.attempts + excluded.attempts, \
                 failed_at = excluded.failed_at, retry = 0",
            );
            transaction.run(statement).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Failures of a job in the order of keys.
    pub async fn failures(&self, id: JobId, after: Option<&Key>, limit: u32) -> Result<Vec<Failure>, DbError> {
        let statement = Statement::new(
            "SELECT object_key, reason, message, attempts, failed_at FROM failures \
             WHERE job_id = $1 AND object_key > $2 ORDER BY object_key LIMIT $3",
        );
        let statement = statement.bind(id).bind(bytes(after)).bind(i64::from(limit));
        self.database().read(statement).await?.iter().map(decode).collect()
    }

    /// Failures by reason, the largest group first.
    pub async fn failure_groups(&self, id: JobId) -> Result<Vec<FailureGroup>, DbError> {
        let statement =
            Statement::new("SELECT reason, COUNT(*) AS failures FROM failures WHERE job_id = $1 GROUP BY reason");
        let mut groups = Vec::new();
        for counted in self.database().read(statement.bind(id)).await? {
            let statement = Statement::new(
                "SELECT object_key, reason, message, attempts, failed_at FROM failures \
                 WHERE job_id = $1 AND reason = $2 ORDER BY object_key LIMIT 1",
            );
            let statement = statement.bind(id).bind(counted.get::<String>("reason")?);
            // None if it was resolved since it was counted.
            if let Some(row) = self.database().read(statement).await?.first() {
                let example = decode(row)?;
                let count = counted.get::<i64>("failures")?.unsigned_abs();
                groups.push(FailureGroup { reason: example.reason, count, example });
            }
        }
        groups.sort_by_key(|group| (std::cmp::Reverse(group.count), group.reason));
        Ok(groups)
    }

    /// Keys marked by [`model::Retry::Failed`] and not retried since, in key order.
    pub async fn to_retry(&self, id: JobId, after: Option<&Key>, limit: u32) -> Result<Vec<Key>, DbError> {
        let statement = Statement::new(
            "SELECT object_key FROM failures \
             WHERE job_id = $1 AND retry = 1 AND object_key > $2 ORDER BY object_key LIMIT $3",
        );
        let statement = statement.bind(id).bind(bytes(after)).bind(i64::from(limit));
        self.database().read(statement).await?.iter().map(key).collect()
    }
}

/// Bytes of a key, or none: keys are not empty, so every key sorts after no bytes.
fn bytes(after: Option<&Key>) -> &[u8] {
    after.map_or(&[], |key| key.as_str().as_bytes())
}

/// The last failure of each key with the sum of attempts, because PostgreSQL cannot update a row twice in a statement.
fn each_once(failures: &[Failure]) -> Vec<Failure> {
    let mut once: HashMap<&Key, Failure> = HashMap::with_capacity(failures.len());
    for failure in failures {
        let before = once.get(&failure.key).map_or(0, |before| before.attempts);
        let attempts = failure.attempts.saturating_add(before);
        once.insert(&failure.key, Failure { attempts, ..failure.clone() });
    }
    once.into_values().collect()
}

fn key(row: &Row) -> Result<Key, DbError> {
    let text = String::from_utf8(row.get("object_key")?).map_err(|error| DbError::Corrupt(error.to_string()))?;
    Key::try_from(text).map_err(|error| DbError::Corrupt(error.to_string()))
}

fn decode(row: &Row) -> Result<Failure, DbError> {
    let reason: String = row.get("reason")?;
    Ok(Failure {
        key: key(row)?,
        reason: reason_of(&reason).ok_or_else(|| DbError::Corrupt(format!("a failure for {reason:?}")))?,
        message: row.get("message")?,
        attempts: u32::try_from(row.get::<i64>("attempts")?).unwrap_or(u32::MAX),
        at: Time(row.get("failed_at")?),
    })
}

const REASONS: [Reason; 19] = [
    Reason::Changed,
    Reason::Gone,
    Reason::Denied,
    Reason::Archived,
    Reason::Full,
    Reason::Locked,
    Reason::NotAKey,
    Reason::TooLarge,
    Reason::KeyTooLong,
    Reason::Store,
    Reason::Timeout,
    Reason::Missing,
    Reason::Different,
    Reason::Unproven,
    Reason::Extra,
    Reason::Kept,
    Reason::Reading,
    Reason::Parsing,
    Reason::Sending,
];

fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Changed => "changed",
        Reason::Gone => "gone",
        Reason::Denied => "denied",
        Reason::Archived => "archived",
        Reason::Full => "full",
        Reason::Locked => "locked",
        Reason::NotAKey => "not_a_key",
        Reason::TooLarge => "too_large",
        Reason::KeyTooLong => "key_too_long",
        Reason::Store => "store",
        Reason::Timeout => "timeout",
        Reason::Missing => "missing",
        Reason::Different => "different",
        Reason::Unproven => "unproven",
        Reason::Extra => "extra",
        Reason::Kept => "kept",
        Reason::Reading => "reading",
        Reason::Parsing => "parsing",
        Reason::Sending => "sending",
    }
}

fn reason_of(text: &str) -> Option<Reason> {
    REASONS.into_iter().find(|reason| word(*reason) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_reasons_match_the_api_words() {
        for reason in REASONS {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("{:?}", word(reason)));
            assert_eq!(reason_of(word(reason)), Some(reason));
        }
    }
}
