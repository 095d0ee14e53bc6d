//! Tables synced by agents: their reports are stored like Logyard's own syncs.
//!
//! Always: nobody takes a lease on an agent's table or sends it requests, and the number of such tables is limited. The
//! usual interval between reports is learned from the reports, so that a missing report is noticed.

use model::{Evidence, SyncEnd, SyncMinute, SyncReport, SyncSource, SyncState, SyncStatus, TableName, Time, Verified};

use super::{history, row};
use crate::{
    Db, DbError,
    database::{Statement, Transaction, json},
};

/// Largest number of tables reported by agents.
pub const MOST_AGENT_TABLES: i64 = 1_000;

impl Db {
    /// Stores a report of an agent. The first report creates the table, which belongs to agents from then on.
    pub async fn report_sync(&self, table: &TableName, agent: &str, report: &SyncReport) -> Result<(), DbError> {
        let now = self.now();
        let mut transaction = self.database().begin().await?;
        let kept = row::lock(&mut transaction, table, SyncSource::Agent, now).await?;
        if kept.status.looked_at.is_none() {
            limit(&mut transaction).await?;
        }
        let status = SyncStatus {
            every_ms: usual_pause(&kept.status, now, now.0 < kept.heard_until),
            ..row::merged(&kept.status, &reported(&kept.status, report, now), now)
        };
        let statement = Statement::new(
            "UPDATE syncs SET status = $1, holder = $2, heard_until = $3, updated_at = $4, revision = revision + 1 \
             WHERE table_name = $5",
        )
        .bind(json(&status)?)
        .bind(agent)
        .bind(row::heard_until(&status, now))
        .bind(now)
        .bind(table.as_str());
        transaction.run(statement).await?;
        history::add(&mut transaction, table, now, &minute(report)).await?;
        transaction.commit().await
    }
}

async fn limit(transaction: &mut Transaction) -> Result<(), DbError> {
    let count = Statement::new("SELECT COUNT(*) AS tables FROM syncs WHERE source = 'agent'");
    let rows = transaction.run(count).await?;
    let tables: i64 = rows.first().map(|row| row.get("tables")).transpose()?.unwrap_or_default();
    if tables > MOST_AGENT_TABLES { Err(DbError::TooManyTables) } else { Ok(()) }
}

/// Usual milliseconds between reports, as a moving average. A noticed outage does not change it.
fn usual_pause(known: &SyncStatus, now: Time, heard_of: bool) -> u64 {
    let Some(last) = known.looked_at.filter(|_| heard_of) else { return known.every_ms };
    let pause = u64::try_from(now.since(last)).unwrap_or_default();
    if known.every_ms == 0 { pause } else { (known.every_ms.saturating_mul(3).saturating_add(pause)) / 4 }
}

/// Status of the table after a report. Counts and versions that it leaves out stay unchanged.
fn reported(known: &SyncStatus, report: &SyncReport, now: Time) -> SyncStatus {
    let local = end(known.local, report.local_count, report.local_version);
    let remote = end(known.remote, report.remote_count, report.remote_version);
    let state = report.state.unwrap_or_else(|| judged(local, remote, report.error.is_some()));
    // An agent that says "in step" of two tables that it counts differently is not believed.
    let contradicted =
        state == SyncState::InSync && local.zip(remote).is_some_and(|(local, remote)| differ(local, remote));
    let state = if contradicted { SyncState::Reconciling } else { state };
    let counted = local.zip(remote).filter(|(local, remote)| local == remote && state == SyncState::InSync);
    let verified = counted.map(|(local, _)| Verified {
        below: local.version.map_or(0, |version| version.saturating_add(1)),
        at: now,
        shown_by: Evidence::Count,
    });
    let rate = rate(known, report, now);
    let left = report.behind.zip(rate).filter(|(_, rate)| *rate > 0.0);
    SyncStatus {
        state,
        reason: if contradicted { contradiction(local, remote) } else { reason(state, report, counted.is_some()) },
        local,
        remote,
        behind: report.behind,
        rate,
        left_ms: left.map(|(behind, rate)| milliseconds(behind, rate)),
        verified,
        batch: report.batch,
        position: report.position,
        every_ms: 0,
        ..known.clone()
    }
}

fn differ(local: SyncEnd, remote: SyncEnd) -> bool {
    local.count != remote.count || local.version.zip(remote.version).is_some_and(|(here, there)| here != there)
}

fn contradiction(local: Option<SyncEnd>, remote: Option<SyncEnd>) -> String {
    let shown = |end: Option<SyncEnd>| match end {
        Some(SyncEnd { count, version: Some(version) }) => format!("{count} rows up to version {version}"),
        Some(SyncEnd { count, version: None }) => format!("{count} rows"),
        None => "nothing".to_owned(),
    };
    let (local, remote) = (shown(local), shown(remote));
    format!("The agent says that both ends are equal, but reports {local} here and {remote} there.")
}

fn end(known: Option<SyncEnd>, count: Option<u64>, version: Option<u64>) -> Option<SyncEnd> {
    match (known, count, version) {
        (known, None, None) => known,
        (None, None, Some(_)) => None,
        (None, Some(count), version) => Some(SyncEnd { count, version }),
        (Some(known), count, version) => {
            Some(SyncEnd { count: count.unwrap_or(known.count), version: version.or(known.version) })
        }
    }
}

/// State derived from counts and versions, for a report without a state.
fn judged(local: Option<SyncEnd>, remote: Option<SyncEnd>, failed: bool) -> SyncState {
    match (local, remote) {
        _ if failed => SyncState::Unreachable,
        (Some(local), Some(remote)) if local == remote => SyncState::InSync,
        (Some(local), Some(remote)) if remote.version < local.version => SyncState::Uploading,
        _ => SyncState::Reconciling,
    }
}

fn reason(state: SyncState, report: &SyncReport, counted: bool) -> String {
    if let Some(error) = &report.error {
        return error.clone();
    }
    match state {
        SyncState::InSync if counted => "Both ends have as many rows and the same highest version.".to_owned(),
        SyncState::InSync => "The agent says that both ends are equal.".to_owned(),
        SyncState::Uploading => "The agent sends rows that the remote does not have yet.".to_owned(),
        SyncState::Unreachable => "The agent says that an end does not answer.".to_owned(),
        SyncState::Refused => "The agent says that an end refuses.".to_owned(),
        _ => "The agent looks for what differs.".to_owned(),
    }
}

/// Rows a second since the last report in which any was sent.
fn rate(known: &SyncStatus, report: &SyncReport, now: Time) -> Option<f64> {
    let since_ms = known.looked_at.map(|last| now.since(last)).filter(|ms| *ms > 0)?;
    if report.uploaded == 0 {
        return known.rate;
    }
    Some(float(report.uploaded) * 1_000.0 / float(since_ms.unsigned_abs()))
}

#[expect(clippy::cast_precision_loss, reason = "a rate is an estimate")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate that is not negative")]
fn milliseconds(rows: u64, rate: f64) -> u64 {
    (float(rows) * 1_000.0 / rate) as u64
}

fn minute(report: &SyncReport) -> SyncMinute {
    SyncMinute {
        uploaded: report.uploaded,
        deleted: report.deleted,
        found: report.found,
        requests: report.requests,
        bytes_sent: report.bytes_sent,
        bytes_received: report.bytes_received,
        batch: report.batch.unwrap_or_default(),
        ..SyncMinute::default()
    }
}
