//! The table of canaries: time, latency and evidence of arrival of each canary sent to a sink.

use model::{MarkedEvent, SinkName, Time, Window};

use crate::{
    Db, DbError,
    database::{Row, Statement},
    jobs::row::integer,
};

impl Db {
    /// Records a canary of `bytes` bytes.
    pub async fn record_marked_event(&self, sink: &SinkName, bytes: u64, event: &MarkedEvent) -> Result<(), DbError> {
        let statement = Statement::new("INSERT INTO canaries (id, sink, bytes, at, latency_ms, proof, error) VALUES ")
            .tuple([
                self.clock().new_id().0.into(),
                sink.as_str().into(),
                integer(bytes).into(),
                event.at.into(),
                integer(event.latency_ms).into(),
                event.proof.clone().into(),
                event.error.clone().into(),
            ]);
        self.database().write(statement).await?;
        Ok(())
    }

    /// Up to `most` canaries of a sink and a size, the newest first, optionally those sent in a window.
    pub async fn marked_events(
        &self,
        sink: &SinkName,
        bytes: u64,
        window: Option<Window>,
        most: u32,
    ) -> Result<Vec<MarkedEvent>, DbError> {
        let mut statement = Statement::new("SELECT at, latency_ms, proof, error FROM canaries WHERE sink = ")
            .value(sink.as_str())
            .push(" AND bytes = ")
            .value(integer(bytes));
        if let Some(window) = window {
            statement = statement.push(" AND at >= ").value(window.from()).push(" AND at < ").value(window.to());
        }
        let statement = statement.push(" ORDER BY at DESC LIMIT ").value(i64::from(most));
        self.database().read(statement).await?.iter().map(decode).collect()
    }
}

fn decode(row: &Row) -> Result<MarkedEvent, DbError> {
    Ok(MarkedEvent {
        at: Time(row.get("at")?),
        latency_ms: row.get::<i64>("latency_ms")?.unsigned_abs(),
        proof: row.get("proof")?,
        error: row.get("error")?,
    })
}
