//! What is known of a pipeline now, gathered from the store: the one place that knows whence.

use engine::alerts::{CanaryFacts, Facts, Gaps, Probe, Reader, Seen};
use model::{Following, Pipeline, SinkName, Time};
use store::{RunGlance, Store, StoreError};

use super::canary;

/// `started_at`: of this process. Who is watched by nobody else is watched since then.
pub async fn of_pipeline(store: &Store, pipeline: &Pipeline, started_at: Time) -> Result<Facts, StoreError> {
    let most = u32::try_from(Facts::MOST_RUNS).unwrap_or(u32::MAX);
    let (runs, following) =
        tokio::try_join!(store.glance_at_runs(&pipeline.name, most), store.following(&pipeline.name))?;
    let following = following.filter(|_| pipeline.follow);
    let reader = pipeline.follow.then(|| follower(pipeline, following.as_ref()));
    Ok(Facts {
        now: store.now(),
        every_s: pipeline.every_s,
        since: Some(following.as_ref().map_or(started_at, |following| following.since)),
        runs: runs.into_iter().map(seen).collect(),
        // A pipeline that is followed has the runs that its follower makes: one that cannot look makes none.
        runs_reader: reader.clone(),
        objects_reader: reader,
        shipping_error: following.as_ref().filter(|found| found.oldest.is_some()).and_then(|found| found.error.clone()),
        gaps: following.map_or_else(Gaps::default, |following| Gaps {
            count: following.waiting,
            oldest: following.oldest,
            keys: Vec::new(),
        }),
    })
}

/// A follower that knows what waits has looked; its error is then of the shipping.
fn follower(pipeline: &Pipeline, following: Option<&Following>) -> Reader {
    Reader {
        what: format!("its source {}", pipeline.source),
        looked_at: following.map(|following| following.looked_at),
        error: following.filter(|following| following.oldest.is_none()).and_then(|following| following.error.clone()),
        held: following.is_some_and(|following| following.held),
        behind_ms: 0,
    }
}

fn seen(run: RunGlance) -> Seen {
    Seen {
        id: run.id,
        source: run.source,
        of_job: run.of_job,
        outcome: run.outcome,
        started_at: run.started_at,
        ended_at: Time(run.started_at.0.saturating_add_unsigned(run.duration_ms)),
        encountered: run.encountered,
        parsed: run.parsed,
        lost: Seen::lost_of(run.outcome, run.encountered, run.parsed, run.delivered, run.failures),
        memory_mb: run.memory_mb,
        memory_limit_mb: run.memory_limit_mb,
        key: run.key,
    }
}

pub async fn of_sink(store: &Store, sink: &SinkName, every_ms: i64) -> Result<CanaryFacts, StoreError> {
    let mut probes = Vec::new();
    for bytes in canary::SIZES {
        let known = store.canaries(sink, bytes).await?;
        let arrived_last = known.iter().find(|canary| canary.error.is_none()).map(|canary| canary.at);
        probes.extend(known.first().map(|last| Probe { bytes, at: last.at, arrived_last, error: last.error.clone() }));
    }
    Ok(CanaryFacts { now: store.now(), every_ms, probes })
}
