//! Marked events: when each was sent to a sink, how long it took, and what proves that it arrived.

use model::{SinkName, Time};

use crate::{
    Store, StoreError,
    database::{Row, Statement},
    jobs::row::integer,
};

/// Results of a sink and a size that one question answers.
const MOST: i64 = 100;

/// One marked event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    pub sink: SinkName,
    /// Of the event.
    pub bytes: u64,
    /// When it was sent.
    pub at: Time,
    pub latency_ms: u64,
    /// What proves its arrival, in words; `None`: nothing does.
    pub proof: Option<String>,
    pub error: Option<String>,
}

impl Store {
    /// And forgets those of that sink from before `keep_from`.
    pub async fn record_canary(&self, canary: &Canary, keep_from: Time) -> Result<(), StoreError> {
        let mut transaction = self.database().begin().await?;
        let statement = Statement::new("INSERT INTO canaries (id, sink, bytes, at, latency_ms, proof, error) VALUES ")
            .tuple([
                self.clock().new_id().0.into(),
                canary.sink.as_str().into(),
                integer(canary.bytes).into(),
                canary.at.into(),
                integer(canary.latency_ms).into(),
                canary.proof.clone().into(),
                canary.error.clone().into(),
            ]);
        transaction.run(statement).await?;
        let forget = Statement::new("DELETE FROM canaries WHERE sink = $1 AND bytes = $2 AND at < $3")
            .bind(canary.sink.as_str())
            .bind(integer(canary.bytes))
            .bind(keep_from);
        transaction.run(forget).await?;
        transaction.commit().await
    }

    /// Of a sink and a size, the newest first, at most 100.
    pub async fn canaries(&self, sink: &SinkName, bytes: u64) -> Result<Vec<Canary>, StoreError> {
        let statement = Statement::new(
            "SELECT at, latency_ms, proof, error FROM canaries WHERE sink = $1 AND bytes = $2 \
             ORDER BY at DESC LIMIT $3",
        );
        let decode = |row: &Row| {
            Ok(Canary {
                sink: sink.clone(),
                bytes,
                at: Time(row.get("at")?),
                latency_ms: row.get::<i64>("latency_ms")?.unsigned_abs(),
                proof: row.get("proof")?,
                error: row.get("error")?,
            })
        };
        let rows = self.database().read(statement.bind(sink.as_str()).bind(integer(bytes)).bind(MOST)).await?;
        rows.iter().map(decode).collect()
    }
}
